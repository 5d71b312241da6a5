"""Pixels of more than 8 bits, and numbers that Pillow takes for others, become the right 8 bits."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import decode, from_array
from tests.edge.scan.test_decode import GREY, RGB, pixels_of, save


def test_16_bit_is_scaled_by_its_own_range(tmp_path):
    deep = GREY.astype(np.uint16) * 4 + 1000  # a typical MR range, 1000..2020
    np.testing.assert_array_equal(pixels_of(save(tmp_path / "d.png", deep)), GREY)


def test_float_tiff_is_scaled_by_its_own_range(tmp_path):
    path = save(tmp_path / "f.tif", GREY.astype(np.float32) / 1000)
    np.testing.assert_array_equal(pixels_of(path), GREY)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_tiff_whose_white_is_zero_is_turned_round(tmp_path, dtype):
    stored = GREY.astype(dtype)
    stored = stored if dtype == np.uint8 else stored * dtype(4)
    Image.fromarray(stored).save(tmp_path / "w.tif", tiffinfo={262: 0})
    # Pillow inverts 8-bit pixels as it writes them, too.
    expected = GREY if dtype == np.uint8 else 255 - GREY
    np.testing.assert_array_equal(pixels_of(tmp_path / "w.tif"), expected)


SAMPLE_FORMAT = 339  # TIFF 6.0


@pytest.mark.parametrize(("dtype", "code"), [("int8", 2), ("uint32", 1)])
def test_a_tiff_of_numbers_that_pillow_takes_for_others(tmp_path, dtype, code):
    """Signed bytes, and unsigned ones of 32 bits with the highest set."""
    info = np.iinfo(dtype)
    ramp = np.linspace(info.min, info.max, 64 * 64).astype(dtype).reshape(64, 64)
    as_saved = ramp.view("uint8" if dtype == "int8" else "int32")
    path = tmp_path / "scan.tif"
    Image.fromarray(as_saved).save(path, tiffinfo={SAMPLE_FORMAT: code})
    data = bytearray(path.read_bytes())
    at = data.find(SAMPLE_FORMAT.to_bytes(2, "little") + b"\3\0")
    data[at + 8 : at + 10] = code.to_bytes(2, "little")
    path.write_bytes(data)
    found = np.asarray(decode(path)).astype(int)
    assert (np.diff(found.ravel()) >= 0).all()
    assert (found[0, 0], found[-1, -1]) == (0, 255)


def test_a_tiff_of_numbers_that_cannot_be_read_is_not_called_damaged(tmp_path):
    path = tmp_path / "scan.tif"
    Image.fromarray(np.zeros((8, 8), np.float32)).save(path)
    data = bytearray(path.read_bytes())
    at = data.find((258).to_bytes(2, "little") + b"\3\0")
    data[at + 8 : at + 10] = (64).to_bytes(2, "little")
    path.write_bytes(data)
    with pytest.raises(ImageError, match="of a kind that cannot be read; save it in grey"):
        decode(path)


def test_a_range_too_small_to_divide_by_is_none():
    assert not np.asarray(from_array(np.array([[0.0, 5e-324], [0.0, 0.0]]))).any()


def test_float_tiff_with_nan_is_refused(tmp_path):
    bad = GREY.astype(np.float32)
    bad[0, 0] = np.nan
    with pytest.raises(ImageError, match=r"n\.tif: .*not finite"):
        decode(save(tmp_path / "n.tif", bad))


def deep_png(values):
    """A 16-bit PNG of 2, 3 or 4 channels, which Pillow does not write."""
    height, width, channels = values.shape
    kind = {2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in chunks:
        data += struct.pack(">I", len(body)) + name + body
        data += struct.pack(">I", zlib.crc32(name + body))
    return data


def test_16_bit_colour_png_is_scaled_by_its_own_range(tmp_path):
    # Differences of 4 in 1000: in Pillow's upper bytes there would be four shades.
    deep = RGB.astype(np.uint16) * 4 + 1000
    (tmp_path / "d.png").write_bytes(deep_png(deep))
    np.testing.assert_array_equal(pixels_of(tmp_path / "d.png"), RGB)


@pytest.mark.parametrize("channels", [GREY[..., None], RGB], ids=["grey", "rgb"])
def test_16_bit_png_with_transparency_lies_over_black(tmp_path, channels):
    deep = channels.astype(np.uint16) * 257
    alpha = np.full((*GREY.shape, 1), 65535, np.uint16)
    alpha[10:20] = 0
    (tmp_path / "d.png").write_bytes(deep_png(np.dstack([deep, alpha])))
    decoded = pixels_of(tmp_path / "d.png").reshape(channels.shape)
    assert (decoded[10:20] == 0).all()
    for rows in (slice(0, 10), slice(20, None)):
        np.testing.assert_array_equal(decoded[rows], channels[rows])


def test_16_bit_colour_tiff_is_refused(tmp_path):
    # Tags of TIFF 6.0 by hand: Pillow reads such files, upper bytes only, but does not write them.
    tags = [(256, 3, 1, 2), (257, 3, 1, 1), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 14), (277, 3, 1, 3), (278, 3, 1, 1), (279, 4, 1, 12)]
    head = b"II*\0" + struct.pack("<I", 26) + struct.pack("<HHH", 16, 16, 16)
    table = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    (tmp_path / "d.tif").write_bytes(head + bytes(12) + table + bytes(4))
    with pytest.raises(ImageError, match="colour TIFF of 16 bits a channel"):
        decode(tmp_path / "d.tif")


def test_large_images_are_scaled_in_blocks():
    values = np.random.default_rng(0).integers(0, 60_000, (3000, 500)).astype(np.uint16)
    low, high = int(values.min()), int(values.max())
    expected = np.rint((values.astype(np.float64) - low) * (255 / (high - low))).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(from_array(values)), expected)
