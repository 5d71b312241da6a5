"""The run folder: what `python -m train` leaves and `export` and `benchmarks` read.

`model.keras`, `manifest.json`, `split.json`, `history.csv`, `report.json`, `report.md` and plots. A
run is written to a hidden folder beside its place and renamed when it is whole, so that a folder
with a run's name always holds a finished run.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.manifest import Decision, InputSpec
from edge.provenance import Training
from edge.schema import from_json, to_json
from train.data import SplitScan
from train.errors import TrainError

RUN_VERSION = "1.0"
"""major.minor of manifest.json; another major version is refused."""

RUNS = Path("runs")
MODEL, MANIFEST, SPLIT = "model.keras", "manifest.json", "split.json"
HISTORY, REPORT_JSON, REPORT_MD = "history.csv", "report.json", "report.md"


@dataclass(frozen=True)
class RunManifest:
    """manifest.json of a run."""

    architecture: str
    """A key of `train.models.ARCHITECTURES`."""
    labels: tuple[str, ...]
    """In output order; (negative, positive) for a sigmoid."""
    positive: str
    input: InputSpec
    decision: Decision
    training: Training
    options: dict
    """Every option of the command, as given or by default."""
    run_version: str = RUN_VERSION


@dataclass(frozen=True)
class Run:
    """A finished run, read back."""

    folder: Path
    manifest: RunManifest
    split: tuple[SplitScan, ...]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def model_file(self) -> Path:
        """The Keras model."""
        return self.folder / MODEL


def free_name(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted-2`, `wanted-3`, ... that does not exist."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


@contextmanager
def writing(folder: Path, overwrite: bool, mark: str = MANIFEST) -> Iterator[Path]:
    """A temporary folder that becomes `folder` if the block ends well, and vanishes if it does not.

    Args:
        mark: a file that tells that an existing folder is one of ours and may be overwritten.

    Raises:
        TrainError: `folder` exists and is not to be overwritten, or cannot be written.
    """
    if folder.exists() and not overwrite:
        raise TrainError(f"{folder}: exists already; choose another --out or add --overwrite")
    if folder.exists() and not (folder / mark).is_file() and any(folder.iterdir()):
        raise TrainError(
            f"{folder}: is no run of ours (no {mark}), so it is not overwritten; "
            "choose another --out"
        )
    temporary = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    except OSError as error:
        raise TrainError(f"{folder}: cannot be written ({error.strerror})") from error
    try:
        yield temporary
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, data: object) -> None:
    """Dataclasses, dicts and lists as indented JSON."""
    path.write_text(json.dumps(to_json(data), indent=1) + "\n")


def read_run(folder: Path) -> Run:
    """Read a finished run.

    Raises:
        TrainError: no run there, an unfinished or damaged one, or one of a newer version.
    """
    if not (folder / MANIFEST).is_file():
        hint = " (an unfinished one)" if folder.name.endswith(".partial") else ""
        raise TrainError(f"{folder}: is no finished run{hint}; `python -m train` makes them")
    try:
        data = json.loads((folder / MANIFEST).read_text())
        major = int(str(data["run_version"]).split(".")[0])
        if major != int(RUN_VERSION.split(".")[0]):
            raise TrainError(
                f"{folder}: has run version {data['run_version']}, this mri-edge reads "
                f"{RUN_VERSION}; use the mri-edge that made it, or train again"
            )
        manifest = from_json(RunManifest, data)
        rows = json.loads((folder / SPLIT).read_text())
        split = tuple(from_json(SplitScan, row, f"{SPLIT}[{i}]") for i, row in enumerate(rows))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainError(f"{folder}: is damaged ({error}); train again") from error
    if not (folder / MODEL).is_file():
        raise TrainError(f"{folder}: has no {MODEL}; train again")
    return Run(folder, manifest, split)


def newest_run(parent: Path = RUNS) -> Path:
    """The run folder that was finished last.

    Raises:
        TrainError: there is none.
    """
    runs = [path.parent for path in parent.glob(f"*/{MANIFEST}") if path.parent.name[0] != "."]
    if not runs:
        raise TrainError(f"no run in {parent}/; `python -m train` makes one, or name its folder")
    return max(runs, key=lambda run: (run / MANIFEST).stat().st_mtime_ns)


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
