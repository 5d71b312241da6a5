"""Pictures are whole PNG files of the same pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from edge.saliency.quick_png import write_png
from edge.scan.picture.integrity import check_png


@pytest.mark.parametrize("size", [(1, 1), (7, 1), (1, 9), (64, 33)])
def test_pixels_come_back(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3)).astype(np.uint8)
    stream = io.BytesIO()
    write_png(Image.fromarray(pixels), stream)
    check_png(stream.getvalue())
    np.testing.assert_array_equal(np.asarray(Image.open(stream)), pixels)
