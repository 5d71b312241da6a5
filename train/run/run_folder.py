"""The run folder: what `python -m train` leaves and `export` and `benchmarks` read.

`model.keras`, `manifest.json`, `split.json`, `history.csv`, `report.json`, `report.md` and plots. A
run is written to a hidden folder beside its place and renamed when it is whole, so that a folder
with a run's name always holds a finished run. What an unfinished one has reached is in the hidden
folder's `resume/`.
"""

import glob
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.model_file import bounded_json
from edge.model_file.dataclass_json import from_json, to_json
from edge.model_file.manifest import Decision, InputSpec, RejectGate, TypeSpec, check_labels
from edge.model_file.provenance import LaterGate, Training
from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.lock import LOCK, is_locked, locked

RUN_VERSION = "1.1"
"""major.minor of manifest.json; another major version is refused."""

RUNS = Path("runs")
MODEL, MANIFEST, SPLIT = "model.keras", "manifest.json", "split.json"
TYPES = "types.npz"
GATE = "gate.npz"
UNSEEN = "unseen-sources.csv"
KEPT = "resume"
HISTORY, REPORT_JSON, REPORT_MD = "history.csv", "report.json", "report.md"


@dataclass(frozen=True)
class PrunedFrom:
    """The run that a pruned one was."""

    run: str
    """Its name."""
    model_sha256: str
    """Of its model file."""
    to: float
    """Share of its multiply-adds that was to stay."""


@dataclass(frozen=True)
class RunManifest:
    """manifest.json of a run."""

    architecture: str
    """A key of `train.networks.registry.ARCHITECTURES`."""
    labels: tuple[str, ...]
    """In output order; (negative, positive) for a sigmoid."""
    positive: str
    input: InputSpec
    decision: Decision
    training: Training
    options: dict
    """Every option of the command, as given or by default."""
    reject: RejectGate = field(default_factory=RejectGate)
    """With its learned part, where the architecture has one."""
    types: TypeSpec | None = None
    """None: the run tells no types of tumor."""
    types_sha256: str = ""
    """Of the head that tells them."""
    gate_sha256: str = ""
    """Of the head that the reject gate goes by, if it is a part of the network."""
    later_gate: LaterGate | None = None
    """None: the reject gate, if there is one, was fitted with the network."""
    run_version: str = RUN_VERSION
    pruned_from: PrunedFrom | None = None
    """None: it was trained, not pruned."""

    def __post_init__(self):
        check_labels(self.labels, self.positive, self.decision)


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
    """`wanted`, or the first of `wanted-2`, `wanted-3`, ... with neither a run nor half of one.

    Half a run is one that was interrupted, and one that another process is at.
    """
    path, number = wanted, 1
    while path.exists() or is_interrupted(path) or is_locked(_partial(path)):
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def interrupted_name(wanted: Path) -> Path:
    """The interrupted run that was named after `wanted` last, and that no process is at.

    Raises:
        TrainError: there is none.
    """
    same = re.compile(rf"\.{re.escape(wanted.name)}(-\d+)?\.partial")
    pattern = f".{glob.escape(wanted.name)}*.partial"
    folders = wanted.parent.glob(pattern) if wanted.parent.is_dir() else []
    names = [
        wanted.with_name(folder.name[1 : -len(".partial")])
        for folder in folders
        if same.fullmatch(folder.name)
    ]
    names = [name for name in names if is_interrupted(name) and not is_locked(_partial(name))]
    if not names:
        raise TrainError(
            f"{wanted}: no interrupted run to resume; give the --out that it had, or leave "
            "--resume out"
        )
    return max(names, key=lambda name: _partial(name).stat().st_mtime_ns)


def is_interrupted(folder: Path) -> bool:
    """Whether a run of this name was interrupted and can be resumed."""
    return any((_partial(folder) / KEPT).glob("*.npz"))


def kept_folder(folder: Path) -> Path:
    """Where what an unfinished run has reached is kept."""
    return _partial(folder) / KEPT


@contextmanager
def writing(
    folder: Path, overwrite: bool, mark: str = MANIFEST, resume: bool = False
) -> Iterator[Path]:
    """A temporary folder that becomes `folder` if the block ends well.

    If it does not, the temporary folder vanishes, unless it holds states to resume from. No other
    process can write the same folder meanwhile.

    Args:
        mark: a file that tells that an existing folder is one of ours and may be overwritten.
        resume: go on in what an interrupted block left.

    Raises:
        TrainError: `folder` exists and is not to be overwritten, cannot be written, or is being
            written by another process.
    """
    temporary, kept = _partial(folder), kept_folder(folder)
    with _alone(folder):
        try:
            _check_replaceable(folder, overwrite, mark, resume)
            try:
                if not resume:
                    _clear(temporary)
                kept.mkdir(exist_ok=True)
            except OSError as error:
                raise TrainError(f"{folder}: cannot be written ({error.strerror})") from error
            yield temporary
            shutil.rmtree(kept)
            if folder.exists():
                shutil.rmtree(folder)
            # The lock goes last: without it another command would take the name for a free one.
            temporary.rename(folder)
            (folder / LOCK).unlink(missing_ok=True)
        except BaseException:
            # Hours of a fit are kept however it ended: even a `TrainError` may say to resume.
            if not is_interrupted(folder):
                shutil.rmtree(temporary, ignore_errors=True)
            raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a run to come.

    Raises:
        TrainError: another process holds it, or the place cannot be written.
    """
    with ExitStack() as stack:
        try:
            alone = stack.enter_context(locked(_partial(folder)))
        except OSError as error:
            raise TrainError(f"{folder}: cannot be written ({error.strerror})") from error
        if not alone:
            raise TrainError(
                f"{folder}: another process is at it; wait until that ends, or choose another --out"
            )
        yield


def _check_replaceable(folder: Path, overwrite: bool, mark: str, resume: bool) -> None:
    if folder.exists() and not overwrite:
        finished = "; it is finished: leave --resume out" if resume else ""
        raise TrainError(
            f"{folder}: exists already{finished}; choose another --out or add --overwrite"
        )
    if folder.exists() and not (folder / mark).is_file() and any(folder.iterdir()):
        raise TrainError(
            f"{folder}: is no run of ours (no {mark}), so it is not overwritten; "
            "choose another --out"
        )
    interrupted = is_interrupted(folder)
    if resume and not interrupted:
        raise TrainError(f"{folder}: no interrupted run to resume; leave --resume out")
    if interrupted and not (resume or overwrite):
        raise TrainError(
            f"{folder}: was interrupted; add --resume to go on, or --overwrite to train anew"
        )


def _clear(temporary: Path) -> None:
    """Empty the folder of an unfinished run, but for the lock that is held on it."""
    for path in temporary.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _partial(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.partial")


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
        data = bounded_json.read(folder / MANIFEST)
        major = int(str(data["run_version"]).split(".")[0])
        if major != int(RUN_VERSION.split(".")[0]):
            raise TrainError(
                f"{folder}: has run version {data['run_version']}, this mri-edge reads "
                f"{RUN_VERSION}; use the mri-edge that made it, or train again"
            )
        manifest = from_json(RunManifest, data)
        rows = bounded_json.read(folder / SPLIT, bounded_json.SPLIT)
        split = tuple(from_json(SplitScan, row, f"{SPLIT}[{i}]") for i, row in enumerate(rows))
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else f"{error!s:.300}"
        raise TrainError(f"{folder}: is damaged ({what}); train again") from error
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
