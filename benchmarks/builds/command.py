"""`python -m benchmarks builds`, from its options to its report."""

import argparse
import tempfile
from pathlib import Path

from benchmarks.builds.measure import Build, find_build, measure
from benchmarks.builds.report import draw, table
from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.report.output import check_writable, markdown_table
from edge.scan.file_format import SUFFIXES

_ROOT = Path(__file__).parents[2]


def compare(args: argparse.Namespace) -> int:
    """Run it and return the exit status.

    Raises:
        BenchmarkError: a build or scans are not there.
    """
    sets = {folder.resolve().name: _files(folder)[:: args.every] for folder in args.scans}
    if len(sets) < len(args.scans):
        raise BenchmarkError("two folders of scans have the same name; give them one at a time")
    if args.out:
        check_writable(args.out)
    with tempfile.TemporaryDirectory() as folder:
        ours = Build("this build", tree=_ROOT, model=args.model)
        builds = [ours, *(find_build(one, Path(folder), _ROOT) for one in args.against)]
        for name, files in sets.items():
            found = measure(builds, files, args.passes, Progress())
            made = table(name, found)
            print(f"{made.title}\n\n" + "\n".join(markdown_table(made)) + f"\n\n{made.note}\n")
            if args.out:
                draw(name, found, args.out / f"builds-{name}.png")
    return 0


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise BenchmarkError(f"{folder}: no scans in it")
    return found
