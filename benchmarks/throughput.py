"""Scans per second with one job and with several: `python -m benchmarks.throughput MODEL FOLDER`.

The ideal speed-up of N jobs is N, or the number of cores if that is smaller. Runs with one job and
with N take turns, so that whatever else the machine does strikes both; the median of the pairs'
quotients counts. Workers are processes, as in `edge-classify`, and the time to start them counts.
Exit status 1 if the speed-up is below 0.85 of the ideal.
"""

import argparse
import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from edge import NOTICE, Classifier, EdgeError, classify_many
from edge.inputs import expand
from edge.quiet import silenced
from edge.tune import cores

WANTED = 0.85
"""Share of the ideal speed-up that the project promises."""


@dataclass(frozen=True)
class Throughput:
    """Scans per second, medians over the repeats."""

    scans: int
    jobs: int
    one: float
    many: float
    speed_up: float
    """Median of the pairs' quotients."""
    ideal: int

    @property
    def share(self) -> float:
        """Of the ideal speed-up, 0 to 1."""
        return self.speed_up / self.ideal


def measure(classifier: Classifier, files: list[str], jobs: int, repeats: int) -> Throughput:
    """Classify all files with one job and with `jobs`, `repeats` times in turn."""
    rates = []
    for _ in range(repeats + 1):
        rates.append((_rate(classifier, files, 1), _rate(classifier, files, jobs)))
    del rates[0]  # the first pair fills the file cache
    return Throughput(
        scans=len(files),
        jobs=jobs,
        one=median(one for one, _ in rates),
        many=median(many for _, many in rates),
        speed_up=median(many / one for one, many in rates),
        ideal=min(jobs, cores()),
    )


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks.throughput` and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=f"Measure scans per second with one job and with several. {NOTICE}",
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", help="exported .tflite or .onnx model")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="scans, or folders of them")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="(default: 2)")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="pairs (default: 7)")
    args = parser.parse_args(argv)
    try:
        with silenced():
            classifier = Classifier(args.model)
    except EdgeError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    files = [one.path for one in expand(args.paths, lambda message: None) if not one.problem]
    if not files or args.jobs < 1 or args.repeats < 1:
        print("benchmarks: no scans, or --jobs or --repeats below 1", file=sys.stderr)
        return 2
    found = measure(classifier, files, args.jobs, args.repeats)
    print(
        f"{found.scans} scans, {classifier.engine.name}: {found.one:.1f} scans/s with 1 job, "
        f"{found.many:.1f} with {found.jobs}: {found.speed_up:.2f} times, {found.share:.2f} of the "
        f"ideal {found.ideal}"
    )
    return 0 if found.share >= WANTED else 1


def _rate(classifier: Classifier, files: list[str], jobs: int) -> float:
    start = perf_counter()
    for _ in classify_many(classifier, files, jobs=jobs, processes=True):
        pass
    return len(files) / (perf_counter() - start)


if __name__ == "__main__":
    raise SystemExit(main())
