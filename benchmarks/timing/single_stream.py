"""Latencies of single calls and their ratios: MLPerf's single-stream scenario.

The scenario: one query after the other, each issued when the last has ended, the 90th percentile
reported (MLPerf Inference rules, https://github.com/mlcommons/inference_policies, 4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MIN_QUERIES = 64
"""Below it p90 is not known: LoadGen's early stopping asks for n with
0.9^n + n 0.1 0.9^(n-1) <= 0.01, so that with 99 % confidence two of n lie above p90; 64 is the
least such n."""
P99_QUERIES = 662
"""The same for p99: the least n with 0.99^n + n 0.01 0.99^(n-1) <= 0.01."""
NOISY = 0.2
"""Spread of the repeats above which a row is marked as noisy."""
CURVE = (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100)
"""Percentiles of `Latency.curve`."""
_RESAMPLES = 2000


@dataclass(frozen=True)
class Latency:
    """Milliseconds of single calls, none left out."""

    p50: float
    p90: float
    p99: float | None
    """None below `P99_QUERIES` queries."""
    mean: float
    queries: int
    repeats: tuple[float, ...]
    """Medians of the blocks that the queries were issued in, in the order of time."""
    spread: float
    """(largest - smallest) / median of `repeats`; 0 of a single one."""
    noisy: bool
    """`spread` is above `NOISY`."""
    curve: tuple[float, ...]
    """At the percentiles `CURVE`, for pictures."""

    @classmethod
    def of(cls, blocks: Sequence[Sequence[float]]) -> "Latency":
        """Summarize at least one block of at least one call each, in milliseconds."""
        every = np.concatenate([np.asarray(block, np.float64) for block in blocks])
        repeats = [float(np.median(block)) for block in blocks]
        p50, p90, p99 = (float(p) for p in np.percentile(every, [50, 90, 99]))
        spread = (max(repeats) - min(repeats)) / float(np.median(repeats))
        return cls(
            p50=p50,
            p90=p90,
            p99=p99 if len(every) >= P99_QUERIES else None,
            mean=float(every.mean()),
            queries=len(every),
            repeats=tuple(repeats),
            spread=spread,
            noisy=spread > NOISY,
            curve=tuple(float(p) for p in np.percentile(every, CURVE)),
        )


@dataclass(frozen=True)
class Ratio:
    """How many times one is the other, with a 95 % interval by bootstrap over the repeats."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}-{self.high:.2f}]"


def paired_ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Median of above / below, repeat by repeat, for two that took turns.

    What the machine did in a repeat struck both, so a machine whose speed drifts leaves the ratio.

    Args:
        above, below: repeats in the order of time, at least one; further ones are left out.
    """
    pairs = [a / b for a, b in zip(above, below, strict=False)]
    drawn = np.median(_resampled(pairs, 0), axis=1)
    return _ratio(float(np.median(pairs)), drawn)


def unpaired_ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Ratio of the medians of repeats that were taken at different times."""
    drawn = np.median(_resampled(above, 0), axis=1) / np.median(_resampled(below, 1), axis=1)
    return _ratio(float(np.median(above) / np.median(below)), drawn)


def _ratio(value: float, drawn: np.ndarray) -> Ratio:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Ratio(value, float(low), float(high))


def _resampled(values: Sequence[float], seed: int) -> np.ndarray:
    """[resamples, len(values)], drawn with replacement."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    return np.asarray(values, np.float64)[drawn]
