"""A file that says that its pixels are not square is shown as what it shows looks."""

import struct

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError
from edge.scan.decode import read_scan
from edge.scan.geometry import IMPOSSIBLE, even_pixels, is_square, ratio_of
from tests.edge.jpeg_files import extended_jpeg
from tests.edge.scan.png_files import chunk, deep_png
from tests.edge.tiff_files import DEFLATE, write_tiff

GREY = np.add.outer(np.arange(40) * 3, np.arange(60) * 2).astype(np.uint8)
TALL, WIDE = (60, 60), (90, 40)  # width and height once pixels are 1.5 times as tall, or wide
TALLER = "pixels are 1.5 times as tall as wide; evened"
WIDER = "pixels are 1.5 times as wide as tall; evened"
NONSENSE = "the sides that it states for its pixels mean nothing and are ignored"
EVEN = (60, 40)


def found(path):
    scan = read_scan(path)
    return scan.image.size, scan.remarks


# Pixels a metre or an inch, across and down: more of them are smaller ones.
DENSITIES = [
    (3000, 2000, TALL, (TALLER,)),
    (2000, 3000, WIDE, (WIDER,)),
    (3000, 3000, EVEN, ()),
    (3000, 2990, EVEN, ()),
    (100, 1000, (600, 40), ("pixels are 10 times as wide as tall; evened",)),
    (60_000, 1, EVEN, (f"it states pixels 60000 times as tall as wide, {IMPOSSIBLE}",)),
]
ODD = [(0, 3000, EVEN, (NONSENSE,)), (0, 0, EVEN, ())]


def png(path, across, down, unit, values=GREY):
    body = struct.pack(">IIB", across, down, unit)
    if values.ndim == 3:
        path.write_bytes(deep_png(values, ((b"pHYs", body),)))
        return path
    Image.fromarray(values).save(path, "PNG")
    data = path.read_bytes()
    path.write_bytes(data[:33] + chunk(b"pHYs", body) + data[33:])
    return path


@pytest.mark.parametrize("unit", [0, 1])
@pytest.mark.parametrize(("across", "down", "size", "remarks"), [*DENSITIES, *ODD])
def test_png(tmp_path, across, down, unit, size, remarks):
    assert found(png(tmp_path / "a", across, down, unit)) == (size, remarks)


@pytest.mark.parametrize("kind", ["grey 16", "colour 16", "palette", "transparent", "1 bit"])
def test_png_of_other_pixels(tmp_path, kind):
    """They are evened as grey levels and colours, not as indices of a palette."""
    path, image = tmp_path / "a", Image.fromarray(GREY)
    if kind == "colour 16":
        path = png(path, 3000, 2000, 1, np.dstack([GREY.astype(np.uint16) * 257] * 3))
    else:
        if kind == "grey 16":
            image = Image.fromarray(GREY.astype(np.uint16) * 257)
        elif kind == "palette":
            order = np.random.default_rng(0).permutation(256)
            image = Image.fromarray(np.argsort(order)[GREY].astype(np.uint8)).convert("P")
            image.putpalette([int(n) for n in order for _ in range(3)])
        elif kind == "transparent":
            image = Image.fromarray(np.dstack([GREY, np.full_like(GREY, 255)]))
        else:
            image = image.convert("1")
        image.save(path, "PNG", dpi=(300, 200))
    scan = read_scan(path)
    assert (scan.image.size, scan.remarks) == (TALL, (TALLER,))
    if kind != "1 bit":
        plain = Image.fromarray(GREY)
        if kind in ("grey 16", "colour 16"):  # scaled by their own range
            plain = plain.point([round(n * 255 / int(GREY.max())) for n in range(256)])
        right = np.asarray(plain.resize(TALL, Image.Resampling.LANCZOS)).astype(int)
        assert np.abs(np.asarray(scan.image.convert("L")).astype(int) - right).max() <= 2


def jpeg(path, across, down, unit, **options):
    Image.fromarray(GREY).save(path, "JPEG", **options)
    data = bytearray(path.read_bytes())
    assert data[6:11] == b"JFIF\0"
    data[13:18] = struct.pack(">BHH", unit, across, down)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("unit", [0, 1, 2])
@pytest.mark.parametrize(("across", "down", "size", "remarks"), [*DENSITIES, *ODD])
def test_jpeg(tmp_path, across, down, unit, size, remarks):
    assert found(jpeg(tmp_path / "a", across, down, unit)) == (size, remarks)


def test_a_jpeg_without_jfif(tmp_path):
    (tmp_path / "a").write_bytes(extended_jpeg(GREY[:, :56], 8))
    assert found(tmp_path / "a") == ((56, 40), ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_density_is_that_of_the_stored_rows_and_columns(tmp_path, orientation):
    """Pixels are evened first, then the picture is turned."""
    exif = Image.Exif()
    exif[274] = orientation
    path = jpeg(tmp_path / "a", 3, 2, 0, exif=exif)
    plain = jpeg(tmp_path / "b", 3, 2, 0)
    scan = read_scan(path)
    upright = np.asarray(read_scan(plain).image)
    turned = {1: lambda a: a, 2: np.fliplr, 3: lambda a: a[::-1, ::-1], 4: np.flipud}
    turned |= {5: np.transpose, 6: lambda a: np.rot90(a, -1), 8: np.rot90}
    turned[7] = lambda a: a[::-1, ::-1].T
    np.testing.assert_array_equal(np.asarray(scan.image), turned[orientation](upright))
    assert scan.remarks == (TALLER,)


@pytest.mark.parametrize("unit", [1, 2, 3])
@pytest.mark.parametrize("compression", [1, DEFLATE])
@pytest.mark.parametrize(
    ("across", "down", "size", "remarks"),
    [
        ((300, 1), (200, 1), TALL, (TALLER,)),
        ((200, 1), (300, 1), WIDE, (WIDER,)),
        ((720_000, 10_000), (72, 1), EVEN, ()),
        ((0, 1), (72, 1), EVEN, (NONSENSE,)),
        ((1, 0), (72, 1), EVEN, (NONSENSE,)),
        ((0, 1), (0, 1), EVEN, ()),
        ((0, 0), (0, 0), EVEN, ()),
        (
            *((900, 1), (72, 1), EVEN),
            (f"it states pixels 12.5 times as tall as wide, {IMPOSSIBLE}",),
        ),
    ],
)
def test_tiff(tmp_path, unit, compression, across, down, size, remarks):
    for values in (GREY, GREY.astype(np.uint16) * 9, GREY / np.float32(7)):
        path = write_tiff(
            tmp_path / "a", values, resolution=(across, down, unit), compression=compression
        )
        assert found(path) == (size, remarks)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_tiff_is_evened_before_it_is_turned(tmp_path, orientation):
    path = write_tiff(tmp_path / "a", GREY, resolution=((3, 1), (2, 1), 1), orientation=orientation)
    assert found(path) == (TALL, (TALLER,))
    path = write_tiff(tmp_path / "a", GREY, resolution=((2, 1), (3, 1), 1), orientation=orientation)
    assert found(path) == (WIDE if orientation == 1 else WIDE[::-1], (WIDER,))


@pytest.mark.parametrize(("across", "down", "size", "remarks"), [*DENSITIES[:4], *ODD])
def test_bmp(tmp_path, across, down, size, remarks):
    path = tmp_path / "a"
    Image.fromarray(GREY).save(path, "BMP")
    data = bytearray(path.read_bytes())
    data[38:46] = struct.pack("<II", across, down)  # pixels a metre
    path.write_bytes(data)
    assert found(path) == (size, remarks)


@pytest.mark.parametrize(
    ("byte", "size"),
    [(0, EVEN), (49, EVEN), (81, (90, 40)), (17, (60, 80)), (255, (253, 40)), (1, (60, 160))],
)
def test_gif(tmp_path, byte, size):
    """A pixel is (byte + 15) / 64 times as wide as tall (GIF89a, 18)."""
    path = tmp_path / "a"
    Image.fromarray(GREY).save(path, "GIF")
    data = bytearray(path.read_bytes())
    data[12] = byte
    path.write_bytes(data)
    assert found(path)[0] == size


def test_what_exif_says_of_the_resolution_does_not_count(tmp_path):
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 300.0, 200.0, 2
    for kind in ("PNG", "WEBP"):
        Image.fromarray(GREY).save(tmp_path / "a", kind, exif=exif, lossless=True)
        assert found(tmp_path / "a") == (EVEN, ())


def test_the_limit_holds_after_evening(tmp_path):
    path = png(tmp_path / "a", 3000, 2000, 1)
    with pytest.raises(ImageError, match="60x60 pixels is more than the limit of 3599"):
        read_scan(path, max_pixels=3599)
    assert read_scan(path, max_pixels=3600).image.size == TALL


def test_nothing_is_shrunk():
    image = Image.fromarray(GREY)
    for ratio in (0.2, 0.5, 0.8, 0.98, 1.02, 1.25, 2.0, 5.0):
        width, height = even_pixels(image, ratio, "a", 10**6, []).size
        assert width >= 60
        assert height >= 40
        assert width * 40 / (height * 60) == pytest.approx(1 / ratio, rel=0.02)


@pytest.mark.parametrize("ratio", [1.0, 1.009, 0.991])
def test_nearly_square_is_square(ratio):
    assert is_square(ratio)
    image, remarks = Image.fromarray(GREY), []
    assert even_pixels(image, ratio, "a", 10**6, remarks) is image
    assert not remarks


@pytest.mark.parametrize(
    ("height", "width", "ratio"),
    [
        (1, 2, 0.5),
        ("1.25", "1", 1.25),
        (5, 1, 5.0),
        (1, 1000, 0.001),
        (1e200, 1e-200, None),
        (0, 0, None),
        (0, 1, None),
        (1, 0, None),
        (-1, -1, None),
        ("nan", 1, None),
        ("inf", "inf", None),
        ("1,25", "1", None),
        (None, 1, None),
        (1e-290, 1e-290, 1.0),
        (1e-320, 1e-320, None),
        ("", "1", None),
    ],
)
def test_sides_that_mean_nothing(height, width, ratio):
    assert ratio_of(height, width) == ratio
