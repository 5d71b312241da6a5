"""The command `python -m benchmarks`."""

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.arguments import COMMANDS, parser
from benchmarks.benchmark_options import Options
from benchmarks.errors import BenchmarkError
from benchmarks.timing.single_stream import MIN_QUERIES, P99_QUERIES
from edge.console import command_frame
from edge.console.messages import say
from edge.console.shadowed_packages import command_of
from edge.console.signals import stop_cleanly, stopped_status, was_stopped
from edge.console.suggestions import slip_of
from export.errors import ExportError
from export.package.write_container import no_empty_folder
from train.errors import TrainError

_QUICK = {"min_seconds": 0.0, "cold_starts": 2, "throughput_seconds": 0.0, "peaks": False}


def main(argv: list[str] | None = None) -> int:
    """Run `python -m benchmarks` and return its exit status."""
    argv = sys.argv[1:] if argv is None else argv
    return command_frame.run(
        "benchmarks",
        lambda closed: _command(argv, closed),
        errors=(BenchmarkError, TrainError, ExportError),
        extra="train",  # a device needs none; Keras, the charts and `transfer` are of this one
        interrupted=lambda: "interrupted before anything was measured",
    )


def _command(argv: list[str], closed: frozenset[int]) -> int:
    prog = command_of("benchmarks")
    if argv and argv[0] in COMMANDS:
        make, _ = COMMANDS[argv[0]]
        args = make(prog).parse_args(argv[1:])
        command_frame.need_output(closed)
        stop_cleanly()
        return _RUN[argv[0]](args)
    if meant := slip_of(argv, COMMANDS):
        raise BenchmarkError(f"{argv[0]}: no such model file or command; did you mean {meant}?")
    args = parser(prog).parse_args(argv)
    stop_cleanly()
    return _benchmark(args, shlex.join([*prog.split(), *argv]))


def _benchmark(args: argparse.Namespace, command: str) -> int:
    with no_empty_folder(args.out):
        return _benchmark_into(args, command)


def _benchmark_into(args: argparse.Namespace, command: str) -> int:
    from benchmarks.hardware.machine import this_machine
    from benchmarks.limits import baseline, pass_or_fail
    from benchmarks.progress import Progress
    from benchmarks.report.output import check_writable, show, write
    from benchmarks.results.benchmark_report import read_report
    from benchmarks.session import Session
    from benchmarks.systems.model_files import find_models

    models = find_models(args.models, Path("dist"), say)
    check_writable(args.out)
    earlier = args.baseline and read_report(args.baseline)
    if earlier:
        baseline.same_kind(earlier, this_machine(), str(args.baseline))
    data = args.data and (args.data, args.positive, args.negative, args.leave_out)
    session = Session(
        _options(args), command, Progress(), data, args.run, args.reference, bool(args.gate)
    )
    status = 0
    try:
        session.measure(models)
    except KeyboardInterrupt:
        status = stopped_status()
    except BenchmarkError:
        if not was_stopped():  # a process of its own heard of the signal first
            raise
        status = stopped_status()
    report = session.report()
    if status and not any(model.cold for group in report.groups for model in group.models):
        raise KeyboardInterrupt
    if any(session.comparable) and args.gate is not False:
        pairs = zip(report.groups, session.comparable, strict=True)
        findings = tuple(
            f for group, comparable in pairs for f in pass_or_fail.check(group, comparable)
        )
        report = replace(report, gate=findings)
    if earlier:
        found = baseline.compare(earlier, report.groups, str(args.baseline), args.max_regression)
        report = replace(report, baseline=found)
    try:
        write(report, args.out)  # first: a reader of the output may leave
    finally:
        show(report)
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


def _merge(args: argparse.Namespace) -> int:
    from benchmarks.report.merge import merged
    from benchmarks.results.benchmark_report import read_report

    print(
        merged([read_report(path) for path in args.reports], [str(path) for path in args.reports])
    )
    return 0


def _scans(paths: list[str]) -> list[str]:
    from edge.app.inputs import expand

    found = [one.path for one in expand(paths, lambda message: None) if not one.problem]
    if not found:
        raise BenchmarkError(f"{', '.join(paths)}: no scans there; name files or folders of them")
    return found


def _throughput(args: argparse.Namespace) -> int:
    import json

    from benchmarks.timing.throughput import WANTED, default_jobs, in_words, measure
    from edge.inference.threads import cores
    from edge.model_file.dataclass_json import to_json

    files = _scans(args.paths)
    jobs = args.jobs or default_jobs()
    found = measure(args.model, args.engine, files, jobs, args.threads, args.repeats, args.seconds)
    if args.json:
        print(json.dumps(to_json(found)))
        return 0
    print(in_words(found))
    two = [r for r in found.rates if (r.jobs, r.threads) == (2, args.threads[0])]
    return 1 if two and cores() > 1 and two[0].scaling.value < WANTED * 2 else 0


def _transfer(args: argparse.Namespace) -> int:
    from benchmarks.transfer_learning import compare

    command_frame.need(("keras",))
    text, held = compare(args.model, args.scans)
    print(text)
    return 0 if held else 1


def _scale(args: argparse.Namespace) -> int:
    from benchmarks.progress import Progress
    from benchmarks.scale.measure import measure, write
    from benchmarks.scale.report import in_words

    files = _scans(args.paths) if args.paths else []
    found = measure(args.model, args.engine, files, args.scans_per_task, args.seconds, Progress())
    text = in_words(found)
    if args.out:
        write(found, text, args.out)
    print(text, end="")
    return 0 if found.held else 1


def _builds(args: argparse.Namespace) -> int:
    from benchmarks.builds.command import compare

    return compare(args)


def _peers(args: argparse.Namespace) -> int:
    from benchmarks.peers.command import compare

    return compare(args)


def _readme(args: argparse.Namespace) -> int:
    from benchmarks.report import readme

    root = Path(__file__).parents[1]
    if not (root / readme.DOCUMENTS[0]).is_file():
        raise BenchmarkError(f"{root}: has no README.md; this command is for the source tree")
    if args.write:
        for name in readme.write(root, args.report):
            print(f"written: {name}")
        return 0
    found = readme.stale(root, args.report)
    print("\n".join(f"stale: {name}" for name in found) or "all as the report says")
    if found:
        print("write them anew: python -m benchmarks readme --write")
    return int(bool(found))


def _schema(args: argparse.Namespace) -> int:
    from benchmarks.results.json_schema import text

    print(text(), end="")
    return 0


_RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "merge": _merge,
    "throughput": _throughput,
    "transfer": _transfer,
    "scale": _scale,
    "builds": _builds,
    "peers": _peers,
    "readme": _readme,
    "schema": _schema,
}
