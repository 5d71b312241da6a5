"""How many threads an engine should have here: counted and measured, not guessed."""

import os
from statistics import median
from time import perf_counter

from edge.inference.classifier import Classifier
from edge.model_file.container import ModelFile

_GAIN = 1.3
"""More threads must be this much faster than fewer: below it, the cores are better left to others
and to further jobs, and the measurement's own noise decides."""
_CALLS = 7


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_jobs() -> int:
    """Two where there are two cores: one scan is decoded while another is classified."""
    return min(2, cores())


def fastest_threads(model: ModelFile, engine: str = "auto") -> int:
    """Measure 1, 2, 4 ... threads up to the number of cores on the golden sample.

    Costs some ten inferences for each number; a number that is not 1.3 times as fast as the best
    smaller one ends the search. On a machine that is busy now, the answer is 1: threads that wait
    for one another there are slower than one alone.

    Raises:
        ModelError, EngineError: as `Classifier`.
    """
    from edge.inference.self_test import golden_pixels

    best, threads = (float("inf"), 1), 1
    while threads <= cores():
        classifier = Classifier(model, engine=engine, threads=threads)
        took = _seconds(classifier, golden_pixels(classifier))
        if took * _GAIN > best[0]:
            break
        best, threads = (took, threads), threads * 2
    return best[1]


def _seconds(classifier: Classifier, pixels) -> float:
    """Median of a call, the first two apart."""
    times = []
    for _ in range(_CALLS + 2):
        start = perf_counter()
        classifier.logits(pixels)
        times.append(perf_counter() - start)
    return median(times[2:])
