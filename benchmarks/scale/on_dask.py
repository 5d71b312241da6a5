"""What Dask adds to a scan, and what it does with real and with sleeping workers."""

import os
import pickle
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from statistics import median

from benchmarks.scale.model import Cost, Scheduler
from edge.cluster.connect import LOCAL_SETTINGS
from edge.cluster.flow import run_tasks
from edge.parallel.pipeline import Outcome, classify_one
from edge.results.writers import NdjsonWriter

_ROUNDS = 3
_TASKS = 300
_LARGE = 64


@contextmanager
def cluster(workers: int, threads: int = 1):
    """A client of a cluster on this machine; the scheduler is in this process.

    Yields it, and the seconds that the start took.
    """
    import dask
    from distributed import Client, LocalCluster

    start = time.perf_counter()
    dask.config.set(LOCAL_SETTINGS)
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            dashboard_address=None,
            silence_logs=50,
            memory_limit=0,
        ) as made,
        Client(made) as client,
    ):
        client.submit(abs, 0).result()
        yield client, time.perf_counter() - start


def scheduler(outcome: Outcome, scans_a_task: int) -> Scheduler:
    """What a task, and what a scan in it, cost the scheduler and the workers."""
    with cluster(2) as (client, start):
        found: dict[int, list[tuple[float, float]]] = {1: [], _LARGE: []}
        for _ in range(_ROUNDS):
            for size, costs in found.items():
                before, ours = _used(client), time.process_time()
                _drain(run_tasks(client, _nothing, ((i, size) for i in range(_TASKS)), outcome))
                spent = time.process_time() - ours
                costs.append((spent / _TASKS, (_used(client) - before) / _TASKS))
    pairs = [[median(one[side] for one in found[size]) for size in (1, _LARGE)] for side in (0, 1)]
    coordinator, worker = (
        Cost(task=max(0.0, small - scan), scan=scan)
        for small, large in pairs
        for scan in [max(0.0, (large - small) / (_LARGE - 1))]
    )
    return Scheduler("Dask", coordinator, worker, start, scans_a_task)


def real_rate(
    workers: int, model: str, engine: str, files: list[str], size: int, seconds: float
) -> float:
    """Scans per second of real workers, the start of the cluster and its models not counted."""
    with cluster(workers) as (client, _):
        client.run(_load, model, engine)
        tasks = ([files[(i * size + j) % len(files)] for j in range(size)] for i in count())
        return _rate(run_tasks(client, _classify, _until(tasks, seconds), model, engine))


def simulated_rates(
    numbers: Iterable[int], outcome: Outcome, sleep: float, size: int, seconds: float
) -> list[float]:
    """Scans per second of workers that sleep instead of working: threads of two processes."""
    rates = []
    for number in numbers:
        processes = min(2, number)
        with cluster(processes, number // processes) as (client, _):
            tasks = ((i, size) for i in count())
            rates.append(_rate(run_tasks(client, _sleep, _until(tasks, seconds), outcome, sleep)))
    return rates


def _rate(results) -> float:
    start = time.perf_counter()
    scans = _drain(results)
    return scans / (time.perf_counter() - start)


def _drain(results) -> int:
    """Write all results; how many there were."""
    scans = 0
    with open(os.devnull, "w") as sink:
        writer = NdjsonWriter(sink)
        for _, outcomes in results:
            if isinstance(outcomes, BaseException):
                raise outcomes
            for outcome in outcomes:
                writer.write(outcome)
                scans += 1
    return scans


def _until(tasks: Iterator, seconds: float) -> Iterator:
    end = time.perf_counter() + seconds
    for at, task in enumerate(tasks):  # the first in any case: no rate is 0
        if at and time.perf_counter() >= end:
            return
        yield task


def _used(client) -> float:
    return sum(client.run(time.process_time).values())


def _nothing(task: tuple[int, int], outcome: Outcome | None) -> list:
    return _copies(outcome, task[1])


_made: dict[int, list] = {}


def _copies(outcome: Outcome | None, number: int) -> list:
    """Each a thing of its own, for what is in a list twice travels once."""
    if number not in _made:
        _made[number] = [pickle.loads(pickle.dumps(outcome)) for _ in range(number)]
    return _made[number]


def _sleep(task: tuple[int, int], outcome: Outcome, seconds: float) -> list:
    time.sleep(seconds * task[1])
    return _copies(outcome, task[1])


@lru_cache(1)
def _classifier(model: str, engine: str):
    from edge import Classifier

    return Classifier(model, engine=engine)


def _load(model: str, engine: str) -> None:
    _classifier(model, engine)


def _classify(paths: list[str], model: str, engine: str) -> list[Outcome]:
    return [classify_one(_classifier(model, engine), path) for path in paths]
