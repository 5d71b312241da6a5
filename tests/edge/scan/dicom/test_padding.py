"""What a file declares to be no signal is black, and counts for nothing."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from edge.scan.decode import read_scan
from tests.edge.dicom_files import BIG, IMPLICIT, JPEG_2000_LOSSLESS, RLE, mr_image, write_dicom

GREY = np.linspace(0, 255, 60 * 60).reshape(60, 60).astype(np.uint8)
CORNER = np.zeros(GREY.shape, bool)
CORNER[:12, :12] = CORNER[-7:, -3:] = True
WINDOW = {"WindowCenter": "1510.5", "WindowWidth": "1021"}
RIGHT = np.where(CORNER, 0, GREY)
SYNTAXES = pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG, RLE])
WINDOWS = pytest.mark.parametrize("window", [{}, WINDOW], ids=["range", "window"])
VALUES = GREY.astype(np.int32) * 4 + 1000
LEVELS = VALUES[~CORNER]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


def written(path, values, syntax, **elements):
    if syntax == RLE:
        data = mr_image(values, **elements)
        data.compress(RLE)
        data.save_as(path)
        return path
    return write_dicom(path, values, syntax=syntax, **elements)


def right(window):
    """Without a window the signal fills the range, which begins and ends within the padding."""
    low, high = (1000, 2020) if window else (LEVELS.min(), LEVELS.max())
    return np.where(CORNER, 0, np.rint((VALUES - low) * (255 / (high - low))))


def with_vr(data, keyword, vr, value):
    from pydicom.datadict import tag_for_keyword
    from pydicom.dataelem import DataElement

    data[keyword] = DataElement(tag_for_keyword(keyword), vr, value)


@SYNTAXES
@WINDOWS
@pytest.mark.parametrize("value", [-32_768, -2000, 0, 5000, 32_767])
def test_signed(path, syntax, window, value):
    values = np.where(CORNER, value, VALUES).astype(np.int16)
    written(path, values, syntax, PixelPaddingValue=value, **window)
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.image), right(window))
    assert scan.remarks == ()


@SYNTAXES
@WINDOWS
@pytest.mark.parametrize("value", [0, 5000, 32_768, 63_536, 65_535])
def test_unsigned(path, syntax, window, value):
    values = np.where(CORNER, value, VALUES).astype(np.uint16)
    written(path, values, syntax, PixelPaddingValue=value, **window)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right(window))


@WINDOWS
@pytest.mark.parametrize("syntax", [None, BIG])
@pytest.mark.parametrize(("dtype", "value", "vr"), [("i2", 63_536, "US"), ("u2", -2000, "SS")])
def test_written_with_the_wrong_sign(path, window, syntax, dtype, value, vr):
    values = np.where(CORNER, value % 65_536, VALUES).astype("u2").view(dtype)
    data = mr_image(values, syntax=syntax, **window)
    with_vr(data, "PixelPaddingValue", vr, value)
    data.save_as(path)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right(window))


@SYNTAXES
@WINDOWS
@pytest.mark.parametrize("turned", [False, True])
def test_a_range(path, syntax, window, turned):
    noise = np.random.default_rng(0).integers(-3000, -1999, GREY.shape)
    values = np.where(CORNER, noise, VALUES).astype(np.int16)
    first, last = (-2000, -3000) if turned else (-3000, -2000)
    written(path, values, syntax, PixelPaddingValue=first, PixelPaddingRangeLimit=last, **window)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right(window))


def test_a_range_of_unsigned_written_as_signed(path):
    values = np.where(CORNER, 63_000, VALUES).astype(np.uint16)
    data = mr_image(values)
    with_vr(data, "PixelPaddingValue", "SS", 62_000 - 65_536)
    with_vr(data, "PixelPaddingRangeLimit", "SS", -1)
    data.save_as(path)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right({}))


def test_a_limit_without_a_value_is_nothing(path):
    write_dicom(path, VALUES.astype(np.int16), PixelPaddingRangeLimit=1400)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), GREY)


@WINDOWS
@pytest.mark.parametrize("value", [-2000, 32_000])
def test_monochrome1(path, window, value):
    """Padding is black there, too."""
    values = np.where(CORNER, value, VALUES).astype(np.int16)
    write_dicom(
        path,
        values,
        PixelPaddingValue=value,
        PhotometricInterpretation="MONOCHROME1",
        **window,
    )
    turned = np.where(CORNER, 0, 255 - right(window))
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), turned)


@WINDOWS
def test_rescaled(path, window):
    """The value is one as stored, before rescaling."""
    values = np.where(CORNER, 4000, VALUES + 500).astype(np.uint16)
    options = {"RescaleSlope": 1, "RescaleIntercept": -500}
    write_dicom(path, values, PixelPaddingValue=4000, **options, **window)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right(window))


@WINDOWS
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("value", [63_536, 2096, -2000])
def test_12_bits_of_16(path, window, signed, value):
    """-2000 in 12 bits, in 16, and what is written of it in cells that hold all 16."""
    levels = VALUES - 1000 if signed else VALUES
    cells = np.where(CORNER, value % 65_536, levels).astype(np.uint16)
    data = mr_image(cells, BitsStored=12, HighBit=11, PixelRepresentation=int(signed))
    with_vr(data, "PixelPaddingValue", "SS" if value < 0 else "US", value)
    if window:
        data.WindowCenter, data.WindowWidth = 1510.5 - 1000 * signed, 1021
    data.save_as(path)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right(window))


def test_jpeg_2000(path):
    import io

    from PIL import Image

    from tests.edge.dicom_files import write_compressed

    values = np.where(CORNER, 5000, VALUES).astype(np.uint16)
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    write_compressed(path, [stream.getvalue()], values, JPEG_2000_LOSSLESS, PixelPaddingValue=5000)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), right({}))


def test_nothing_but_padding_is_a_picture_like_any_other(path):
    write_dicom(path, np.full((20, 20), 5, np.uint16), PixelPaddingValue=5)
    assert not np.asarray(read_scan(path).image).any()


@pytest.mark.parametrize("value", [[5, 6, 7], None])
def test_what_means_nothing_is_ignored(path, value):
    data = mr_image(VALUES.astype(np.uint16))
    with_vr(data, "PixelPaddingValue", "US", value)
    data.save_as(path)
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.image), GREY)
    said = "PixelPaddingValue means nothing and is ignored"
    assert scan.remarks == (() if value is None else (said,))


def test_a_value_that_no_pixel_has_changes_nothing(path):
    write_dicom(path, VALUES.astype(np.uint16), PixelPaddingValue=9)
    np.testing.assert_array_equal(np.asarray(read_scan(path).image), GREY)


def test_a_value_of_more_bits_than_are_stored_is_none_of_the_signal(path):
    """Cells of 65535 are padding; the brightest of 12 bits, 4095, is signal."""
    cells = GREY.astype(np.uint16) * 16 + 15
    cells[CORNER] = 65_535
    cells[30, 30] = 4095
    write_dicom(path, cells, BitsStored=12, HighBit=11, PixelPaddingValue=65_535)
    pixels = np.asarray(read_scan(path).image)
    assert not pixels[CORNER].any()
    assert pixels[30, 30] == 255


@WINDOWS
@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
def test_two_values_are_a_range(path, syntax, window):
    values = np.where(CORNER, 4000 + np.arange(60) % 3, VALUES).astype(np.uint16)
    data = mr_image(values, syntax=syntax, **window)
    with_vr(data, "PixelPaddingValue", "US", [4000, 4002])
    data.save_as(path, enforce_file_format=True)
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.image), right(window))
    assert scan.remarks == ()


def test_two_values_and_a_limit_contradict_each_other(path):
    data = mr_image(VALUES.astype(np.uint16), PixelPaddingRangeLimit=1400)
    with_vr(data, "PixelPaddingValue", "US", [1000, 1200])
    data.save_as(path)
    assert read_scan(path).remarks == ("PixelPaddingValue means nothing and is ignored",)


@WINDOWS
@pytest.mark.parametrize("syntax", [None, BIG])
@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("value", [4000, -2000])
def test_bytes_are_one_cell(path, syntax, vr, value, window):
    values = np.where(CORNER, value, VALUES).astype(np.int16)
    data = mr_image(values, syntax=syntax, **window)
    order = "big" if syntax == BIG else "little"
    with_vr(data, "PixelPaddingValue", vr, value.to_bytes(2, order, signed=True))
    data.save_as(path, enforce_file_format=True)
    scan = read_scan(path)
    np.testing.assert_array_equal(np.asarray(scan.image), right(window))
    assert scan.remarks == ()


def test_bytes_of_another_size_mean_nothing(path):
    data = mr_image(VALUES.astype(np.uint16))
    with_vr(data, "PixelPaddingValue", "OB", b"\1\2\3\4")
    data.save_as(path)
    assert read_scan(path).remarks == ("PixelPaddingValue means nothing and is ignored",)
