"""`python -m benchmarks peers`, from its options to its report."""

import argparse

from benchmarks.errors import BenchmarkError
from benchmarks.peers.environment import can_make
from benchmarks.peers.measure import SCANS_FILE, Plan, measure, write
from benchmarks.peers.report import Peers
from benchmarks.peers.sources import find_sources
from benchmarks.peers.systems import chosen
from benchmarks.progress import Progress
from benchmarks.report.output import check_writable
from edge.console.signals import stopped_status
from export.package.write_container import no_empty_folder
from train.data.class_folders import check_all_found, find_classes
from train.run.run_folder import read_run


def compare(args: argparse.Namespace) -> int:
    """Run it and return the exit status.

    Raises:
        BenchmarkError: no environments can be made, or nothing is to be compared.
        TrainError: folders or runs cannot be read.
    """
    with no_empty_folder(args.out):
        return _compare(args)


def _compare(args: argparse.Namespace) -> int:
    if not can_make():
        raise BenchmarkError("this Python makes no virtual environments (it lacks venv or pip)")
    for folder in (*args.seen, *filter(None, (args.not_brain, args.wheels))):
        if not folder.is_dir():
            raise BenchmarkError(f"{folder}: no such folder")
    fitted = frozenset(
        scan.sha256 for run in args.run for scan in read_run(run).split if scan.part != "test"
    )
    systems = chosen(args.peers, args.models, args.run)
    named = args.positive, args.negative, args.leave_out
    check_all_found([find_classes(folder, *named) for folder in args.data], *named[:2])
    sources = find_sources(
        *(args.data, *named),
        *(args.per_source, args.seed, args.patient_id, fitted),
    )
    check_writable(args.out)
    plan = Plan(
        sources,
        args.seen,
        args.not_brain,
        args.out,
        args.environments or args.out / "environments",
        args.wheels,
        args.per_source,
        args.seed,
        args.repeats,
    )
    progress = Progress()
    try:
        found = measure(systems, plan, progress)
    except KeyboardInterrupt:
        kept = plan.out / SCANS_FILE
        if not kept.is_file():
            raise
        progress.note(f"benchmarks: interrupted; what was said so far is in {kept}")
        return stopped_status()
    print(write(found, args.out), end="")
    return int(not _all_answered(found))


def _all_answered(found: Peers) -> bool:
    """Whether each was installed and judged at least one scan."""
    judged = {
        name
        for source in (*found.unknown, *found.known)
        for name, result in source.results.items()
        if result.with_tumor.n + result.without.n > result.with_tumor.failed + result.without.failed
    }
    return len(judged) == len(found.systems)
