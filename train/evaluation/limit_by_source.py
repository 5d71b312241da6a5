"""A limit that holds on average over sources: the source is the unit, not the scan."""

from collections.abc import Sequence

import numpy as np

_ROUNDING = 1e-9


def limit_by_source(values: Sequence[np.ndarray], most: float, start: float, end: float) -> float:
    """The largest limit below which, on average over sources, at most `most` of the scans are.

    Args:
        values: of each source's scans, float [N].
        most: 0..1.
        start: below all values.
        end: that the limit is at most.
    """
    if not values:
        return end
    every = np.concatenate(values)
    shares = np.concatenate([np.full(len(own), 1 / len(own)) for own in values])
    order = np.argsort(every, kind="stable")
    every = every[order]
    within = np.cumsum(shares[order]) / len(values) <= most + _ROUNDING
    count = int(within.sum())
    # Of equal values all are below a limit, or none.
    while 0 < count < len(every) and every[count - 1] == every[count]:
        count -= 1
    if count == len(every) or every[count] > end:
        return end
    before = every[count - 1] if count else start
    # Half-way between two scans: one on the limit would flip with the engine.
    return float(before + every[count]) / 2
