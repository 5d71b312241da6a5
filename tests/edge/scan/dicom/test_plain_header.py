"""An ordinary header is read without pydicom, and as pydicom reads it; any other is left to it."""

import io
import warnings
from random import Random

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge.errors import EdgeError
from edge.scan.dicom import slice as dicom_slice
from edge.scan.dicom.padding import PADDING
from edge.scan.dicom.plain_header import KEYWORDS, plain_elements
from edge.scan.dicom.spacing import SPACINGS
from edge.scan.dicom.windowing import GROUPS, KEYS
from tests.edge.dicom_files import BIG, DEFLATED, EXPLICIT, IMPLICIT, element, mr_image
from tests.fuzz import seeds
from tests.fuzz.mutate import mutate

VALUES = np.arange(48, dtype=np.uint16).reshape(6, 8) * 17


def written(**elements) -> bytes:
    stream = io.BytesIO()
    mr_image(VALUES, **elements).save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def decoded(data: bytes) -> tuple:
    remarks = []
    image, mode, size = dicom_slice.decode_dicom(io.BytesIO(data), "x", 10_000, None, remarks)
    return image.tobytes(), image.size, mode, size, remarks


def with_pydicom(monkeypatch, data: bytes) -> tuple:
    with monkeypatch.context() as patch:
        patch.setattr(dicom_slice, "plain_elements", lambda window: None)
        return decoded(data)


def test_it_knows_all_that_is_asked_for():
    assert {*PADDING, *SPACINGS, *KEYS, *GROUPS} < KEYWORDS


PLAIN = [
    {},
    {"WindowCenter": 300, "WindowWidth": "500.5"},
    {"WindowCenter": [300, 20], "WindowWidth": [400, 10]},
    {"WindowCenter": 300, "WindowWidth": 0},
    {"RescaleSlope": "2", "RescaleIntercept": "-100"},
    {"PixelSpacing": [0.5, 0.75]},
    {"PhotometricInterpretation": "MONOCHROME1", "BitsStored": 12, "HighBit": 11},
    {"VOILUTFunction": "SIGMOID", "WindowCenter": 300, "WindowWidth": 500},
    {"NumberOfFrames": 1},
]


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
@pytest.mark.parametrize("elements", PLAIN, ids=str)
def test_it_gives_what_pydicom_gives(monkeypatch, syntax, elements):
    data = written(syntax=syntax, **elements)
    assert plain_elements(data) is not None
    assert decoded(data) == with_pydicom(monkeypatch, data)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_sequences_are_passed_over(monkeypatch, syntax, undefined):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    item = Dataset()
    item.Modality, item.Rows = "CT", 3
    item.ReferencedImageSequence = Sequence([Dataset(), Dataset()])
    item["ReferencedImageSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    data = mr_image(VALUES, syntax=syntax)
    data.ReferencedStudySequence = Sequence([item, item])
    data["ReferencedStudySequence"].is_undefined_length = undefined
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    found, at = plain_elements(stream.getvalue())
    assert (found.get("Modality"), found.get("Rows")) == ("MR", 6)
    assert stream.getvalue()[at : at + 4] == b"\xe0\x7f\x10\x00"
    assert decoded(stream.getvalue()) == with_pydicom(monkeypatch, stream.getvalue())


OTHERS = {
    "big-endian": {"syntax": BIG},
    "deflated": {"syntax": DEFLATED},
    "an empty value": {"PixelSpacing": ""},
    "one spacing": {"PixelSpacing": "0.5"},
    "padding": {"PixelPaddingValue": 3},
    "two modalities": {"Modality": ["MR", "CT"]},
}


@pytest.mark.parametrize("elements", OTHERS.values(), ids=OTHERS)
def test_what_is_otherwise_is_left_to_pydicom(elements):
    assert plain_elements(written(**elements)) is None


def test_damage_is_left_to_pydicom():
    data = written()
    _, pixels = plain_elements(data)
    for end in range(0, pixels + 2, 7):
        assert plain_elements(data[:end]) is None, end
    rows = element(0x0028, 0x0010, b"US", (6).to_bytes(2, "little"))
    at = data.index(rows)
    for other in (b"ZZ", b"SS", b"\0\0"):
        assert plain_elements(data[: at + 4] + other + data[at + 6 :]) is None, other
    assert plain_elements(data[:at] + rows + data[at:]) is None, "twice"
    assert plain_elements(data[: at + 6] + b"\xff\xff" + data[at + 8 :]) is None, "too long"


def test_what_it_reads_of_a_damaged_file_pydicom_reads_too(monkeypatch, tmp_path):
    """Never more than pydicom, and never anything else."""
    files, random = list(seeds.dicoms(tmp_path).values()), Random(5)
    read = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2500):
            data = mutate(random.choice(files), files, random)
            if plain_elements(data) is None:
                continue
            read += 1
            try:
                found = decoded(data)
            except EdgeError:
                with pytest.raises(EdgeError):
                    with_pydicom(monkeypatch, data)
            else:
                assert found == with_pydicom(monkeypatch, data)
    assert read > 200


def test_chains_of_sequences_end():
    opened = element(0x0008, 0x1110, b"SQ", b"")[:8] + b"\xff" * 4
    opened += b"\xfe\xff\x00\xe0" + b"\xff" * 4
    data = written()
    at = data.index(b"\x08\x00\x18\x00")  # the data set's second element
    assert plain_elements(data[:at] + opened * 5000) is None
