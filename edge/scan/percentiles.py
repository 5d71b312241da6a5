"""Percentiles as `numpy.percentile` interpolates them, with its roundings.

That one loads `numpy.ma` when it is first called, which takes 9 ms and 2.4 MB of each process; and
it sorts, where counting is quicker.
"""

from collections.abc import Callable, Sequence

import numpy as np


def percentiles(values: np.ndarray, shares: Sequence[float]) -> list[float]:
    """Of an array of any shape and of real numbers, not empty; shares in 0..100."""

    def at(ranks: list[list[int]]) -> np.ndarray:
        return np.partition(values, sorted({rank for two in ranks for rank in two}), axis=None)[
            ranks
        ]

    return _interpolated(values.size, shares, at)


def percentiles_of_counts(
    counts: np.ndarray, shares: Sequence[float], least: int = 0
) -> list[float]:
    """Of whole numbers by how often each is there.

    Args:
        counts: int [N], of `least` and each number after it; not all of them 0.
    """
    upto = counts.cumsum()

    def at(ranks: list[list[int]]) -> list[list[np.int64]]:
        # One by one: to make an array of them takes longer.
        return [[upto.searchsorted(rank, "right") + least for rank in two] for two in ranks]

    return _interpolated(int(upto[-1]), shares, at)


def _interpolated(
    size: int, shares: Sequence[float], at: Callable[[list[list[int]]], np.ndarray]
) -> list[float]:
    """Args: `at` gives what stands at places, from 0, when all is sorted."""
    places = [share / 100 * (size - 1) for share in shares]
    found = at([[int(place), -int(-place // 1)] for place in places])
    result = []
    for place, (low, high) in zip(places, found, strict=True):
        share = place - int(place)
        # The difference of floats is one of their own type.
        step = (high - low).item() if low.dtype.kind == "f" else int(high) - int(low)
        low, high = low.item(), high.item()
        result.append(high - step * (1 - share) if share >= 0.5 else low + step * share)
    return result
