"""One slice of an MR image, as its maker meant it to be seen."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge import Classifier, ImageError
from edge.scan.decode import decode
from edge.scan.file_format import is_image_file
from tests.edge.dicom_files import (
    BIG,
    DEEP,
    GREY,
    IMPLICIT,
    JPEG,
    JPEG_2000,
    RLE,
    compressed,
    encapsulated,
    pixels,
    write_dicom,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"  # no suffix: a file is known by its content


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


def test_rle(path):
    path = compressed(path, np.stack([DEEP, DEEP[::-1]]), RLE)
    np.testing.assert_array_equal(pixels(path, frame=2), GREY[::-1])


def test_jpeg(path):
    decoded = pixels(encapsulated(path, GREY, "JPEG", JPEG, quality=95))
    assert np.abs(decoded.astype(int) - GREY).mean() < 2


def test_jpeg_2000(path):
    path = encapsulated(path, DEEP, "JPEG2000", JPEG_2000, no_jp2=True, irreversible=False)
    np.testing.assert_array_equal(pixels(path), GREY)


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


def test_a_dicom_scan_is_classified(path, model):
    values = np.tile(np.linspace(150, 210, 64), (64, 1)).astype(np.uint8)
    path = write_dicom(path, values, WindowCenter=128, WindowWidth=256)
    assert Classifier(model).classify(path).verdict == "tumor"
