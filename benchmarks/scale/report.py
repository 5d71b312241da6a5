"""What was measured, what follows from it, and in which words."""

from dataclasses import dataclass
from statistics import median

from benchmarks.scale.model import (
    CORES,
    SIZES,
    Kind,
    Rate,
    Scheduler,
    hours,
    mean_bytes,
    mean_cpu,
    most_workers,
    predict,
)
from edge import NOTICE

WITHIN = 0.25
"""Share by which a prediction may be off."""
_LIMITS = {
    "workers": "the workers",
    "coordinator": "the scheduler",
    "cores": "this machine's cores",
}


@dataclass(frozen=True)
class Check:
    """One rate, measured beside what the model says of it."""

    scheduler: str
    workers: int
    scans_a_task: int
    measured: float
    """Scans per second."""
    predicted: Rate
    simulated: bool = False
    """Whether workers slept instead of working."""

    @property
    def off(self) -> float:
        """By which share the prediction is too high (or, negative, too low)."""
        return self.predicted.scans_per_second / self.measured - 1


@dataclass(frozen=True)
class Scale:
    """All of it."""

    machine: str
    cores: int
    model: str
    synthetic: bool
    """Whether the scans were generated."""
    kinds: tuple[Kind, ...]
    disk: float | None
    """Bytes per second, read past the cache."""
    schedulers: tuple[Scheduler, ...]
    checks: tuple[Check, ...]

    @property
    def held(self) -> bool:
        """Whether each prediction is near what was measured."""
        return all(abs(check.off) <= WITHIN for check in self.checks)


def in_words(found: Scale) -> str:
    """The report, in Markdown."""
    scans = "generated scans" if found.synthetic else "the scans that were named"
    parts = [
        "# What many scans cost on many cores",
        NOTICE,
        f"Model {found.model}, {scans}, {found.cores} cores of {found.machine}.",
        "## Measured here",
        _table(
            ("kind of file", "files", "kB", "CPU, ms a file", "files/s of a core"),
            [
                (k.name, k.files, f"{k.bytes / 1e3:.0f}", f"{k.cpu_seconds * 1e3:.2f}",
                 f"{1 / k.cpu_seconds:.0f}")
                for k in found.kinds
            ],
        ),
        _table(
            ("handed out by", "scheduler, ms a task", "and ms a scan", "worker, ms a task",
             "and ms a scan", "start, s"),
            [
                (s.name, *(f"{1e3 * one:.3f}" for cost in (s.coordinator, s.worker)
                           for one in (cost.task, cost.scan)), f"{s.start_seconds:.1f}")
                for s in found.schedulers
            ],
        ),
        _disk(found),
        "## Is the model right here?",
        "Real workers classify, the best of three turns; simulated ones sleep as long as a scan "
        "takes, so there can be more of them than cores.",
        _table(
            ("handed out by", "scans a task", "workers", "measured, scans/s", "predicted",
             "off by", "limit"),
            [
                (c.scheduler, c.scans_a_task, _workers(c),
                 f"{c.measured:.0f}", f"{c.predicted.scans_per_second:.0f}", f"{c.off:+.0%}",
                 _LIMITS[c.predicted.limit])
                for c in found.checks
            ],
        ),
        _verdict(found),
    ]  # fmt: skip
    for scheduler in found.schedulers:
        if not scheduler.in_one:
            parts += _extrapolated(found, scheduler)
    return "\n\n".join(parts) + "\n"


def _extrapolated(found: Scale, scheduler: Scheduler) -> list[str]:
    seconds, size = mean_cpu(found.kinds), mean_bytes(found.kinds)
    rows = []
    for cores in CORES:
        rate = predict(scheduler, cores, seconds)
        rows.append(
            (cores, f"{rate.scans_per_second:.0f}",
             *(_time(hours(scheduler, rate, files)) for files in SIZES),
             f"{rate.scans_per_second * size / 1e6:.0f}", _LIMITS[rate.limit])
        )  # fmt: skip
    alone = predict(Scheduler("", scheduler.coordinator, scheduler.worker), 1, seconds)
    return [
        f"## Extrapolated: {scheduler.name}, {scheduler.scans_a_task} scans a task",
        "Nothing here was measured with so many cores. It is the model above, with cores like "
        "these, a network and a store that keep up, and a scheduler that is no slower for knowing "
        "more workers.",
        _table(
            ("cores", "scans/s", *(f"{n:,} files" for n in SIZES), "to be read, MB/s", "limit"),
            rows,
        ),
        f"The scheduler, not the workers, is the limit from {most_workers(scheduler, seconds):.0f} "
        f"cores on; with one scan a task it would be from "
        f"{most_workers(_alone(scheduler), seconds):.0f} on ({alone.scans_per_second:.0f} scans/s "
        "of one core). Beyond that, more cores bring nothing: run several commands, each with its "
        "own part of the scans (`--shard`) and its own scheduler.",
        *_caution(found, scheduler, most_workers(scheduler, seconds)),
    ]


def _caution(found: Scale, scheduler: Scheduler, most: float) -> list[str]:
    """How near the prediction was where the scheduler was the limit here."""
    shares = [
        check.measured / check.predicted.scans_per_second
        for check in found.checks
        if check.scheduler == scheduler.name and check.predicted.limit == "coordinator"
    ]
    if not shares:
        return []
    share = median(shares)
    return [
        f"Where the scheduler was the limit in this run, it did {share:.0%} of what the model "
        f"says. If that holds there too, the limit is at {most * min(share, 1.0):.0f} cores."
    ]


def _alone(scheduler: Scheduler) -> Scheduler:
    return Scheduler(scheduler.name, scheduler.coordinator, scheduler.worker)


def _disk(found: Scale) -> str:
    needed = mean_bytes(found.kinds) / mean_cpu(found.kinds) / 1e6
    text = f"One core reads {needed:.0f} MB/s of these files when nothing else holds it up."
    if found.disk is None:
        return f"{text} How fast this machine's disk is cannot be told on this system."
    enough = found.disk / 1e6 / needed
    return (
        f"{text} This machine's disk gave {found.disk / 1e6:.0f} MB/s past the cache, enough for "
        f"{enough:.1f} cores. The runs here read from the cache."
    )


def _verdict(found: Scale) -> str:
    worst = max(found.checks, key=lambda check: abs(check.off))
    if found.held:
        return f"All predictions are within {WITHIN:.0%}; the worst is off by {worst.off:+.0%}."
    number = sum(abs(check.off) > WITHIN for check in found.checks)
    return (
        f"{number} of {len(found.checks)} predictions are off by more than {WITHIN:.0%}, the worst "
        f"by {worst.off:+.0%}: do not trust the extrapolation further than that."
    )


def _workers(check: Check) -> str:
    return f"{check.workers} {'simulated' if check.simulated else 'real'}"


def _time(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.1f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def _table(head: tuple, rows: list[tuple]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
