"""Time one call at a time: MLPerf's single-stream scenario (MLPerf Inference rules, 4.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np

WARM_UP = 8
"""Calls before the clock starts: caches fill, lazy set-up happens."""
MIN_QUERIES = 64


@dataclass(frozen=True)
class Latency:
    """Milliseconds of single calls, none left out."""

    p50: float
    p90: float
    mean: float
    queries: int

    @classmethod
    def of(cls, milliseconds: list[float]) -> "Latency":
        """Summarize at least one measurement."""
        p50, p90 = np.percentile(milliseconds, [50, 90])
        return cls(float(p50), float(p90), float(np.mean(milliseconds)), len(milliseconds))


def measure(call: Callable[[Any], Any], queries: list, min_seconds: float) -> Latency:
    """Time `call(query)` over `queries` in turn, after a warm-up.

    At least `MIN_QUERIES` calls and `min_seconds` seconds.
    """
    return Latency.of(timed(call, queries, min_seconds)[1])


def timed(
    call: Callable[[Any], Any], queries: list, min_seconds: float
) -> tuple[list[Any], list[float]]:
    """What the timed calls returned, and the milliseconds that each took."""
    source = cycle(queries)
    for _ in range(WARM_UP):
        call(next(source))
    results, milliseconds = [], []
    started = perf_counter()
    while len(milliseconds) < MIN_QUERIES or perf_counter() - started < min_seconds:
        query = next(source)
        start = perf_counter()
        result = call(query)
        milliseconds.append((perf_counter() - start) * 1e3)
        results.append(result)
    return results, milliseconds


def in_turns(calls: list[Callable[[], Any]], min_seconds: float) -> list[Latency]:
    """Time several calls, one after the other again and again: what disturbs one disturbs all.

    For ratios, which a machine that slows down between two measurements would falsify.
    """
    rounds = [[] for _ in calls]

    def round_(_) -> None:
        for call, milliseconds in zip(calls, rounds, strict=True):
            start = perf_counter()
            call()
            milliseconds.append((perf_counter() - start) * 1e3)

    timed(round_, [None], min_seconds)
    return [Latency.of(milliseconds[WARM_UP:]) for milliseconds in rounds]
