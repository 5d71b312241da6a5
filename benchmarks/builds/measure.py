"""Builds that take turns on the same scans, each in processes of its own."""

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results.benchmark_report import STAGES
from edge.model_file import bounded_json

TURNS = 3
_COLUMNS = ("call", *STAGES, "bare decode", "bare resize", "bare inference")
_SCRIPT = Path(__file__).with_name("one_build.py")
_COMMIT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")


@dataclass(frozen=True)
class Build:
    """Code that classifies, and the Python that runs it."""

    name: str
    python: str = sys.executable
    tree: Path | None = None
    """Its source tree, run with this Python's libraries; None: what is installed there."""
    model: Path | None = None
    """None: the one that is bundled with it."""


@dataclass(frozen=True)
class Timed:
    """A build's sums over the scans, in milliseconds: of each the least time counts."""

    name: str
    scans: int
    ms: dict[str, float]
    """By `_COLUMNS`."""

    @property
    def bare(self) -> float:
        """The bare chain, which took turns with the build in the same process."""
        return sum(self.ms[name] for name in _COLUMNS if name.startswith("bare"))

    @property
    def rest(self) -> float:
        """Of the call: what belongs to no stage."""
        return self.ms["call"] - sum(self.ms[name] for name in STAGES)


def find_build(text: str, folder: Path, root: Path) -> Build:
    """A build by the Python of an environment, or by a commit, which is checked out into `folder`.

    Args:
        root: the source tree whose history has the commit.

    Raises:
        BenchmarkError: it is neither.
    """
    if os.access(text, os.X_OK) and Path(text).is_file():
        return Build(text, text)
    if not _COMMIT.fullmatch(text):
        raise BenchmarkError(f"{text}: is neither a commit nor the Python of an environment")
    archive = subprocess.run(
        ["git", "-C", str(root), "archive", text, "edge"], capture_output=True, check=False
    )
    if archive.returncode:
        raise BenchmarkError(
            f"{text}: is neither a commit of {root} nor the Python of an environment"
        )
    tree = folder / text.replace("/", "-")
    tree.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as found:
        found.extractall(tree, filter="data")
    return Build(text, tree=tree)


def measure(
    builds: Sequence[Build], files: Sequence[Path], passes: int, progress: Progress
) -> list[Timed]:
    """All builds on all files, `TURNS` turns each of so many passes.

    Raises:
        BenchmarkError: a build cannot be run, or no scan is read by all of them.
    """
    best: dict[str, dict[str, list[float]]] = {one.name: {} for one in builds}
    for turn in range(TURNS):
        for one in builds:
            progress.start(f"{one.name}, turn {turn + 1} of {TURNS}")
            for file, times in _turn(one, files, passes).items():
                known = best[one.name].get(file, times)
                best[one.name][file] = [min(both) for both in zip(times, known, strict=True)]
    common = set.intersection(*(set(found) for found in best.values()))
    if not common:
        raise BenchmarkError("no scan is read by all builds; name others")
    return [
        Timed(
            name,
            len(common),
            dict(
                zip(_COLUMNS, map(sum, zip(*(found[f] for f in common), strict=True)), strict=True)
            ),
        )
        for name, found in best.items()
    ]


def _turn(one: Build, files: Sequence[Path], passes: int) -> dict[str, list[float]]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    if one.tree:
        inherited["PYTHONPATH"] = str(one.tree.resolve())
    model = [str(one.model.resolve())] if one.model else []
    done = subprocess.run(
        [one.python, "-P", str(_SCRIPT), str(passes), *model],
        input="\n".join(str(file.resolve()) for file in files),
        env={**inherited, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise BenchmarkError(f"{one.name}: cannot be measured: {said[-1][:300]}")
    return bounded_json.loads(done.stdout.splitlines()[-1])
