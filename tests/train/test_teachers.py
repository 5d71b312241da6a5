"""Where teachers agree, and which runs may not teach."""

import numpy as np
import pytest

pytest.importorskip("keras")

from train.teachers import agreed, pointed_at


def spot(row, col, size=2, level=5.0):
    evidence = np.full((16, 16), -6.0, np.float32)
    evidence[row : row + size, col : col + size] = level
    return evidence


def test_the_box_of_two_who_agree():
    box = agreed([spot(4, 4, 3), spot(5, 5, 2)])
    assert (box.left, box.top, box.right, box.bottom) == (4 / 16, 4 / 16, 7 / 16, 7 / 16)


@pytest.mark.parametrize(
    "other",
    [spot(10, 10), spot(4, 4, 1), np.full((16, 16), 5.0, np.float32), np.zeros((8, 8))],
    ids=["elsewhere", "one cell", "everywhere", "another grid"],
)
def test_no_box_where_they_do_not(other):
    assert agreed([spot(4, 4), other]) is None


def test_only_the_strongest_spot_is_pointed_at():
    evidence = np.maximum(spot(2, 2, level=5.0), spot(10, 10, level=4.5))
    evidence[9, 2] = 1.0
    found = pointed_at(evidence)
    assert found[2:4, 2:4].all()
    assert found.sum() == 4
