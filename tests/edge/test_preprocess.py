"""The one preprocessing function."""

import numpy as np
import pytest
from PIL import Image

from edge.errors import ModelError
from edge.manifest import InputSpec
from edge.preprocess import preprocess

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
