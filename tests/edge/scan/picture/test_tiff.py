"""TIFF files of every kind that matters: the right numbers, in the right order, upright."""

import struct

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import decode, from_array, read_scan
from edge.scan.picture.bit_depth import robust_8bit
from tests.edge.tiff_files import DEFLATE, LZW, NONE, PACKBITS, as_upright, write_tiff

pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF data")

RAMP = np.add.outer(np.arange(20) * 9, np.arange(30) * 2)  # 0..229, not square
KINDS = {
    "uint8": RAMP,
    "int8": RAMP - 120,
    "uint16": RAMP * 250,
    "int16": RAMP * 250 - 30_000,
    "uint32": RAMP * 18_000_000,
    "int32": RAMP * 18_000_000 - 2_000_000_000,
    "float32": RAMP / 7 - 3,
}
ORDERS = ("<", ">")


def shown(values: np.ndarray) -> np.ndarray:
    """What a viewer shows: 8 bits as they are, others by their own range."""
    return values if values.dtype == np.uint8 else robust_8bit(values, "a", [])


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
@pytest.mark.parametrize("compression", [NONE, LZW, DEFLATE, PACKBITS])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_orientation(tmp_path, kind, order, compression, big):
    values = KINDS[kind].astype(kind)
    for orientation in (None, *range(1, 9)):
        path = write_tiff(
            tmp_path / "a.tif",
            values,
            order=order,
            compression=compression,
            big=big,
            orientation=orientation,
        )
        right = as_upright(shown(values), orientation or 1)
        np.testing.assert_array_equal(np.asarray(decode(path)), right)
        np.testing.assert_array_equal(np.asarray(decode(path.read_bytes())), right)


@pytest.mark.parametrize("strips", [1, 3, 20])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("compression", [NONE, LZW])
def test_strips(tmp_path, strips, order, compression):
    for kind, numbers in KINDS.items():
        values = numbers.astype(kind)
        path = write_tiff(
            tmp_path / "a", values, order=order, strips=strips, compression=compression
        )
        np.testing.assert_array_equal(np.asarray(decode(path)), shown(values))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [NONE, DEFLATE])
def test_colour(tmp_path, orientation, compression):
    values = np.dstack([RAMP, RAMP[::-1], 255 - RAMP]).astype(np.uint8)
    path = write_tiff(
        tmp_path / "a", values, photometric=2, orientation=orientation, compression=compression
    )
    np.testing.assert_array_equal(np.asarray(decode(path)), as_upright(values, orientation))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("compression", [NONE, LZW])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "uint32", "int32", "float32"])
def test_white_is_zero(tmp_path, kind, order, compression):
    values = KINDS[kind].astype(kind)
    path = write_tiff(tmp_path / "a", values, order=order, compression=compression, photometric=0)
    np.testing.assert_array_equal(np.asarray(decode(path)), 255 - shown(values))


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_as_tifffile_reads_it(tmp_path, kind, order, tile, bigtiff):
    """Written by another program, in tiles as well."""
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    values, path = KINDS[kind].astype(kind), tmp_path / "a.tif"
    tifffile.imwrite(path, values, byteorder=order, tile=tile, bigtiff=bigtiff, compression="zlib")
    np.testing.assert_array_equal(tifffile.imread(path), values)
    np.testing.assert_array_equal(np.asarray(decode(path)), shown(values))


@pytest.mark.parametrize("order", ORDERS)
def test_differences_of_numbers(tmp_path, order):
    """Predictor 2: each number less the one to its left (TIFF 6.0, section 14)."""
    for kind in ("uint8", "uint16"):
        values = KINDS[kind].astype(kind)
        left = np.zeros_like(values)
        left[:, 1:] = values[:, :-1]
        path = write_tiff(
            tmp_path / "a", values - left, order=order, compression=LZW, predictor_317=2
        )
        np.testing.assert_array_equal(np.asarray(decode(path)), shown(values))


def test_planes_that_cannot_be_read_are_not_called_damaged(tmp_path):
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    path = tmp_path / "a.tif"
    for kind in (np.uint8, np.uint16):
        planes = np.stack([RAMP, RAMP // 2]).astype(kind)
        tifffile.imwrite(path, planes, photometric="minisblack", planarconfig="separate")
        with pytest.raises(ImageError, match="is a TIFF with planes of a kind that cannot be read"):
            decode(path)
    colour = np.stack([RAMP, RAMP // 2, RAMP // 3]).astype(np.uint8)
    tifffile.imwrite(path, colour, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(np.asarray(decode(path)), colour.transpose(1, 2, 0))


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("planes", [2, 3, 5])
def test_grey_planes_are_not_read_as_the_first(tmp_path, compression, tile, planes):
    """They are several pictures; of compressed ones the first was shown, without a word."""
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    path = tmp_path / "a.tif"
    for kind in (np.uint8, np.uint16, np.float32):
        values = np.stack([RAMP // n for n in range(1, 1 + planes)]).astype(kind)
        options = {"photometric": "minisblack", "planarconfig": "separate", "tile": tile}
        tifffile.imwrite(path, values, compression=compression, **options)
        with pytest.raises(ImageError, match="is a TIFF with planes of a kind that cannot be read"):
            decode(path)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("kind", "planes", "extra"),
    [
        *(("rgb", 3, ()), ("separated", 4, ()), ("ycbcr", 3, ()), ("cielab", 3, ())),
        *(("rgb", 4, ("unassalpha",)), ("rgb", 4, ("assocalpha",)), ("rgb", 4, ("unspecified",))),
        *(("minisblack", 2, ("unassalpha",)), ("minisblack", 2, ("assocalpha",))),
    ],
)
def test_planes_are_as_channels_or_of_a_kind_that_cannot_be_read(
    tmp_path, kind, planes, extra, compression
):
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    path = tmp_path / "a.tif"
    values = np.stack([RAMP, RAMP // 2, RAMP // 3, 255 - RAMP][:planes]).astype(np.uint8)
    options = {"photometric": kind, "extrasamples": extra, "compression": compression}
    tifffile.imwrite(path, values.transpose(1, 2, 0).copy(), planarconfig="contig", **options)
    right = np.asarray(decode(path))
    tifffile.imwrite(path, values, planarconfig="separate", **options)
    try:
        found = np.asarray(decode(path))
    except ImageError as error:
        assert "is a TIFF with planes of a kind that cannot be read" in str(error)  # noqa: PT017
        assert (kind, extra) not in (("rgb", ()), ("rgb", ("unassalpha",)), ("separated", ()))
    else:
        np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("strips", [1, 5])
@pytest.mark.parametrize("compression", [NONE, LZW, DEFLATE, PACKBITS])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.int32, np.float32])
def test_one_plane_is_no_plane(tmp_path, kind, compression, strips, order):
    """Uncompressed big-endian floats came out with their bytes the wrong way round."""
    path, values = tmp_path / "a", RAMP.astype(kind)
    options = {"order": order, "strips": strips, "compression": compression}
    right = np.asarray(decode(write_tiff(path, values, **options)))
    found = np.asarray(decode(write_tiff(path, values, planes_284=2, **options)))
    np.testing.assert_array_equal(found, right)


def test_grey_that_is_laid_over_black_already(tmp_path):
    """Associated alpha."""
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed (the dev extra)")
    path, grey = tmp_path / "a.tif", RAMP.astype(np.uint8)
    options = {"photometric": "minisblack", "planarconfig": "contig"}
    values = np.dstack([grey, np.full_like(grey, 255)])
    tifffile.imwrite(path, values, extrasamples=["assocalpha"], **options)
    np.testing.assert_array_equal(np.asarray(decode(path)), grey)


@pytest.mark.parametrize("compression", [33003, 33005, 34712])
def test_jpeg_2000_is_of_a_kind_that_cannot_be_read(tmp_path, compression):
    path = write_tiff(tmp_path / "a", RAMP.astype(np.uint8))
    data = path.read_bytes()
    entry = struct.pack("<HHI", 259, 3, 1)
    at = data.index(entry) + len(entry)
    path.write_bytes(data[:at] + struct.pack("<H", compression) + data[at + 2 :])
    with pytest.raises(ImageError, match="compressed as JPEG 2000, which cannot be read"):
        decode(path)
    path.write_bytes(data[:at] + struct.pack("<H", 4242) + data[at + 2 :])
    with pytest.raises(ImageError, match="compressed in a way that cannot be read"):
        decode(path)


def test_what_cannot_be_read_is_not_called_damaged(tmp_path):
    path = write_tiff(tmp_path / "a", RAMP.astype(np.float64))
    with pytest.raises(ImageError, match="of a kind that cannot be read; save it in grey"):
        decode(path)
    path = write_tiff(tmp_path / "a", np.dstack([RAMP] * 3).astype(np.uint16), photometric=2)
    with pytest.raises(ImageError, match="colour TIFF of 16 bits a channel"):
        decode(path)


def test_a_file_that_is_cut_short(tmp_path):
    path = tmp_path / "a.tif"
    Image.fromarray(RAMP.astype(np.uint8)).save(path, compression="tiff_lzw")
    data = path.read_bytes()
    for length in range(9, len(data) - 1, 41):
        path.write_bytes(data[:length])
        with pytest.raises(ImageError):
            decode(path)


def test_the_stream_of_a_caller_stays_open(tmp_path):
    path = write_tiff(tmp_path / "a", RAMP.astype(np.uint8), big=True, order=">")
    with path.open("rb") as stream:
        decode(stream)
        np.testing.assert_array_equal(np.asarray(decode(stream)), RAMP)
        assert not stream.closed


def test_an_array_is_shown_as_the_file(tmp_path):
    for kind, numbers in KINDS.items():
        values = numbers.astype(kind)
        path = write_tiff(tmp_path / "a", values)
        np.testing.assert_array_equal(np.asarray(from_array(values)), np.asarray(decode(path)))
        assert read_scan(path).remarks == ()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("kind", "sample"), [("f2", 3), ("i2", 4), ("i2", 5)])
def test_numbers_that_pillow_would_take_for_others_are_refused(tmp_path, order, kind, sample):
    tifffile = pytest.importorskip("tifffile")
    values = np.arange(64).reshape(8, 8).astype(order + kind)
    tifffile.imwrite(tmp_path / "a.tif", values, byteorder=order)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+b") as file:
        file.pages[0].tags[339].overwrite(sample)
    with pytest.raises(ImageError, match="of a kind that cannot be read"):
        decode(tmp_path / "a.tif")
