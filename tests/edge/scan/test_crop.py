"""Shortcuts of the crop: each against the plain way that it stands for."""

import numpy as np
import pytest

from edge.scan.crop import (
    _AREA,
    _BRIGHT,
    _LINE,
    BLACK,
    _beside_bars,
    _brightness,
    _covered,
    _extent,
)


def pictures(count: int = 300):
    rng = np.random.default_rng(6)
    for _ in range(count):
        high = int(rng.integers(1, 256))
        values = rng.integers(0, high + 1, rng.integers(1, 40, 2))
        values[rng.random(values.shape) < rng.random()] = 0
        yield values.astype(np.uint8)


def test_the_brightness_is_that_of_numpys_percentile():
    found = 0
    for picture in pictures():
        visible = picture[picture > BLACK]
        least = _brightness(np.bincount(picture.ravel(), minlength=256))
        if not visible.size:
            assert least is None
            continue
        expected = picture > max(BLACK, _BRIGHT * np.percentile(visible, 90))
        np.testing.assert_array_equal(picture > least, expected)
        found += expected.any()
    assert found > 200


def bars_by_every_lane(grey: np.ndarray, shade: float) -> slice:
    """Columns between bars, each column looked at."""
    twice = 2 * grey.astype(float).std(axis=0)
    inside = np.flatnonzero((grey.min(axis=0) <= BLACK) | (twice > shade))
    if not inside.size:
        return slice(0, grey.shape[1])
    start, stop = inside[0], inside[-1] + 1
    start, stop = start + (start > 0), stop - (stop < grey.shape[1])
    return slice(start, stop) if start < stop else slice(0, grey.shape[1])


@pytest.mark.parametrize("axis", [0, 1])
def test_bars_are_those_that_a_look_at_every_lane_finds(axis):
    rng, cut = np.random.default_rng(7), 0
    for picture in pictures():
        left, right = rng.integers(0, 4, 2)
        bar = np.full((len(picture), 3), rng.integers(0, 256), np.uint8)
        grey = np.hstack([bar[:, :left], picture, bar[:, :right]])
        shade = float(rng.integers(1, 25))
        expected = bars_by_every_lane(grey, shade)
        given = grey if axis == 0 else grey.T
        assert _beside_bars(given, axis, shade) == expected
        cut += (expected.start, expected.stop) != (0, grey.shape[1])
    assert cut > 50


@pytest.mark.parametrize(
    ("lit", "extent"),
    [
        ([0, 0, 0], (0, 0, 0.0)),
        ([0, 9, 9, 0], (1, 3, 0.0)),
        ([9, 9], (0, 2, 0.0)),
        ([9, 9, 0, 1, 0], (0, 2, 0.0)),  # nearly all of it is one run
        ([9, 0, 9, 9], (0, 4, 1 / 3)),  # it is not: both, and what is apart
    ],
)
def test_runs_of_lines(lit, extent):
    assert _extent(np.array(lit, np.uint16), 20) == pytest.approx(extent)


def test_a_line_needs_more_than_its_share():
    """At 100 pixels a line is lit with four of them: three are 3 %."""
    assert int(_LINE * 100) == 3
    assert _extent(np.array([3, 4, 4, 3], np.uint16), 100)[:2] == (1, 3)


@pytest.mark.parametrize("shape", [(3, 40), (40, 3), (5, 5), (30, 27), (60, 128), (128, 251)])
def test_what_squares_cover_is_an_opening(shape):
    rng = np.random.default_rng(sum(shape))
    for share in (0.5, 0.9, 0.97, 1.0):
        mask = rng.random(shape) < share
        covered = np.zeros(shape, bool)
        for y in range(shape[0] - _AREA + 1):
            for x in range(shape[1] - _AREA + 1):
                square = slice(y, y + _AREA), slice(x, x + _AREA)
                covered[square] |= mask[square].all()
        assert _covered(mask) == np.count_nonzero(covered)


def test_the_brightest_bars_of_the_largest_copy_are_told_exactly():
    """A sum of 255 squares of 255 is the largest: beyond 2**24 it would not be exact."""
    grey = np.full((255, 255), 255, np.uint8)
    grey[::2, 100:150] = 0
    assert _beside_bars(grey, 0, 0.0) == slice(101, 149)
    # 1 of 255 pixels differs by 1: a standard deviation that is above none.
    grey[:, 100:150] = 255
    grey[0, 100:150] = 254
    assert _beside_bars(grey, 0, 0.0) == slice(101, 149)
