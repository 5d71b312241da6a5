"""Scans per second by jobs and threads: `python -m benchmarks throughput MODEL FOLDER`.

All combinations are interleaved, so that whatever else the machine does strikes each; the median of
the turns' quotients to one job with one thread is the scaling. Workers are processes, as in
`edge-classify`, where the engine has one thread; the time to start them counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.errors import BenchmarkError
from benchmarks.timing.own_process import python, run
from benchmarks.timing.single_stream import Ratio, paired_ratio
from edge import Classifier, classify_many
from edge.console.streams import silenced
from edge.inference.threads import cores
from edge.model_file import bounded_json
from edge.model_file.dataclass_json import from_json

WANTED = 0.85
"""Share of the ideal scaling that the project promises."""
_COMMAND = "from benchmarks.cli import main; raise SystemExit(main())"
_NEARLY = 0.95
"""Of the best rate: reached there, more brings nothing."""
_FEWEST = 16


@dataclass(frozen=True)
class Rate:
    """One combination."""

    jobs: int
    threads: int
    """Of each job's engine."""
    scans_per_second: float
    """Median over the repeats."""
    scaling: Ratio
    """To the first combination: one job."""


@dataclass(frozen=True)
class Throughput:
    """A folder of scans, combinations interleaved."""

    scans: int
    """Classified in each turn; a scan may be among them several times."""
    rates: tuple[Rate, ...]

    @property
    def saturation(self) -> Rate:
        """The least jobs and threads that reach nearly the best rate."""
        best = max(rate.scans_per_second for rate in self.rates)
        enough = [r for r in self.rates if r.scans_per_second >= _NEARLY * best]
        return min(enough, key=lambda rate: (rate.jobs * rate.threads, rate.threads))


def combinations(jobs: Sequence[int], threads: Sequence[int]) -> list[tuple[int, int]]:
    """(jobs, threads): one job of the first number of threads first; several jobs have up to as
    many threads together as twice the cores."""
    found = [(j, t) for t in threads for j in jobs if j == 1 or j * t <= 2 * cores()]
    return list(dict.fromkeys([(1, threads[0]), *found]))


def default_jobs() -> list[int]:
    """1, 2, 4 ... up to twice the cores: beyond what can help, to show where it ends."""
    return [2**i for i in range(16) if 2**i <= max(2, 2 * cores())]


def measure(
    model: str,
    engine: str,
    files: Sequence[str],
    jobs: Sequence[int],
    threads: Sequence[int],
    repeats: int,
    seconds: float,
) -> Throughput:
    """Classify enough files for `seconds`, with every combination, `repeats` times in turn.

    Raises:
        EdgeError: the model cannot be loaded.
        BenchmarkError: a file cannot be classified.
    """
    with silenced():
        classifiers = {t: Classifier(model, engine=engine, threads=t) for t in threads}
    pairs = combinations(jobs, threads)
    files = list(islice(cycle(files), max(_FEWEST, len(files))))
    rate = _rate(classifiers[pairs[0][1]], files[:_FEWEST], 1)  # fills the file cache, too
    wanted = max(_FEWEST, int(rate * seconds))
    files = list(islice(cycle(files), wanted))
    turns = [[_rate(classifiers[t], files, j) for j, t in pairs] for _ in range(repeats)]
    found = list(zip(*turns, strict=True))
    return Throughput(
        scans=len(files),
        rates=tuple(
            Rate(j, t, median(rates), paired_ratio(rates, found[0]))
            for (j, t), rates in zip(pairs, found, strict=True)
        ),
    )


def measure_apart(
    model: str, engine: str, files: Sequence[Path], threads: Sequence[int], seconds: float
) -> Throughput:
    """`measure` in a process of its own: this one's threads must not be forked.

    Raises:
        BenchmarkError: the process fails.
    """
    command = python(_COMMAND, "throughput", model, "-", "--engine", engine)
    command += ["--json", "--repeats", "3", "--seconds", str(seconds), "--threads"]
    text = run([*command, *map(str, threads)], input="".join(f"{file}\n" for file in files))
    return from_json(Throughput, bounded_json.loads(text))


def in_words(found: Throughput) -> str:
    """The rates, a line each, and where they end to grow."""
    lines = [
        f"{rate.jobs} jobs of {rate.threads} threads: {rate.scans_per_second:.1f} scans/s, "
        f"{rate.scaling} times one job"
        for rate in found.rates
    ]
    end = found.saturation
    lines.append(
        f"{found.scans} scans a turn; saturates at {end.jobs} jobs of {end.threads} threads"
    )
    return "\n".join(lines)


def _rate(classifier: Classifier, files: list[str], jobs: int) -> float:
    start = perf_counter()
    outcomes = list(classify_many(classifier, files, jobs=jobs, processes=True))
    seconds = perf_counter() - start
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        raise BenchmarkError(f"{len(errors)} of {len(files)} scans failed: {errors[0]}")
    return len(files) / seconds
