"""One slice of an MR image, as its maker meant it to be seen, and nothing about whose it is."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import Classifier, ImageError
from edge.errors import RejectedError
from edge.scan.decode import decode
from edge.scan.file_format import is_image_file
from tests.edge.dicom_files import SECRET, write_dicom

GREY = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 4 + 1000
IMPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
RLE, DEFLATED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"
JPEG, JPEG_LOSSLESS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70"
JPEG_2000 = "1.2.840.10008.1.2.4.90"


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


def test_12_bits_with_an_overlay_above(path):
    overlay = DEEP | 0xF000
    path = write_dicom(path, overlay, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_12_signed_bits(path):
    values = (DEEP.astype(np.int16) - 1500) & 0x0FFF
    path = write_dicom(path, values, BitsStored=12, HighBit=11, PixelRepresentation=1)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_monochrome1_is_inverted(path):
    path = write_dicom(path, DEEP, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(pixels(path), 255 - GREY)


def test_rescale_then_window(path):
    # Stored 0..255, times 2 minus 100, seen from 100 to 301: PS3.3 C.11.2.1.2 by hand.
    path = write_dicom(
        path, GREY, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=200.5, WindowWidth=201
    )
    expected = np.rint(((GREY * 2.0 - 100 - 200) / 200 + 0.5).clip(0, 1) * 255)
    np.testing.assert_array_equal(pixels(path), expected)


def test_a_negative_slope_turns_dark_and_bright(path):
    path = write_dicom(path, DEEP, RescaleSlope=-1, RescaleIntercept=5000)
    np.testing.assert_array_equal(pixels(path), 255 - GREY)


@pytest.mark.parametrize(
    ("function", "expected"), [("LINEAR_EXACT", 51), ("SIGMOID", 59), ("LINEAR", 51)]
)
def test_window_functions(path, function, expected):
    values = np.zeros((40, 40), np.uint16)
    values[0, 0] = 700
    path = write_dicom(path, values, WindowCenter=[1000], WindowWidth=[1000])
    path = write_dicom(
        path, values, WindowCenter=[1000, 5], WindowWidth=[1000, 9], VOILUTFunction=function
    )
    assert pixels(path)[0, 0] == expected


def test_voi_lut(path):
    from pydicom.dataset import Dataset

    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.LUTData = (257 * np.arange(256)[::-1]).astype(np.uint16).tobytes()
    path = write_dicom(path, GREY, VOILUTSequence=[table], WindowCenter=1, WindowWidth=2)
    np.testing.assert_array_equal(pixels(path), 255 - GREY)


def test_modality_lut(path):
    from pydicom.dataset import Dataset

    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [256, 0, 16], "US"
    table.LUTData = (3 * np.arange(256)[::-1]).astype(np.uint16).tobytes()
    path = write_dicom(path, GREY, ModalityLUTSequence=[table])
    np.testing.assert_array_equal(pixels(path), 255 - GREY)


def test_float_pixels(path):
    path = write_dicom(path, DEEP)
    import pydicom

    data = pydicom.dcmread(path)
    del data.PixelData
    data.FloatPixelData, data.BitsAllocated = (GREY / np.float32(7)).tobytes(), 32
    data.save_as(path)
    np.testing.assert_array_equal(pixels(path), GREY)


def test_a_frame_must_be_chosen(path):
    path = write_dicom(path, np.stack([DEEP, DEEP[::-1], DEEP[:, ::-1]]))
    with pytest.raises(ImageError, match=r"slice: holds 3 frames; choose one with --frame"):
        decode(path)
    for frame, expected in ((1, GREY), (2, GREY[::-1]), (3, GREY[:, ::-1])):
        np.testing.assert_array_equal(pixels(path, frame=frame), expected)
    with pytest.raises(ImageError, match="has no frame 4, the last is 3"):
        decode(path, frame=4)


def test_windows_of_enhanced_images_belong_to_frames(path):
    from pydicom.dataset import Dataset

    def group(center):
        window, item = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, 101
        item.FrameVOILUTSequence = [window]
        return item

    values = np.full((2, 40, 40), 100, np.uint16)
    path = write_dicom(path, values, PerFrameFunctionalGroupsSequence=[group(100.5), group(500)])
    assert pixels(path, frame=1)[0, 0] == 128
    assert pixels(path, frame=2)[0, 0] == 0


def compressed(path, values, syntax, **elements):
    import pydicom

    data = pydicom.dcmread(write_dicom(path, values, **elements))
    data.compress(syntax)
    data.save_as(path)
    return path


def test_rle(path):
    path = compressed(path, np.stack([DEEP, DEEP[::-1]]), RLE)
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])


def encapsulated(path, values, kind, syntax, **options):
    """A file whose pixels Pillow compressed."""
    import io

    import pydicom
    from PIL import Image
    from pydicom.encaps import encapsulate

    stream = io.BytesIO()
    Image.fromarray(values).save(stream, kind, **options)
    data = pydicom.dcmread(write_dicom(path, values))
    data.PixelData = encapsulate([stream.getvalue()])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path)
    return path


def test_jpeg(path):
    decoded = pixels(encapsulated(path, GREY, "JPEG", JPEG, quality=95))
    assert np.abs(decoded.astype(int) - GREY).mean() < 2


def test_jpeg_2000(path):
    path = encapsulated(path, DEEP, "JPEG2000", JPEG_2000, no_jp2=True, irreversible=False)
    np.testing.assert_array_equal(pixels(path), GREY)


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


def test_without_the_preamble(path):
    whole = write_dicom(path, DEEP).read_bytes()
    path.write_bytes(whole[132:])
    assert is_image_file(path)
    np.testing.assert_array_equal(pixels(path), GREY)


@pytest.mark.parametrize("syntax", [None, IMPLICIT])
def test_without_preamble_and_meta(path, syntax):
    import pydicom

    whole = write_dicom(path, DEEP, syntax=syntax).read_bytes()
    meta = pydicom.filereader.read_file_meta_info(path).FileMetaInformationGroupLength
    path.write_bytes(whole[132 + 12 + meta :])
    assert is_image_file(path)
    np.testing.assert_array_equal(pixels(path), GREY)


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
        ({"PixelData": None}, "holds no image"),
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


LOUD = """
import logging, sys, warnings
logging.basicConfig(level=0)
warnings.simplefilter("always")
import traceback
from edge.scan.decode import decode
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
