"""What is measured on one machine: files by kind, reading, and the worker processes of --jobs."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from statistics import median
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.scale.model import Cost, Kind, Scheduler
from edge import Classifier, classify_many
from edge.parallel.pipeline import Outcome, classify_one, in_order
from edge.parallel.worker_process import Worker
from edge.results.writers import NdjsonWriter
from edge.scan.file_format import HEAD, sniff

_ROUNDS = 3
_DISK_BYTES = 256 << 20
_NO_OPS = 4000


def kinds(classifier: Classifier, files: Sequence[str], seconds: float) -> tuple[Kind, ...]:
    """Seconds of the processor by kind of file, median of rounds that are interleaved.

    Raises:
        BenchmarkError: a file cannot be classified.
    """
    by_kind: dict[str, list[str]] = {}
    for path in files:
        with open(path, "rb") as file:
            by_kind.setdefault(sniff(file.read(HEAD)) or "other", []).append(path)
    times: dict[str, list[float]] = {name: [] for name in by_kind}
    for _ in range(_ROUNDS):
        for name, paths in by_kind.items():
            times[name].append(_cpu(classifier, paths, seconds / _ROUNDS))
    return tuple(
        Kind(
            name,
            len(paths),
            sum(os.path.getsize(path) for path in paths) / len(paths),
            median(times[name]),
        )
        for name, paths in sorted(by_kind.items())
    )


def _cpu(classifier: Classifier, paths: Sequence[str], seconds: float) -> float:
    """Of one file: whole turns through all of them, until so many seconds have gone."""
    count, start, begin = 0, time.process_time(), time.perf_counter()
    while not count or time.perf_counter() - begin < seconds:
        for path in paths:
            outcome = classify_one(classifier, path)
            if outcome.error:
                raise BenchmarkError(outcome.error)
        count += len(paths)
    return (time.process_time() - start) / count


def disk_bandwidth() -> float | None:
    """Bytes per second of a file that is not in the system's cache; None: it stays there."""
    if not hasattr(os, "posix_fadvise"):
        return None
    with tempfile.TemporaryFile(dir=os.getcwd() if os.access(".", os.W_OK) else None) as file:
        block = os.urandom(1 << 20)
        for _ in range(_DISK_BYTES >> 20):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        file.seek(0)
        start = time.perf_counter()
        while file.read(1 << 20):
            pass
        return _DISK_BYTES / (time.perf_counter() - start)


def jobs_scheduler(outcome: Outcome) -> Scheduler:
    """What --jobs adds to a scan: workers that do nothing, and results that are written.

    Args:
        outcome: what each is to give back.
    """
    parent, children = [], []
    for _ in range(_ROUNDS):
        start = time.process_time()
        with _Workers(2, lambda item: outcome) as workers:
            for one in workers.map(range(_NO_OPS)):
                workers.write(one)
            used = time.process_time() - start
        parent.append(used / _NO_OPS)
        children.append(workers.used / _NO_OPS)
    return Scheduler("--jobs", Cost(scan=median(parent)), Cost(scan=median(children)), in_one=True)


class _Workers:
    """Forks that do some work, one item after the other."""

    def __init__(self, number: int, work: Callable[[Any], Any]):
        self._workers = [Worker(work) for _ in range(number)]
        self._sink = open(os.devnull, "w")  # noqa: SIM115
        self._writer = NdjsonWriter(self._sink)
        self.used = 0.0
        """Seconds of the processor that they took, once they have ended."""

    def map(self, items) -> Iterator[Any]:
        idle = deque(self._workers)

        def work(item):
            worker = idle.popleft()
            try:
                return worker(item)
            finally:
                idle.append(worker)

        return in_order(work, items, len(self._workers))

    def write(self, outcome: Outcome) -> None:
        self._writer.write(outcome)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self._workers:
            worker.close()
            self.used += (worker.ended or (0, 0.0))[1]
        self._sink.close()


def real_rate(classifier: Classifier, files: Sequence[str], jobs: int, seconds: float) -> float:
    """Scans per second of --jobs, results written."""
    with open(os.devnull, "w") as sink:
        writer = NdjsonWriter(sink)
        count, start = 0, time.perf_counter()
        stream = _until(cycle(files), start + seconds)
        for outcome in classify_many(classifier, stream, jobs=jobs, processes=True):
            writer.write(outcome)
            count += 1
        return count / (time.perf_counter() - start)


def simulated_rate(outcome: Outcome, workers: int, sleep: float, seconds: float) -> float:
    """Scans per second where workers sleep instead of working."""

    def work(item) -> Outcome:
        time.sleep(sleep)
        return outcome

    with _Workers(workers, work) as forks:
        count, start = 0, time.perf_counter()
        for one in forks.map(_until(cycle(range(1)), start + seconds)):
            forks.write(one)
            count += 1
        return count / (time.perf_counter() - start)


def _until(items, end: float) -> Iterator:
    for at, item in enumerate(items):  # the first in any case: no rate is 0
        if at and time.perf_counter() >= end:
            return
        yield item


def sample(files: Sequence[str], most: int) -> list[str]:
    """At most so many of the files, from all over them."""
    step = max(1, len(files) // most)
    return list(islice(files, 0, None, step))[:most]
