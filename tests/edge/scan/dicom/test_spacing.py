"""How tall and wide pixels are, wherever a DICOM file says it."""

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

import pydicom
from pydicom.dataset import Dataset

from edge.errors import ImageError
from edge.scan.decode import read_scan
from edge.scan.geometry import IMPOSSIBLE
from tests.edge.dicom_files import BIG, IMPLICIT, RLE, mr_image, write_dicom
from tests.edge.scan.encodings import ENCODINGS

GREY = np.add.outer(np.arange(40) * 3, np.arange(60) * 2).astype(np.uint8)
EVEN, TALL, WIDE = (60, 40), (60, 60), (90, 40)
TALLER = "pixels are 1.5 times as tall as wide; evened"
WIDER = "pixels are 1.5 times as wide as tall; evened"
SPACINGS = ("PixelSpacing", "NominalScannedPixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "slice"


def found(path, frame=None):
    scan = read_scan(path, frame=frame)
    return scan.image.size, scan.remarks


@pytest.mark.parametrize("syntax", [None, IMPLICIT, BIG])
@pytest.mark.parametrize("keyword", SPACINGS)
def test_rows_come_first(path, keyword, syntax):
    write_dicom(path, GREY, syntax=syntax, **{keyword: [3, 2]})
    assert found(path) == (TALL, (TALLER,))
    write_dicom(path, GREY, syntax=syntax, **{keyword: [2, 3]})
    assert found(path) == (WIDE, (WIDER,))
    write_dicom(path, GREY, syntax=syntax, **{keyword: [2, 2]})
    assert found(path) == (EVEN, ())


@pytest.mark.parametrize(
    ("first", "second"), [(a, b) for at, a in enumerate(SPACINGS) for b in SPACINGS[at + 1 :]]
)
def test_the_preferred_one_of_two(path, first, second):
    write_dicom(path, GREY, **{first: [3, 2], second: [2, 3]})
    contradiction = f"{second} contradicts {first} and is ignored"
    assert found(path) == (TALL, (contradiction, TALLER))
    write_dicom(path, GREY, **{first: [3, 2], second: [6, 4]})
    assert found(path) == (TALL, (TALLER,))
    write_dicom(path, GREY, **{first: [0, 0], second: [3, 2]})
    assert found(path) == (TALL, (f"{first} means nothing and is ignored", TALLER))


def spoilt(path, keyword, text):
    """A file in which an element holds a text that pydicom would not write."""
    write_dicom(path, GREY, **{keyword: ["7.7777777", "8.8888888"]})
    old = b"7.7777777\\8.8888888 "
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, text.ljust(len(old))))
    return path


NOTHING = (
    *(b"1,5\\1,0", b"1.5", b"0\\0", b"1.5\\0", b"-3\\-2", b"NaN\\1", b"1.5\\1\\2", b"a\\b"),
    *(b"1.5\\", b"\\1.5", b"inf\\inf"),
)


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("keyword", SPACINGS[:3])
def test_what_means_nothing_is_ignored_and_said(path, keyword, text):
    assert found(spoilt(path, keyword, text)) == (
        EVEN,
        (f"{keyword} means nothing and is ignored",),
    )


@pytest.mark.parametrize("text", [b"", b"\0"])
def test_an_empty_one_says_nothing(path, text):
    assert found(spoilt(path, "PixelSpacing", text))[0] == EVEN
    write_dicom(path, GREY, PixelSpacing="", PixelAspectRatio=["3", "2"])
    assert found(path) == (TALL, (TALLER,))


def measures(spacing):
    group, item = Dataset(), Dataset()
    item.PixelSpacing = spacing
    group.PixelMeasuresSequence = [item]
    return group


def test_enhanced_shared(path):
    write_dicom(path, GREY, SharedFunctionalGroupsSequence=[measures([3, 2])])
    assert found(path) == (TALL, (TALLER,))


def test_enhanced_per_frame(path):
    """Frames may differ."""
    groups = [measures([3, 2]), measures([2, 3]), measures([1, 1]), Dataset()]
    write_dicom(path, np.stack([GREY] * 4), PerFrameFunctionalGroupsSequence=groups)
    assert found(path, 1) == (TALL, (TALLER,))
    assert found(path, 2) == (WIDE, (WIDER,))
    assert found(path, 3) == (EVEN, ())
    assert found(path, 4) == (EVEN, ())


def test_a_frame_of_its_own_before_what_is_shared_before_the_top(path):
    write_dicom(
        path,
        np.stack([GREY, GREY]),
        PixelSpacing=[1, 1],
        SharedFunctionalGroupsSequence=[measures([2, 3])],
        PerFrameFunctionalGroupsSequence=[measures([3, 2]), Dataset()],
    )
    says = "contradicts PixelSpacing of"
    assert found(path, 1) == (
        TALL,
        (
            f"PixelSpacing of all {says} the frame and is ignored",
            f"PixelSpacing {says} the frame and is ignored",
            TALLER,
        ),
    )
    assert found(path, 2) == (WIDE, (f"PixelSpacing {says} all and is ignored", WIDER))


def test_empty_groups(path):
    empty = Dataset()
    empty.PixelMeasuresSequence = []
    write_dicom(
        path,
        GREY,
        SharedFunctionalGroupsSequence=[],
        PerFrameFunctionalGroupsSequence=[empty],
        PixelSpacing=[3, 2],
    )
    assert found(path) == (TALL, (TALLER,))


def test_compressed_as_rle(path):
    data = mr_image(GREY, PixelSpacing=[3, 2])
    data.compress(RLE)
    data.save_as(path)
    assert found(path) == (TALL, (TALLER,))


def test_compressed_as_jpeg_2000(path):
    next(one for one in ENCODINGS if one.name.startswith("DICOM, JPEG 2000")).write(path)
    data = pydicom.dcmread(path)
    data.PixelSpacing = [4, 3]
    data.save_as(path)
    assert found(path) == ((64, 64), ("pixels are 1.33 times as tall as wide; evened",))


def test_the_limit_holds_after_evening(path):
    write_dicom(path, GREY, PixelSpacing=[5, 1])
    with pytest.raises(ImageError, match="60x200 pixels is more than the limit of 11999"):
        read_scan(path, max_pixels=11_999)
    assert read_scan(path, max_pixels=12_000).image.size == (60, 200)


def test_padding_is_black_before_the_picture_is_stretched(path):
    """So nothing of it shines through beside what is signal."""
    values = GREY.astype(np.int16) + 500
    values[:10] = -2000
    write_dicom(path, values, PixelSpacing=[3, 2], PixelPaddingValue=-2000)
    assert np.asarray(read_scan(path).image)[:12].max() == 0


@pytest.mark.parametrize(
    ("spacing", "size", "words"),
    [
        ([6, 1], (60, 240), "pixels are 6 times as tall as wide; evened"),
        ([1, 10], (600, 40), "pixels are 10 times as wide as tall; evened"),
        ([10.5, 1], EVEN, f"PixelSpacing states pixels 10.5 times as tall as wide, {IMPOSSIBLE}"),
        ([1, 1000], EVEN, f"PixelSpacing states pixels 1000 times as wide as tall, {IMPOSSIBLE}"),
    ],
)
def test_slices_across_thick_ones_and_what_no_scanner_makes(path, spacing, size, words):
    write_dicom(path, GREY, PixelSpacing=spacing)
    assert found(path) == (size, (words,))


def test_after_an_impossible_one_the_next_counts(path):
    write_dicom(path, GREY, PixelSpacing=[1, 1000], ImagerPixelSpacing=[3, 2])
    said = f"PixelSpacing states pixels 1000 times as wide as tall, {IMPOSSIBLE}"
    assert found(path) == (TALL, (said, TALLER))
