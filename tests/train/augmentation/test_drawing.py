"""Shapes that scans and outliers are drawn with."""

import numpy as np
import pytest

from train.augmentation.drawing import oval


@pytest.mark.parametrize("seed", range(5))
def test_an_oval_is_as_deep_as_its_axes_say(seed):
    depth = oval(np.random.default_rng(seed), (101, 101), (0.4, 0.6), aside=0.0, dents=0.0)
    assert depth.shape == (101, 101)
    assert depth[50, 50] == pytest.approx(1)
    # Turned by a half at most, it reaches no further than its longer half-axis.
    assert (depth[[0, 0, -1, -1], [0, -1, 0, -1]] < 0).all()
    inside = (depth > 0).mean()
    assert np.pi / 4 * 0.4**2 <= inside <= np.pi / 4 * 0.6**2


def test_an_oval_may_lie_aside_and_be_dented():
    rng = np.random.default_rng(1)
    aside = oval(rng, (101, 101), (0.5, 0.5), aside=0.2, dents=0.0)
    row, column = np.unravel_index(aside.argmax(), aside.shape)
    assert (row, column) != (50, 50)
    assert max(abs(row - 50), abs(column - 50)) <= 10
    dented = oval(rng, (101, 101), (0.5, 0.5), aside=0.0, dents=0.2)
    y, x = np.mgrid[-1:1:101j, -1:1:101j]
    assert np.abs(dented - (1 - np.hypot(y, x) / 0.5)).max() > 0.05
