"""The one preprocessing function."""

import numpy as np
import pytest
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import InputSpec
from edge.scan.preprocess import preprocess, preprocess_part

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("color", ["grey", "rgb"])
@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3)])
def test_shape_dtype_and_layout(color, shape):
    image = Image.fromarray(RANDOM.integers(0, 256, shape, dtype=np.uint8))
    pixels = preprocess(image, InputSpec(20, 24, color))
    assert pixels.shape == (20, 24, 1 if color == "grey" else 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("resize", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_grey_copied_to_channels_equals_resized_rgb(resize):
    grey = Image.fromarray(RANDOM.integers(0, 256, (123, 77), dtype=np.uint8))
    spec = InputSpec(50, 40, "rgb", resize=resize)
    np.testing.assert_array_equal(preprocess(grey, spec), preprocess(grey.convert("RGB"), spec))


def test_an_image_of_the_right_size_is_left_alone():
    pixels = RANDOM.integers(0, 256, (20, 24, 3), dtype=np.uint8)
    spec = InputSpec(20, 24, "rgb")
    np.testing.assert_array_equal(preprocess(Image.fromarray(pixels), spec), pixels)


def test_bytes_are_those_of_every_other_machine():
    # Computed here and fixed: a Pillow whose resizing differs would change every model's input.
    ramp = np.add.outer(np.arange(50) * 3, np.arange(60) * 2).astype(np.uint8)
    pixels = preprocess(Image.fromarray(ramp), InputSpec(4, 4, "grey"))[..., 0]
    assert pixels.tolist() == RAMP_4X4


RAMP_4X4 = [[38, 65, 95, 122], [72, 99, 129, 156], [109, 136, 166, 193], [143, 170, 200, 219]]


@pytest.mark.parametrize("rule", [{"crop": "brain"}, {"resize": "magic"}])
def test_unknown_rules_ask_for_a_newer_version(rule):
    with pytest.raises(ModelError, match="newer mri-edge"):
        preprocess(Image.new("L", (9, 9)), InputSpec(4, 4, "grey", **rule))


HEAD = InputSpec(32, 32, "grey", crop="head")


def head(width=400, height=300, box=(180, 60, 300, 240), level=180):
    """A bright ellipse with a darker, rounder one in it, in faint noise."""
    pixels = RANDOM.integers(0, 8, (height, width), dtype=np.uint8)
    left, top, right, bottom = box
    y, x = np.mgrid[:height, :width] + 0.5
    across = (x - (left + right) / 2) / ((right - left) / 2)
    down = (y - (top + bottom) / 2) / ((bottom - top) / 2)
    pixels[np.hypot(across, down) < 1] = level
    pixels[np.hypot(across - 0.2, down / 0.5) < 0.3] = level // 2
    return pixels


def region(image, spec):
    """Left, top, right and bottom, in pixels, of what the model takes."""
    shares = preprocess_part(image, spec).part
    return tuple(round(share * side) for share, side in zip(shares, image.size * 2, strict=True))


def test_the_crop_is_the_square_around_the_head():
    left, top, right, bottom = region(Image.fromarray(head()), HEAD)
    assert right - left == bottom - top == pytest.approx(180 * 1.06, abs=6)
    assert (left + right) / 2 == pytest.approx(240, abs=3)
    assert (top + bottom) / 2 == pytest.approx(150, abs=3)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("factor", [0.3, 1.0, 1.4])
def test_the_crop_knows_neither_brightness_nor_mode(mode, factor):
    image = Image.fromarray(head())
    changed = image.point(lambda value: value * factor).convert(mode)
    np.testing.assert_allclose(region(changed, HEAD), region(image, HEAD), atol=3)


def test_letters_and_lines_beside_a_head_do_not_count():
    pixels = head()
    plain = region(Image.fromarray(pixels), HEAD)
    pixels[20:32, 20:32] = pixels[140:150, 370:380] = pixels[:, 2:4] = pixels[290:292] = 255
    assert region(Image.fromarray(pixels), HEAD) == plain


def test_nothing_of_a_head_is_cut_off_that_something_dark_divides():
    pixels = head()
    plain = region(Image.fromarray(pixels), HEAD)
    pixels[150:160] = 0
    np.testing.assert_allclose(region(Image.fromarray(pixels), HEAD), plain, atol=3)


def test_a_head_is_seen_alike_whatever_is_around_it():
    small = preprocess(Image.fromarray(head()), HEAD).astype(int)
    wide = head(480, 420, (340, 200, 460, 380))
    other = preprocess(Image.fromarray(wide), HEAD).astype(int)
    # But for edges, which may lie a pixel of the small copy elsewhere.
    assert np.median(abs(small - other)) <= 3
    assert abs(small - other).mean() < 12


def test_beyond_the_picture_is_black():
    image = Image.fromarray(head(120, 200, (0, 0, 120, 200)))
    left, top, right, bottom = preprocess_part(image, HEAD)[1]
    assert left < 0 < 1 < right
    assert top < 0 < 1 < bottom
    pixels = preprocess(image, HEAD)[..., 0]
    assert pixels.shape == (32, 32)
    assert not pixels[:, :5].any()
    assert not pixels[:, -5:].any()
    assert pixels[4, 14:18].min() > 150


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (1, 1)),
        Image.new("RGB", (300, 200)),
        Image.fromarray(head(box=(10, 10, 60, 60))),
    ],
    ids=["a pixel", "black", "too small to be a head"],
)
def test_without_a_head_the_whole_picture_is_seen(image):
    assert region(image, HEAD) == (0, 0, *image.size)
    whole = InputSpec(32, 32, "grey")
    np.testing.assert_array_equal(preprocess(image, HEAD), preprocess(image, whole))
    assert not preprocess_part(image, HEAD).found
    assert preprocess_part(image, whole).found, "of what it looks for, all of the picture, there is"


def test_what_is_bright_all_over_is_seen_in_a_black_square():
    bright = Image.new("L", (300, 200), 255)
    assert region(bright, HEAD) == (-9, -59, 309, 259)
    assert preprocess_part(bright, HEAD).found


@pytest.mark.parametrize("size", [(20000, 3), (3, 20000)])
def test_the_square_around_a_long_picture_takes_no_memory(size):
    pixels = preprocess(Image.new("L", size, 200), HEAD)
    assert pixels.shape == (32, 32, 1)
    assert pixels.max() == 200
    assert (pixels > 0).sum() <= 32


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_a_crop_of_another_shape_and_colour(color):
    pixels = preprocess(Image.fromarray(head()).convert("RGB"), InputSpec(20, 40, color, "head"))
    assert pixels.shape == (20, 40, 1 if color == "grey" else 3)
    assert pixels[3, 20].min() > 150


def test_a_dim_scan_is_no_bar():
    plain = region(Image.fromarray(head()), HEAD)
    dim = (head() * 0.15 + 13).astype(np.uint8)
    seen = region(Image.fromarray(dim), HEAD)
    assert seen[0] <= plain[0] + 4
    assert seen[2] >= plain[2] - 4, "on a grey floor all may be taken, but not less than the head"


@pytest.mark.parametrize("bars", [((20, 0), (0, 30)), ((25, 25), (25, 25)), ((0, 0), (60, 60))])
def test_bars_beside_a_scan_are_no_head(bars):
    scan = head()
    page = np.pad(scan, bars, constant_values=250)
    seen = region(Image.fromarray(scan), HEAD)
    moved = np.array(region(Image.fromarray(page), HEAD)) - [bars[1][0], bars[0][0]] * 2
    assert np.abs(moved - seen).max() <= 8, "but for where the small copy's pixels begin"


@pytest.mark.parametrize("shade", [250, 128, 60])
@pytest.mark.parametrize("offset", range(4))
def test_nothing_of_a_bar_is_seen(offset, shade):
    """Wherever it ends, and if it is noisy; the square reaches beyond a tall scan."""
    scan = head(140, 300, (10, 10, 130, 290))
    page = np.pad(scan, ((0, 0), (60 + offset, 60)), constant_values=shade).astype(int)
    page[:, : 60 + offset] += RANDOM.integers(-8, 6, (300, 60 + offset))
    pixels = preprocess(Image.fromarray(page.astype(np.uint8)), HEAD)[..., 0]
    plain = preprocess(Image.fromarray(scan), HEAD)[..., 0]
    assert (pixels[:, [0, -1]] < 20).all()
    # The head's edge moves with the small copy's pixels, by half a pixel of the input.
    assert np.abs(pixels.astype(int) - plain).mean() < 8


def test_a_head_is_found_in_a_field_of_view_five_times_as_wide():
    wide = np.pad(head(120, 150, (5, 5, 115, 145)), ((300, 300), (240, 240)))
    left, top, right, bottom = region(Image.fromarray(wide), HEAD)
    assert right - left == bottom - top == pytest.approx(140 * 1.06, abs=14)
