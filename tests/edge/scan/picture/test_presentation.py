"""How a decoded picture is meant to be seen: the short ways to what Pillow says at length."""

import numpy as np
import pytest
from PIL import Image

from edge.scan.decode import decode
from edge.scan.picture.presentation import _plain_orientation


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [None, 1, 3, 6, 8, 9, 300])
def test_orientation_is_read_as_pillow_reads_it(order, orientation):
    exif = Image.Exif()
    exif.endian = order
    exif[270], exif[282] = "a description that is kept elsewhere", 72.0
    if orientation is not None:
        exif[274] = orientation
    data = exif.tobytes()
    assert _plain_orientation(data) == orientation
    assert _plain_orientation(data.removeprefix(b"Exif\0\0")) == orientation
    for end in range(0, len(data), 3):  # cut short: the same, or nothing plain
        assert _plain_orientation(data[:end]) in (None, orientation)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_that_hides_nothing_is_left_out(mode, tmp_path):
    image = Image.linear_gradient("L").convert(mode)
    image.save(tmp_path / "whole.png")
    image.putpixel((7, 200), (*[200] * (len(mode) - 1), 254))
    image.save(tmp_path / "pixel.png")
    whole, other = (np.asarray(decode(tmp_path / f"{n}.png")) for n in ("whole", "pixel"))
    different = np.argwhere(whole != other)
    assert {tuple(place[:2]) for place in different} <= {(200, 7)}
    assert whole.shape == other.shape
