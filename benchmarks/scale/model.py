"""The model of throughput: workers, what hands out the work, the machine, and which is the limit.

    rate = min(workers / seconds a scan, 1 / seconds that the coordinator takes of it)

What the coordinator does (hand out tasks, take results, write them) one process does, so it is
divided by nothing. On one machine all of it shares the cores, which is a third bound.
"""

from dataclasses import dataclass

SIZES = (10**6, 10**8)
CORES = (10, 32, 100, 320, 1000)


@dataclass(frozen=True)
class Kind:
    """Files of one format."""

    name: str
    files: int
    bytes: float
    """Mean of a file."""
    cpu_seconds: float
    """To decode and classify one, mean."""


@dataclass(frozen=True)
class Cost:
    """Seconds of a processor that come on top of the scans themselves."""

    task: float = 0.0
    scan: float = 0.0

    def of_scan(self, scans_a_task: int) -> float:
        """Of one scan, where so many are a task."""
        return self.task / scans_a_task + self.scan


@dataclass(frozen=True)
class Scheduler:
    """What hands out the work."""

    name: str
    coordinator: Cost
    """Of the one process that hands out tasks and writes results."""
    worker: Cost
    start_seconds: float = 0.0
    """From the command to the first task."""
    scans_a_task: int = 1
    in_one: bool = False
    """Whether the one worker and the coordinator are one process."""


@dataclass(frozen=True)
class Rate:
    """What the model says."""

    scans_per_second: float
    limit: str
    """"workers", "coordinator" or "cores"."""


def mean_cpu(kinds: tuple[Kind, ...]) -> float:
    """Seconds of a scan, over all files."""
    return sum(k.cpu_seconds * k.files for k in kinds) / sum(k.files for k in kinds)


def mean_bytes(kinds: tuple[Kind, ...]) -> float:
    """Bytes of a scan, over all files."""
    return sum(k.bytes * k.files for k in kinds) / sum(k.files for k in kinds)


def predict(
    scheduler: Scheduler, workers: int, seconds: float, cores: int | None = None, busy: bool = True
) -> Rate:
    """Scans per second.

    Args:
        seconds: that a worker takes for a scan, without what comes on top.
        cores: of the one machine that does everything; None: the coordinator and each worker have
            a core of their own.
        busy: whether these seconds are the processor's; else a worker sleeps.
    """
    coordinator = scheduler.coordinator.of_scan(scheduler.scans_a_task)
    worker = seconds + scheduler.worker.of_scan(scheduler.scans_a_task)
    bounds = {"workers": workers / worker, "coordinator": 1 / coordinator}
    if scheduler.in_one and workers == 1:
        bounds["workers"] = 1 / (worker + coordinator)
    if cores is not None:
        bounds["cores"] = cores / (worker - (0 if busy else seconds) + coordinator)
    limit = min(bounds, key=bounds.__getitem__)
    return Rate(bounds[limit], limit)


def most_workers(scheduler: Scheduler, seconds: float) -> float:
    """Workers beyond which the coordinator, not they, is the limit."""
    worker = seconds + scheduler.worker.of_scan(scheduler.scans_a_task)
    return worker / scheduler.coordinator.of_scan(scheduler.scans_a_task)


def hours(scheduler: Scheduler, rate: Rate, files: int) -> float:
    """How long so many files take, the start included."""
    return (scheduler.start_seconds + files / rate.scans_per_second) / 3600
