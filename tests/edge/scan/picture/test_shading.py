"""A table of shades in place of a computation for each pixel."""

import subprocess
import sys

import numpy as np
import pytest

from edge.scan.picture.bit_depth import each_value


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_each_value_is_shaded_alike_one_by_one_and_all_at_once(dtype):
    """Few values are shaded once each; those of a picture with more values than pixels, each."""
    info, rng = np.iinfo(dtype), np.random.default_rng(8)

    def shade(block):
        return np.rint((block.astype(np.float64) * 0.37 + 11).clip(0, 255))

    for low, high, size in ((0, 100, (60, 50)), (-90, 90, (60, 50)), (-30000, 30000, (5, 7))):
        low, high = max(low, info.min), min(high, info.max)
        values = rng.integers(low, high + 1, size).astype(dtype)
        np.testing.assert_array_equal(each_value(values, shade), shade(values).astype(np.uint8))


def test_a_shade_is_asked_once_a_value():
    asked = []

    def shade(block):
        asked.append(block.size)
        return block % 256

    each_value(np.tile(np.arange(40, dtype=np.uint16), (100, 1)), shade)
    assert asked == [40]


def test_values_of_16_bits_load_nothing_more_of_numpy(tmp_path):
    """`numpy.percentile` and `numpy.unique` load `numpy.ma`."""
    script = (
        "import sys; import numpy as np; from PIL import Image; from edge.scan.decode import "
        "read_scan; early = 'numpy.ma' in sys.modules; "
        "Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64)).save('a.png'); "
        "read_scan('a.png'); assert 'edge.scan.picture.bit_depth' in sys.modules; "
        "assert early or 'numpy.ma' not in sys.modules"  # NumPy 1 loads it itself
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
