"""An uncertain band that holds on sources that a model never saw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.evaluation.limit_by_source import limit_by_source

_DIGITS = 4  # as of the band that is chosen on the validation part
_ROUNDING = 1e-9


@dataclass(frozen=True)
class SourceBand:
    """Limits of calibrated probability, and what they promise."""

    low: float
    """Below this a scan is called free of a tumor."""
    high: float
    """From this on it is called a tumor."""
    cleared: float
    """Mean over the sources with tumors: share of these below `low`; NaN without such sources."""
    alarms: float
    """Mean over the sources with tumor-free scans: share of these from `high` on; NaN likewise."""
    with_tumors: int
    """How many sources that was, and below the others."""
    without: int

    @property
    def cleared_bound(self) -> float:
        """Of the next source, how many tumors are cleared in expectation, at most (0..1).

        `promised` of `cleared`.
        """
        return promised(self.cleared, self.with_tumors)

    @property
    def alarms_bound(self) -> float:
        """The same of its tumor-free scans."""
        return promised(self.alarms, self.without)


def promised(mean: float, sources: int) -> float:
    """What is expected of one more source, at most, if it is drawn as these were.

    Conformal risk control (Angelopoulos et al. 2022, theorem 1) for a risk of at most 1 that falls
    as the band widens: (n mean + 1) / (n + 1). The unit is the source, not the scan: of ten
    sources that nothing goes wrong on, one in eleven is still promised.
    """
    return 1.0 if not sources else (sources * mean + 1) / (sources + 1)


def band_by_source(
    probabilities: Sequence[np.ndarray],
    truth: Sequence[np.ndarray],
    threshold: float,
    max_cleared: float,
    max_alarms: float,
) -> SourceBand:
    """The narrowest band around a threshold that keeps both shares, on average over the sources.

    Args:
        probabilities: of each source, float [N], calibrated, by a model that never saw it.
        truth: of each source, 0 or 1, [N].
        threshold: of the decision, 0..1.
        max_cleared, max_alarms: shares, 0..1, of `SourceBand.cleared` and `alarms`.
    """
    pairs = list(zip(probabilities, truth, strict=True))
    tumors = [p[t == 1] for p, t in pairs if (t == 1).any()]
    others = [p[t == 0] for p, t in pairs if (t == 0).any()]
    low = limit_by_source(tumors, max_cleared, 0.0, threshold)
    # The same from the other end, rounded away from the threshold too.
    high = 1 - limit_by_source([1 - p for p in others], max_alarms, 0.0, 1 - threshold)
    low, high = _down(low), -_down(-high)
    return SourceBand(
        low=low,
        high=high,
        cleared=_mean([float((p <= low).mean()) for p in tumors]),
        alarms=_mean([float((p >= high).mean()) for p in others]),
        with_tumors=len(tumors),
        without=len(others),
    )


def cleared_by_limit(probabilities: Sequence[np.ndarray], limits: np.ndarray) -> np.ndarray:
    """Share of each source's scans at or below each limit: float64 [sources, limits]."""
    return np.array([[(p <= limit).mean() for limit in limits] for p in probabilities])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _down(value: float) -> float:
    return math.floor(value * 10**_DIGITS + _ROUNDING) / 10**_DIGITS
