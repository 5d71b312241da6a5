"""A table of shades in place of a computation for each pixel."""

import numpy as np
import pytest

from edge.scan.dicom.windowing import _each


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_each_value_is_shaded_alike_one_by_one_and_all_at_once(dtype):
    """Few values are shaded once each; those of a picture with more values than pixels, each."""
    info, rng = np.iinfo(dtype), np.random.default_rng(8)

    def shade(block):
        return np.rint((block.astype(np.float64) * 0.37 + 11).clip(0, 255))

    for low, high, size in ((0, 100, (60, 50)), (-90, 90, (60, 50)), (-30000, 30000, (5, 7))):
        low, high = max(low, info.min), min(high, info.max)
        values = rng.integers(low, high + 1, size).astype(dtype)
        np.testing.assert_array_equal(_each(values, shade), shade(values).astype(np.uint8))


def test_a_shade_is_asked_once_a_value():
    asked = []

    def shade(block):
        asked.append(block.size)
        return block % 256

    _each(np.tile(np.arange(40, dtype=np.uint16), (100, 1)), shade)
    assert asked == [40]
