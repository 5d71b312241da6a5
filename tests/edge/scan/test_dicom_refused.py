"""DICOM that gives no verdict: what is damaged, of another kind, or needs what is not there."""

import sys

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import Classifier, ImageError
from edge.errors import RejectedError
from edge.scan.decode import decode
from tests.edge.dicom_files import (
    DEEP,
    DEFLATED,
    GREY,
    JPEG,
    JPEG_LOSSLESS,
    RLE,
    SECRET,
    compressed,
    encapsulated,
    write_dicom,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"  # no suffix: a file is known by its content


def test_compressed_pixels_of_another_size(path):
    import pydicom

    data = pydicom.dcmread(encapsulated(path, GREY, "JPEG", JPEG))
    data.Rows = 24
    data.save_as(path)
    with pytest.raises(ImageError, match="another size"):
        decode(path)


def test_a_compression_without_a_decoder(path):
    import pydicom
    from pydicom.pixels import get_decoder

    if get_decoder(JPEG_LOSSLESS).is_available:
        pytest.skip("a decoder for JPEG Lossless is installed")
    data = pydicom.dcmread(encapsulated(path, GREY, "JPEG", JPEG))
    data.file_meta.TransferSyntaxUID = JPEG_LOSSLESS
    data.save_as(path)
    with pytest.raises(ImageError, match=r"compressed as JPEG Lossless.*pip install pylibjpeg"):
        decode(path)


def test_deflated_is_refused(path):
    # Inflating it is out of our hands and has no limit.
    with pytest.raises(ImageError, match="deflated"):
        decode(write_dicom(path, GREY, syntax=DEFLATED))


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


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour DICOM"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour DICOM"),
        ({"Modality": None}, "does not say its modality"),
        ({"PixelData": None}, "holds no image"),
        ({"Rows": None}, "damaged DICOM"),
        ({"Rows": 0}, "no MR image has"),
        ({"Rows": 60_000, "Columns": 60_000}, "60000x60000 pixels is more than the limit"),
        ({"Rows": 49}, "truncated"),
        ({"BitsAllocated": 12}, "no MR image has"),
        ({"WindowCenter": 5, "WindowWidth": 0}, "damaged DICOM"),
    ],
)
def test_what_is_refused(path, elements, words):
    with pytest.raises(ImageError, match=rf"slice: .*{words}"):
        decode(write_dicom(path, DEEP, **elements))


@pytest.mark.parametrize("kind", ["native", "jpeg", "rle"])
def test_a_cut_file_never_decodes(path, kind):
    if kind == "native":
        write_dicom(path, DEEP)
    elif kind == "jpeg":
        encapsulated(path, GREY, "JPEG", JPEG)
    else:
        compressed(path, DEEP, RLE)
    whole = path.read_bytes()
    for length in [*range(1, len(whole), len(whole) // 60), *range(len(whole) - 9, len(whole))]:
        path.write_bytes(whole[:length])
        with pytest.raises(ImageError, match="slice: ") as caught:
            decode(path)
        assert not isinstance(caught.value, RejectedError)


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
    write_dicom(path, GREY)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(ImageError, match=r"needs pydicom; run: pip install 'mri-edge\[dicom\]'"):
        decode(path)
