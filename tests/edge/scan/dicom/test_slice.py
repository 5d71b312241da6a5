"""One slice of an MR image, as its maker meant it to be seen, and nothing about whose it is."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import Classifier, ImageError
from edge.errors import RejectedError
from edge.scan.decode import decode, read_scan
from edge.scan.file_format import is_image_file
from tests.edge.dicom_files import (
    BIG,
    IMPLICIT,
    SECRET,
    data_set_of,
    element,
    mr_image,
    write_dicom,
)

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 4 + 1000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"  # no suffix: a file is known by its content


def pixels(path, **options):
    image = decode(path, **options)
    assert image.mode == "L"
    return np.asarray(image)


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
@pytest.mark.parametrize("values", [GREY, DEEP, DEEP.astype(np.int16) - 1500])
def test_scaled_by_its_own_range(path, syntax, values):
    np.testing.assert_array_equal(pixels(write_dicom(path, values, syntax=syntax)), GREY)


def test_a_frame_must_be_chosen(path):
    path = write_dicom(path, np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]]))
    with pytest.raises(ImageError, match=r"slice: holds 3 frames; choose one with --frame"):
        decode(path)
    for frame, expected in ((1, GREY), (2, GREY[::-1]), (3, GREY[:, ::-1])):
        np.testing.assert_array_equal(pixels(path, frame=frame), expected)
    with pytest.raises(ImageError, match="has no frame 4, the last is 3"):
        decode(path, frame=4)


@pytest.mark.parametrize("modality", ["CT", "PT", SECRET])
def test_another_modality_is_rejected(path, any_model, modality):
    path = write_dicom(path, DEEP, Modality=modality)
    with pytest.raises(RejectedError):
        decode(path)
    prediction = Classifier(any_model).classify(path)
    assert prediction.verdict == "rejected"
    assert prediction.probability is None
    known = "" if modality == SECRET else f"{modality}, "
    assert prediction.reason == f"the DICOM modality is {known}not MR"


def test_no_verdict_on_half_a_file_of_another_modality(path):
    whole = write_dicom(path, DEEP, Modality="CT").read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(ImageError, match="truncated") as caught:
        decode(path)
    assert not isinstance(caught.value, RejectedError)


def test_a_dicom_scan_is_classified(path, model):
    values = np.tile(np.linspace(150, 210, 64), (64, 1)).astype(np.uint8)
    path = write_dicom(path, values, WindowCenter=128, WindowWidth=256)
    assert Classifier(model).classify(path).verdict == "tumor"


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour DICOM"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour DICOM"),
        ({"Modality": None}, "does not say its modality"),
        ({"PixelData": None}, "holds no image .no pixel data; its modality is MR."),
        ({"PhotometricInterpretation": None}, "does not say how its pixels are to be shown"),
        ({"Rows": None}, "damaged DICOM"),
        ({"Rows": 0}, "no MR image has"),
        ({"Rows": 60_000, "Columns": 60_000}, "60000x60000 pixels is more than the limit"),
        ({"Rows": 49}, "truncated"),
        ({"BitsAllocated": 12}, "no MR image has"),
    ],
)
def test_what_is_refused(path, elements, words):
    with pytest.raises(ImageError, match=rf"slice: .*{words}"):
        decode(write_dicom(path, DEEP, **elements))


def test_a_header_of_endless_items_is_refused_at_once(path):
    import time

    item = b"\xfe\xff\x00\xe0\0\0\0\0"
    head = b"\x08\0\x05\0CS\0\0" + b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff"
    path.write_bytes(head + item * 1_000_000)
    start = time.perf_counter()
    with pytest.raises(ImageError, match="more than 50000 items"):
        decode(path)
    assert time.perf_counter() - start < 5


def test_without_pydicom(path, monkeypatch):
    write_dicom(path, GREY, syntax=BIG)  # others are read without it
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImageError, match=r"needs pydicom; run: pip install 'mri-edge\[dicom\]'"):
        decode(path)


LOUD = """
import logging, sys, warnings
logging.basicConfig(level=0)
warnings.simplefilter("always")
import traceback
from edge.scan.decode import decode, read_scan
for path in sys.argv[1:]:
    try:
        print(decode(path).size)
    except Exception:
        traceback.print_exc()
"""


def test_no_patient_data_in_output_or_logs(tmp_path, any_model):
    # Names planted wherever text fits, the elements that are read included, in files that decode
    # and in files that fail in every way known here.
    planted = {
        "good": {},
        "ct": {"Modality": "CT"},
        "modality": {"Modality": SECRET},
        "color": {"PhotometricInterpretation": SECRET},
        "frames": {"NumberOfFrames": 3},
        "short": {"Rows": 49},
        "no-rows": {"Rows": None},
        "charset": {"SpecificCharacterSet": SECRET},
        "function": {"WindowCenter": 3, "WindowWidth": 9, "VOILUTFunction": SECRET},
    }
    paths = [write_dicom(tmp_path / key, DEEP, **value) for key, value in planted.items()]
    # Text where numbers belong, and a transfer syntax that is none.
    window = write_dicom(tmp_path / "w", DEEP, WindowCenter="12345678", WindowWidth="87654321")
    data = window.read_bytes()
    name = SECRET.encode()
    spoilt = tmp_path / "window"
    spoilt.write_bytes(data.replace(b"12345678", name[:8]).replace(b"87654321", name[:8]))
    syntax = tmp_path / "syntax"
    syntax.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", (name + b" " * 9)[:20]))
    cut = tmp_path / "cut"
    cut.write_bytes(data[: data.index(name) + len(name) + 30])
    paths += [spoilt, syntax, cut]
    for format in ("text", "json", "ndjson", "csv"):
        command = [sys.executable, "-m", "edge", *paths, "--model", any_model, "--format", format]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert SECRET[:5] not in done.stdout + done.stderr
        if format == "json":
            results = json.loads(done.stdout)["results"]
            verdicts = [result["verdict"] for result in results]
            assert verdicts[:3] == [verdicts[0], "rejected", "rejected"]
            assert len(results) == len(paths)
    command = [sys.executable, "-c", LOUD, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "edge.errors.ImageError" in done.stderr
    assert SECRET[:5] not in done.stdout + done.stderr


# Known by rule (PS3.10, 7.1), not by example

PREAMBLES = {
    "none": b"",
    "TIFF": b"II*\0\xe8\5\0\0",
    "big TIFF": b"MM\0*\0\0\5\xe8",
    "BigTIFF": b"II+\0\10\0\0\0" + (1512).to_bytes(8, "little"),
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "GIF": b"GIF89a\x40\0\x30\0",
    "BMP": b"BM of the scanner",
    "WebP": b"RIFF\xff\xff\0\0WEBPVP8L",
    "text": b"Exported by a scanner; not for diagnosis",
    "noise": bytes(range(255, 127, -1)),
    "DICOM": b"\x08\0\x05\0CS\x0a\0ISO_IR 100",
}


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
@pytest.mark.parametrize("name", PREAMBLES)
def test_any_preamble(path, name, syntax):
    whole = write_dicom(path, DEEP, syntax=syntax).read_bytes()
    path.write_bytes(PREAMBLES[name].ljust(128, b"\0") + whole[128:])
    assert is_image_file(path)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("first", ["as written", "character set", "empty", "group length"])
@pytest.mark.parametrize("head", ["whole", "meta", "preamble", "nothing"])
def test_what_may_stand_before_the_data_set(path, syntax, lengths, first, head):
    whole = write_dicom(path, DEEP, syntax=syntax).read_bytes()
    body = data_set_of(path)
    order = "big" if syntax == BIG else "little"
    options = {"implicit": syntax == IMPLICIT, "order": order}
    if lengths:
        at = body.index((0x28).to_bytes(2, order) + (2).to_bytes(2, order))
        length = element(0x28, 0, b"UL", bytes(4), **options)
        body = body[:at] + length + body[at:]
    body = {
        "as written": b"",
        "character set": element(8, 5, b"CS", b"ISO_IR 100", **options),
        "empty": element(8, 5, b"CS", b"", **options),
        "group length": element(8, 0, b"UL", (400).to_bytes(4, order), **options),
    }[first] + body
    meta = whole[132 : len(whole) - len(data_set_of(path))]
    path.write_bytes(
        {
            "whole": bytes(128) + b"DICM" + meta,
            "meta": meta,
            "preamble": bytes(128) + b"DICM",
            "nothing": b"",
        }[head]
        + body
    )
    assert is_image_file(path)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_a_directory_of_files(path):
    data = mr_image(DEEP, PixelData=None, Modality=None, SOPClassUID=None)
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    data.save_as(path, enforce_file_format=True)
    with pytest.raises(ImageError, match="is a DICOMDIR, a list of files; give the files"):
        decode(path)


# Handed over in other ways


def test_bytes_a_file_object_and_a_dataset_give_the_verdict_of_the_file(path, any_model):
    import pydicom

    elements = {"PixelSpacing": [1.25, 1], "WindowCenter": "0", "WindowWidth": "0"}
    write_dicom(path, DEEP, PhotometricInterpretation="MONOCHROME1", **elements)
    classifier = Classifier(any_model)
    right = classifier.classify(path)
    assert len(right.remarks) == 2
    read = pydicom.dcmread(path)
    read.pixel_array  # noqa: B018 - it has been looked at
    with path.open("rb") as stream:
        for scan in (path.read_bytes(), stream, io.BytesIO(path.read_bytes()), read):
            found = classifier.classify(scan)
            assert (found.verdict, found.probability) == (right.verdict, right.probability)
            assert found.remarks == right.remarks


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
def test_a_dataset_with_what_means_nothing(path, syntax):
    import pydicom

    write_dicom(path, DEEP, syntax=syntax, WindowCenter="11111111", WindowWidth="100")
    path.write_bytes(path.read_bytes().replace(b"11111111", b"1500,5  "))
    right, found = read_scan(path), read_scan(pydicom.dcmread(path))
    assert found.remarks == right.remarks != ()
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(right.image))


def test_a_dataset_made_in_memory(path):
    data = mr_image(DEEP)
    np.testing.assert_array_equal(pixels(data), GREY)
    del data.file_meta
    np.testing.assert_array_equal(pixels(data), GREY)


def test_a_dataset_that_cannot_be_written():
    data = mr_image(DEEP)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    with pytest.raises(ImageError, match="dataset: ") as caught:
        decode(data)
    assert SECRET[:5] not in str(caught.value)


def test_streams_that_cannot_be_read(path):
    write_dicom(path, DEEP)
    with path.open("rb") as stream:
        pass
    with pytest.raises(ImageError, match="cannot be read"):
        decode(stream)
    with path.open("ab") as stream, pytest.raises(ImageError, match="cannot be read"):
        decode(stream)
    with (
        path.open(encoding="latin-1") as stream,
        pytest.raises(ImageError, match="text stream; open it with mode 'rb'"),
    ):
        decode(stream)


@pytest.mark.parametrize("stated", [None, 1, 2])
@pytest.mark.parametrize("values", [GREY[:5, :5], DEEP])
def test_more_frames_than_stated_are_no_image(path, values, stated):
    """The others would be left out unseen, of a series as well."""
    write_dicom(path, np.stack([values] * 3), NumberOfFrames=stated)
    words = f"slice: holds the pixels of 3 frames and says that it has {stated or 1}; export it"
    with pytest.raises(ImageError, match=words):
        decode(path, frame=1)


@pytest.mark.parametrize("described", [2, 4])
def test_another_number_of_frames_described_is_no_image(path, described):
    from pydicom.dataset import Dataset

    groups = [Dataset() for _ in range(described)]
    write_dicom(path, np.stack([DEEP] * 3), PerFrameFunctionalGroupsSequence=groups)
    with pytest.raises(ImageError, match=f"describes {described} frames and says that it has 3"):
        decode(path, frame=1)


def test_a_byte_of_padding_is_no_frame(path):
    write_dicom(path, GREY[:5, :5])
    assert decode(path).size == (5, 5)
    write_dicom(path, GREY[:1, :1])
    assert decode(path).size == (1, 1)
