"""A 95 % interval for the calibration error, which few scans bias upwards.

The calibration error adds up distances, and chance makes every distance larger: a model that is
perfectly calibrated has an error above 0 on any test set (Roelofs et al. 2022, AISTATS, "Mitigating
bias in calibration error estimation"). Resampling adds chance once more. So the percentiles of
resamples lie too high, and mirrored at the value (the basic bootstrap) they lie beside the value
and correct too little where the error is small.

What is done here is test inversion (Carpenter and Bithell 2000, Statistics in Medicine 19:1141): a
true error is in the interval if a model with it would have shown the measured value with a chance
between 2.5 and 97.5 %.

How often it holds the true error, 95 % wanted (docs/measurements/calibration-interval.md):

    scans    this            the basic bootstrap
       50    92.0 to 97.8 %  32.8 to 89.0 %
      250    91.0 to 98.5 %  46.0 to 91.0 %
      800    93.2 to 98.5 %  57.8 to 92.0 %
"""

from collections.abc import Callable

import numpy as np

_PERCENTS = (2.5, 97.5)
_STEPS = 24
"""Halvings of the range that is searched: its 16 millionth part is left."""


def calibration_interval(
    value: float, gaps: np.ndarray, resampled: np.ndarray
) -> tuple[float, float]:
    """The interval of a calibration error; `value` lies in it always.

    The gaps of a model with another true error are taken to be the measured ones, all of them
    larger or smaller by one factor, and to vary as the resampled ones vary around the measured
    ones. If no true error would show so small a value with a chance of 2.5 %, the interval ends at
    the value itself.

    Args:
        value: the error measured, the sum of the absolute gaps.
        gaps: of each bin, as `train.evaluation.metrics.calibration_gaps` gives them, float [bins].
        resampled: those of resamples, float [resamples, bins].
    """
    noise = resampled - gaps
    direction = gaps / value if value else np.zeros_like(gaps)

    def shown(true: float, percent: float) -> float:
        """The value that a model with a true error stays below with a chance of `percent`."""
        return float(np.percentile(np.abs(true * direction + noise).sum(-1), percent))

    low, high = _PERCENTS
    most = value + shown(0.0, high)
    return (
        _first(lambda true: shown(true, high) >= value, 0.0, value),
        -_first(lambda true: shown(-true, low) <= value, -most, -value) if value else most,
    )


def _first(holds: Callable[[float], bool], start: float, end: float) -> float:
    """The least number from `start` on for which something holds; `end` if it does not before."""
    if holds(start):
        return start
    for _ in range(_STEPS):
        middle = (start + end) / 2
        start, end = (start, middle) if holds(middle) else (middle, end)
    return end
