"""The grey levels that the maker of a file meant; what means nothing is ignored, and said."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from pydicom.dataset import Dataset

from edge.errors import ImageError
from edge.scan.decode import read_scan
from tests.edge.dicom_files import BIG, IMPLICIT, mr_image, write_dicom
from tests.edge.scan.dicom.shown import GREY, by_hand, same, shown

DEEP = GREY.astype(np.uint16) * 4 + 1000
NO_WINDOW = "its display window means nothing and is ignored"
NO_SLOPE = "its rescale slope and intercept mean nothing and are ignored"
SYNTAXES = pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


# Windows


@SYNTAXES
def test_rescale_then_window(path, syntax):
    options = {"RescaleSlope": 2, "RescaleIntercept": -100}
    write_dicom(path, GREY, syntax=syntax, WindowCenter=200.5, WindowWidth=201, **options)
    same(path, by_hand(GREY * 2.0 - 100, 200.5, 201))


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR_EXACT", 51), ("SIGMOID", 59), ("LINEAR", 51), ("", 51), ("OTHER", 51)],
)
def test_the_first_of_several_windows_and_its_function(path, function, expected):
    values = np.zeros((40, 40), np.uint16)
    values[0, 0] = 700
    windows = {"WindowCenter": [1000, 5], "WindowWidth": [1000, 9]}
    write_dicom(path, values, VOILUTFunction=function, **windows)
    assert shown(path)[0][0, 0] == expected


def spoilt(path, center, width, values=DEEP, **elements):
    """A window of any text."""
    write_dicom(path, values, WindowCenter="11111111", WindowWidth="22222222", **elements)
    data = path.read_bytes()
    for old, new in ((b"11111111", center), (b"22222222", width)):
        assert old in data
        data = data.replace(old, new.ljust(8))
    path.write_bytes(data)
    return path


@SYNTAXES
@pytest.mark.parametrize(
    ("center", "width"),
    [
        *((b"0", b"0"), (b"1500", b"0"), (b"1500", b"-100"), (b"NaN", b"NaN"), (b"1500", b"nan")),
        *((b"1500,5", b"1000"), (b"1500", b"1000,5"), (b"\\1500", b"\\1000"), (b"", b"1000")),
        *((b"1500", b""), (b"inf", b"1000"), (b"1500", b"1e999"), (b"brain", b"brain")),
        *((b"1_500", b"1_000"), (b"0x5dc", b"0x3e8"), (b"1 500", b"1 000"), (b"--5", b"1000")),
    ],
)
def test_a_window_that_means_nothing(path, syntax, center, width):
    same(spoilt(path, center, width, syntax=syntax), GREY, (NO_WINDOW,))


@pytest.mark.parametrize(("center", "width"), [(b"", b""), (b"\0", b"\0"), (b"\\", b"\\")])
def test_an_empty_window_is_none(path, center, width):
    same(spoilt(path, center, width), GREY)


@SYNTAXES
@pytest.mark.parametrize(
    ("center", "width", "number"),
    [
        *((b"0\\1500", b"0\\1001", 2), (b"NaN\\1500", b"9\\1001", 2)),
        (b"0\\0\\1500", b"0\\0\\1001", 3),
    ],
)
def test_after_a_window_that_means_nothing_the_next_counts(path, syntax, center, width, number):
    write_dicom(path, DEEP, syntax=syntax, WindowCenter="1" * 14, WindowWidth="2" * 14)
    data = path.read_bytes()
    data = data.replace(b"1" * 14, center.ljust(14)).replace(b"2" * 14, width.ljust(14))
    path.write_bytes(data)
    said = f"its first display window means nothing; number {number} is used"
    same(path, by_hand(DEEP.astype(float), 1500, 1001), (said,))


def test_half_a_window_is_none(path):
    write_dicom(path, DEEP, WindowCenter=1500)
    same(path, GREY, (NO_WINDOW,))
    write_dicom(path, DEEP, WindowWidth=1500)
    same(path, GREY, (NO_WINDOW,))


@pytest.mark.parametrize("text", [b" 1500.0 ", b"+1500", b"1.5e3", b"1500\0"])
def test_numbers_as_dicom_writes_them(path, text):
    same(spoilt(path, text, b"1001"), by_hand(DEEP.astype(float), 1500, 1001))


@pytest.mark.parametrize("function", ["LINEAR", None])
def test_a_window_narrower_than_1_of_rescaled_values(path, function):
    """Values of 0 to 0.25; C.11.2.1.2.1 forbids such a LINEAR one."""
    options = {} if function is None else {"VOILUTFunction": function}
    write_dicom(
        path,
        GREY,
        RescaleSlope=0.001,
        RescaleIntercept=0,
        WindowCenter=0.1,
        WindowWidth=0.2,
        **options,
    )
    same(path, np.rint(((GREY * 0.001 - 0.1) / 0.2 + 0.5).clip(0, 1) * 255))


def test_a_window_of_width_1(path):
    write_dicom(path, DEEP, WindowCenter=1500, WindowWidth=1)
    assert set(np.unique(shown(path)[0])) == {0, 255}


def test_windows_of_enhanced_images_belong_to_frames(path):
    def group(center):
        window, item = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, 101
        item.FrameVOILUTSequence = [window]
        return item

    values = np.full((2, 40, 40), 100, np.uint16)
    write_dicom(path, values, PerFrameFunctionalGroupsSequence=[group(100.5), group(500)])
    assert shown(path, frame=1)[0][0, 0] == 128
    assert shown(path, frame=2)[0][0, 0] == 0


# Rescaling


@pytest.mark.parametrize("slope", [b"0", b"NaN", b"text", b"", b"inf", b"1,5", b"0.0e0"])
def test_a_slope_that_means_nothing(path, slope):
    write_dicom(path, DEEP, RescaleSlope="11111111", RescaleIntercept="-1024")
    path.write_bytes(path.read_bytes().replace(b"11111111", slope.ljust(8)))
    same(path, GREY, (NO_SLOPE,))
    options = {"WindowCenter": 1500, "WindowWidth": 1001}
    write_dicom(path, DEEP, RescaleSlope="11111111", RescaleIntercept="-1024", **options)
    path.write_bytes(path.read_bytes().replace(b"11111111", slope.ljust(8)))
    same(path, by_hand(DEEP.astype(float), 1500, 1001), (NO_SLOPE,))


def test_an_intercept_that_means_nothing(path):
    write_dicom(path, DEEP, RescaleSlope="2", RescaleIntercept="11111111")
    path.write_bytes(path.read_bytes().replace(b"11111111", b"NaN     "))
    same(path, GREY, (NO_SLOPE,))


def test_a_negative_slope_turns_dark_and_bright(path):
    write_dicom(path, DEEP, RescaleSlope=-1, RescaleIntercept=5000)
    same(path, 255 - GREY)


def test_monochrome1_is_inverted(path):
    write_dicom(path, DEEP, PhotometricInterpretation="MONOCHROME1")
    same(path, 255 - GREY)
    options = {"WindowCenter": 1500, "WindowWidth": 1001}
    write_dicom(path, DEEP, PhotometricInterpretation="MONOCHROME1", **options)
    same(path, 255 - by_hand(DEEP.astype(float), 1500, 1001))


# Without a window


CUT = ("a few pixels are far darker or brighter than the rest and were cut off",)


@pytest.mark.parametrize("hot", [6 * 2020, 65_535])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_hot_pixels_cost_no_contrast(path, hot, dtype):
    values = DEEP.astype(dtype)
    values[5, 5] = values[7, 9] = hot
    if dtype == np.float32:
        data = mr_image(DEEP, PixelData=None)
        data.FloatPixelData, data.BitsAllocated = values.tobytes(), 32
        data.save_as(path)
    else:
        write_dicom(path, values)
    pixels, remarks = shown(path)
    assert remarks == CUT
    assert pixels[5, 5] == 255
    assert int(pixels[-1, -1]) - int(pixels[0, 0]) > 160


def test_cold_pixels_cost_no_contrast(path):
    values = DEEP.astype(np.int16)
    values[5, 5] = -30_000
    write_dicom(path, values)
    pixels, remarks = shown(path)
    assert remarks == CUT
    assert pixels[5, 5] == 0
    assert int(pixels[-1, -1]) - int(pixels[0, 0]) > 160


def test_what_stands_out_of_one_ground_is_the_picture(path):
    """Percentiles of a picture that is nearly all black would leave nothing of it."""
    values = np.zeros((100, 100), np.uint16)
    values[50, 50:53] = 500, 1000, 900
    write_dicom(path, values)
    pixels, remarks = shown(path)
    assert list(pixels[50, 50:53]) == [128, 255, 230]
    assert remarks == ()


def test_one_value_is_black(path):
    write_dicom(path, np.full((20, 20), 7, np.uint16))
    assert not shown(path)[0].any()


# Floats


def floats(path, values, **elements):
    data = mr_image(DEEP, PixelData=None, **elements)
    data.FloatPixelData, data.BitsAllocated = values.astype("<f4").tobytes(), 32
    data.save_as(path)
    return path


def test_float_pixels(path):
    same(floats(path, GREY / 7), GREY)


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 10, "WindowWidth": 20}])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_float_pixels_that_are_no_numbers(path, window, value):
    values = GREY / 7
    values[3, 3] = value
    with pytest.raises(ImageError, match="holds pixels that are not finite numbers"):
        read_scan(floats(path, values, **window))


@pytest.mark.parametrize("value", [-9999.0, np.nan, 3e38])
@pytest.mark.parametrize("window", [{}, {"WindowCenter": 18, "WindowWidth": 37.5}])
def test_float_padding(path, value, window):
    values = GREY / 7
    values[:5] = value
    path = floats(path, values, FloatPixelPaddingValue=value, **window)
    pixels, remarks = shown(path)
    assert not pixels[:5].any()
    assert remarks == ()
    assert pixels[-1, -1] > 240
    assert pixels[6, 0] < 40


def test_empty_elements_are_as_if_they_were_not_there(tmp_path):
    from edge.scan.decode import read_scan

    values = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    empty = dict.fromkeys(("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"), "")
    bare, found = (
        read_scan(write_dicom(tmp_path / name, values, **more))
        for name, more in (("bare", {}), ("empty", empty))
    )
    assert found.remarks == ()
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(bare.image))
