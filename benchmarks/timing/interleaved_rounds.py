"""Interleaved rounds of several calls, so that ratios hold on a machine whose speed drifts.

Every timed call takes its queries one after the other, as the single-stream scenario wants, but in
blocks: each has a block in every round. The first round starts with the first call, the next
with the last, so that a steady drift strikes all alike.
"""

from collections.abc import Callable, Sequence
from itertools import cycle
from time import perf_counter
from typing import Any

from benchmarks.timing.single_stream import MIN_QUERIES, Latency
from edge.console.signals import was_stopped

ROUNDS = 8
WARM_UP = 3
"""Calls before everything: memory is allocated, lazy set-up happens."""
_SETTLE = 0.01  # seconds of untimed calls before a block: the others emptied the caches


class TimedCall:
    """Something to call again and again, and how long each call took.

    Args:
        name: for messages.
        call: takes one query.
        queries: taken in turn, from the first.
        keep: is given each query and what its timed call returned.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[Any], Any],
        queries: Sequence[Any],
        keep: Callable[[Any, Any], None] | None = None,
    ):
        self.name, self.keep, self._call = name, keep, call
        self._queries, self._timed = cycle(queries), cycle(queries)
        self.blocks: list[list[float]] = []
        """Milliseconds, one list a round."""
        self.estimate = 0.0
        """Seconds of a call, after the warm-up."""

    def warm_up(self) -> None:
        """The untimed first calls; sets `estimate`."""
        for _ in range(WARM_UP):
            start = perf_counter()
            self._call(next(self._queries))
            self.estimate = perf_counter() - start

    def block(self, least: int, seconds: float) -> None:
        """Issue at least `least` queries for at least `seconds`."""
        settled = perf_counter() + min(_SETTLE, seconds) if seconds else 0.0
        self._call(next(self._queries))
        while perf_counter() < settled:
            self._call(next(self._queries))
        milliseconds: list[float] = []
        call, keep, queries = self._call, self.keep, self._timed
        begun = perf_counter()
        while len(milliseconds) < least or perf_counter() - begun < seconds:
            query = next(queries)
            start = perf_counter()
            result = call(query)
            milliseconds.append((perf_counter() - start) * 1e3)
            if keep:
                keep(query, result)
        self.blocks.append(milliseconds)

    @property
    def latency(self) -> Latency | None:
        """Of all blocks; None if there is none yet."""
        return Latency.of(self.blocks) if self.blocks else None


def seconds_of(
    calls: Sequence[TimedCall], min_seconds: float, min_queries: int = MIN_QUERIES
) -> float:
    """How long `run_interleaved` will take, once they are warm."""
    return sum(max(min_seconds, c.estimate * (min_queries + ROUNDS)) for c in calls)


def run_interleaved(
    calls: Sequence[TimedCall],
    min_seconds: float,
    min_queries: int = MIN_QUERIES,
    tick: Callable[[float], None] = lambda share: None,
) -> None:
    """Give each call `ROUNDS` blocks, at least `min_queries` queries and `min_seconds`.

    Args:
        tick: told after each round which share of all, 0..1, is done.

    Interrupted, it leaves what was measured in the calls.
    """
    least = -(-min_queries // ROUNDS)
    for round_number in range(ROUNDS):
        for call in calls if round_number % 2 == 0 else reversed(calls):
            call.block(least, min_seconds / ROUNDS)
            if was_stopped():  # C++ code that called Python back may have lost the exception
                raise KeyboardInterrupt
        tick((round_number + 1) / ROUNDS)
