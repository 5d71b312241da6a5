"""The command `python -m benchmarks`."""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.options import Options
from benchmarks.timing.single_stream import MIN_QUERIES, P99_QUERIES
from edge import NOTICE, EdgeError, __version__
from edge.console.options import count, number
from edge.console.signals import stop_cleanly, was_stopped
from edge.inference.engines import ENGINES
from export.errors import ExportError
from train.errors import TrainError

_QUICK = {"min_seconds": 0.0, "cold_starts": 2, "throughput_seconds": 0.0, "peaks": False}


def parser() -> argparse.ArgumentParser:
    """The command line, with defaults and units."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure exported models: accuracy, latency, memory and start-up, in turns "
        "with the Keras model they came from where it is at hand. " + NOTICE,
        epilog="`python -m benchmarks merge A.json B.json` joins reports of several machines into "
        "one table. Exit status: 0 all in line; 1 a model failed its self-test, a limit of the "
        "gate or --max-regression (the rest is still measured); 2 wrong usage, no usable model or "
        "data, or a baseline with nothing in common; 130 interrupted (what was measured is "
        "reported as partial).",
        allow_abbrev=False,
    )
    default = Options()
    add = result.add_argument
    add("models", nargs="*", metavar="MODEL", help="files to measure (default: all in dist/)")
    add("--data", type=Path, metavar="DIR", help="labelled scans (default: the run's test part)")
    add("--positive", nargs="+", default=[], metavar="NAME", help="subfolders of --data with tumor")
    add("--negative", nargs="+", default=[], metavar="NAME", help="subfolders without (the others)")
    add(
        "--run",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="of the Keras models (default: as the models say)",
    )
    add(
        "--reference",
        type=Path,
        metavar="FILE",
        help="Keras' outputs, for where Keras is not (default: the one beside the model)",
    )
    add("--out", type=Path, default=Path("reports"), metavar="DIR", help="(default: reports)")
    add("--engine", choices=("all", *ENGINES), default="all", help="(default: all installed)")
    add(
        "--threads",
        type=count(1),
        nargs="+",
        default=list(default.threads),
        metavar="N",
        help="of the engine, swept; whole calls and processes have the first (default: 1)",
    )
    add(
        "--min-seconds",
        type=number(0, 3600),
        metavar="S",
        help="shortest time for each latency; at least 64 calls are timed "
        f"(default: {default.min_seconds:g})",
    )
    add("--p99", action="store_true", help=f"time at least {P99_QUERIES} calls, for every p99")
    add("--quick", action="store_true", help="64 calls each, no throughput, no floors")
    add(
        "--gate",
        action=argparse.BooleanOptionalAction,
        help="exit status 1 if decisions, sensitivity or the latency ratio are out of line with "
        "Keras, or were compared over no labelled scan (default: on where Keras or a reference "
        "file is)",
    )
    add("--baseline", type=Path, metavar="FILE", help="an earlier report.json to compare with")
    add(
        "--max-regression",
        type=_percent,
        default=0.05,
        metavar="P%",
        help="slower than --baseline by more fails (default: 5%%)",
    )
    add("--version", action="version", version=f"mri-edge {__version__}. {NOTICE}")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks` and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    stop_cleanly()
    try:
        if argv[:1] == ["merge"]:
            return _merge(argv[1:])
        return _benchmark(parser().parse_args(argv), argv)
    except (BenchmarkError, TrainError, ExportError, EdgeError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("benchmarks: interrupted before anything was measured", file=sys.stderr)
        return 130


def _benchmark(args: argparse.Namespace, argv: list[str]) -> int:
    from benchmarks.contestants.model_files import find_models
    from benchmarks.hardware.machine import this_machine
    from benchmarks.limits import baseline, gate
    from benchmarks.progress import Progress
    from benchmarks.report.output import check_writable, show, write
    from benchmarks.results.report import read_report
    from benchmarks.session import Session

    models = find_models(args.models, Path("dist"))
    check_writable(args.out)
    earlier = args.baseline and read_report(args.baseline)
    if earlier:
        baseline.same_kind(earlier, this_machine(), str(args.baseline))
    if (args.positive or args.negative) and not args.data:
        raise BenchmarkError("--positive and --negative belong to --data")
    data = args.data and (args.data, args.positive, args.negative)
    command = shlex.join(["python", "-m", "benchmarks", *argv])
    session = Session(
        _options(args), command, Progress(), data, args.run, args.reference, bool(args.gate)
    )
    status = 0
    try:
        session.measure(models)
    except KeyboardInterrupt:
        status = 130
    except BenchmarkError:
        if not was_stopped():  # a process of its own heard of the signal first
            raise
        status = 130
    report = session.report()
    if status and not any(model.cold for group in report.groups for model in group.models):
        raise KeyboardInterrupt
    if any(session.comparable) and args.gate is not False:
        pairs = zip(report.groups, session.comparable, strict=True)
        findings = tuple(f for group, comparable in pairs for f in gate.check(group, comparable))
        report = replace(report, gate=findings)
    if earlier:
        found = baseline.compare(earlier, report.groups, str(args.baseline), args.max_regression)
        report = replace(report, baseline=found)
    show(report)
    write(report, args.out)
    if report.baseline and not report.baseline.changes and not status:
        raise BenchmarkError(
            f"{args.baseline}: has no latency in common with this run, so nothing was compared "
            f"(the report is in {args.out}); give the report of the same files and engines"
        )
    failed = bool(report.failed)
    failed |= any(not finding.passed for finding in report.gate or ())
    failed |= bool(report.baseline and report.baseline.regressions)
    return status or int(failed)


def _options(args: argparse.Namespace) -> Options:
    options = Options(
        engine=args.engine,
        threads=tuple(dict.fromkeys(args.threads)),
        min_queries=P99_QUERIES if args.p99 else MIN_QUERIES,
    )
    if args.quick:
        options = replace(options, **_QUICK)
    if args.min_seconds is not None:
        options = replace(options, min_seconds=args.min_seconds)
    return options


def _merge(argv: list[str]) -> int:
    merger = argparse.ArgumentParser(
        prog="python -m benchmarks merge",
        description="Join reports of several machines into one table, one column a machine, as "
        f"Markdown on standard output. {NOTICE}",
        allow_abbrev=False,
    )
    merger.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help="report.json files")
    from benchmarks.report.merge import merged
    from benchmarks.results.report import read_report

    paths = merger.parse_args(argv).reports
    print(merged([read_report(path) for path in paths], [str(path) for path in paths]))
    return 0


def _percent(text: str) -> float:
    return number(0, 1000)(text.removesuffix("%")) / 100
