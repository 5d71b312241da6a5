"""What is to be measured, and for how long."""

from dataclasses import dataclass

from benchmarks.timing.single_stream import MIN_QUERIES

PROG = "python -m benchmarks"
"""The command, as its messages name it."""


@dataclass(frozen=True)
class Options:
    """Of one run of the benchmarks."""

    engine: str = "all"
    """"all", or a key of `edge.inference.engines.ENGINES`."""
    threads: tuple[int, ...] = (1,)
    """Swept; the first is the one of everything but the inference rows."""
    min_seconds: float = 1.0
    """For each timed call, of all rounds together."""
    min_queries: int = MIN_QUERIES
    """The same."""
    cold_starts: int = 5
    """Processes, of ours and of the minimal script."""
    throughput_seconds: float = 0.5
    """Each turn of a combination of jobs and threads; 0: no throughput."""
    peaks: bool = True
    """Whether to measure the machine's, for the floors."""
