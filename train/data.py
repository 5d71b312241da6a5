"""Folders of scans: which files there are, what class they are of, and their pixels."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from edge.decode import decode
from edge.errors import ImageError
from edge.manifest import InputSpec
from edge.preprocess import preprocess, preprocess_part
from train.errors import TrainError
from train.walk import everything_below

if TYPE_CHECKING:  # `train.duplicates` imports this module
    from train.duplicates import Looks

DEFAULT_POSITIVE, DEFAULT_NEGATIVE = "yes", "no"
READERS = 4  # decoding waits for the disk about as long as it computes


@dataclass(frozen=True)
class Classes:
    """Which subfolders of a data folder hold scans with a tumor, and which without."""

    positive: tuple[str, ...] = (DEFAULT_POSITIVE,)
    negative: tuple[str, ...] = (DEFAULT_NEGATIVE,)

    @property
    def labels(self) -> tuple[str, str]:
        """(negative, positive), the folders' own names."""
        return "+".join(self.negative), "+".join(self.positive)


@dataclass(frozen=True)
class Scan:
    """One file of a data folder."""

    root: str
    """The data folder, as an absolute path."""
    path: str
    """Relative to `root`, with forward slashes."""
    positive: bool
    sha256: str
    """Of the file's bytes."""

    @property
    def file(self) -> Path:
        """Where the file is."""
        return Path(self.root, self.path)

    @property
    def source(self) -> str:
        """Where scans come from together: "br35h/yes", "healthy/chris".

        `train.source_names` tells folders of one name apart, too.
        """
        return f"{Path(self.root).name}/{PurePosixPath(self.path).parent.name}".rstrip("/")


@dataclass(frozen=True)
class SplitScan:
    """A line of split.json: a file, its duplicate group and its part."""

    root: str
    path: str
    sha256: str
    positive: bool
    group: int
    """The same for duplicates and for scans of one patient."""
    part: str
    """"train", "validation", "test" or "dropped"."""
    reason: str = ""
    """Why it was dropped."""

    @property
    def file(self) -> Path:
        """Where the file was."""
        return Path(self.root, self.path)


@dataclass(frozen=True)
class Unreadable:
    """A file that was skipped, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class ScanSet:
    """Scans and their pixels: `pixels[i]` belongs to `scans[i]`."""

    scans: tuple[Scan, ...]
    pixels: np.ndarray
    """uint8 [N, height, width, channels]."""
    parts: np.ndarray
    """What of each picture that is, an `edge.preprocess.Part`: float64 [N, 4]."""
    unreadable: tuple[Unreadable, ...]
    looks: "Looks"
    """What tells duplicates."""

    @property
    def truth(self) -> np.ndarray:
        """int64 [N]: 1 with a tumor, 0 without."""
        return np.array([scan.positive for scan in self.scans], np.int64)


def find_classes(folder: Path, positive: list[str], negative: list[str]) -> Classes:
    """Decide which subfolders are the two classes.

    Where both are named, the names are looked for at every depth, the folder's own name included,
    and not all need be there: one command reads folders that are laid out differently, and a
    folder whose own name is a class's is of that class entirely.

    Args:
        positive: names of the subfolders with tumor; empty: `yes` and `no` are the classes.
        negative: names of those without; empty: all subfolders that are not positive.

    Raises:
        TrainError: no such folder, or no subfolders of those names.
    """
    if not folder.is_dir():
        raise TrainError(f"{folder}: no such folder")
    present = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    if set(positive) & set(negative):
        raise TrainError("--positive and --negative name the same folder")
    both = bool(positive and negative)
    if not positive:
        if negative:
            raise TrainError("--negative needs --positive: name the folders of both classes")
        positive, negative = [DEFAULT_POSITIVE], [DEFAULT_NEGATIVE]
    if both:
        everywhere = {folder.resolve().name, *_names_below(folder)}
        found = Classes(
            tuple(name for name in positive if name in everywhere),
            tuple(name for name in negative if name in everywhere),
        )
        wrong = not found.positive and not found.negative
    else:
        negative = negative or [name for name in present if name not in positive]
        found = Classes(tuple(positive), tuple(negative))
        wrong = not negative or any(name not in present for name in positive + negative)
    if wrong:
        raise TrainError(
            f"{folder}: needs a subfolder for each class "
            f"({', '.join(positive)} / {', '.join(negative) or 'any other'}), has "
            f"{', '.join(present) or 'none'}; name the tumor class with --positive NAME and, where "
            "a folder of --data holds one class or is one itself, the other with --negative NAME"
        )
    return found


def check_all_found(classes: Sequence[Classes], positive: list[str], negative: list[str]) -> None:
    """See that every name given stands for something in at least one folder.

    Raises:
        TrainError: one does not; it is misspelt, or its folder was not given.
    """
    for option, given, found in (
        ("--positive", positive, {name for one in classes for name in one.positive}),
        ("--negative", negative, {name for one in classes for name in one.negative}),
    ):
        missing = [name for name in given if name not in found]
        if missing:
            raise TrainError(
                f"{option} {missing[0]}: no data folder has a subfolder of that name; "
                "check the spelling, or add the folder with --data"
            )


def find_files(folder: Path, classes: Classes) -> list[tuple[Path, bool]]:
    """Every visible file of the class folders, searched recursively, in a fixed order.

    Links are followed (`train.walk`). A file is of the class whose folder it lies in most closely.

    Raises:
        TrainError: a class folder holds no file.
    """
    names = dict.fromkeys(classes.negative, False) | dict.fromkeys(classes.positive, True)
    files: dict[str, list[Path]] = {name: [] for name in names}
    for path in everything_below(folder):
        parts = path.relative_to(folder).parts
        if not path.is_file():
            continue
        above = (folder.resolve().name, *parts[:-1])
        owner = next((part for part in reversed(above) if part in names), None)
        if owner is not None:
            files[owner].append(path)
    for name, own in files.items():
        if not own:
            raise TrainError(f"{folder / name}: this class folder is empty")
    return [(path, names[name]) for name, own in files.items() for path in own]


def _names_below(folder: Path) -> set[str]:
    return {path.name for path in everything_below(folder) if path.is_dir()}


def read_scans(
    folder: Path,
    files: Sequence[tuple[Path, bool]],
    spec: InputSpec,
    tick: Callable[[], None] = lambda: None,
) -> ScanSet:
    """Hash, decode and preprocess files through `edge`; what cannot be read is left out and named.

    Each file is decoded once, for its pixels and for what tells duplicates.

    Args:
        tick: called once a file, for a progress display.

    Raises:
        TrainError: a class that has files has no readable scan.
    """
    from train.duplicates import Looks, look

    root = folder.resolve()

    def read(item: tuple[Path, bool]):
        path, positive = item
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            image = decode(path)
        except (ImageError, OSError) as error:
            return Unreadable(str(path), str(error))
        relative = path.relative_to(folder).as_posix()
        scan = Scan(str(root), relative, positive, digest)
        seen = preprocess_part(image, spec)
        return scan, seen.pixels, seen.part, *look(image)

    scans, pixels, parts, hashes, thumbnails, unreadable = [], [], [], [], [], []
    with ThreadPoolExecutor(READERS) as pool:
        for result in pool.map(read, files):
            tick()
            if isinstance(result, Unreadable):
                unreadable.append(result)
            else:
                columns = scans, pixels, parts, hashes, thumbnails
                for values, value in zip(columns, result, strict=True):
                    values.append(value)
    for positive in {positive for _, positive in files} - {scan.positive for scan in scans}:
        which = "with a tumor" if positive else "without a tumor"
        raise TrainError(f"{folder}: no readable scan {which}; {len(unreadable)} files unreadable")
    looks = Looks(np.stack(hashes), np.stack(thumbnails))
    return ScanSet(tuple(scans), np.stack(pixels), np.array(parts), tuple(unreadable), looks)


def joined(sets: Sequence[ScanSet]) -> ScanSet:
    """The scans of several folders, one after the other."""
    from train.duplicates import Looks

    return ScanSet(
        tuple(scan for one in sets for scan in one.scans),
        np.concatenate([one.pixels for one in sets]),
        np.concatenate([one.parts for one in sets]),
        tuple(file for one in sets for file in one.unreadable),
        Looks(
            np.concatenate([one.looks.hashes for one in sets]),
            np.concatenate([one.looks.thumbnails for one in sets]),
        ),
    )


def read_again(
    scans: Sequence[SplitScan], spec: InputSpec, root: Path | None = None
) -> tuple[list[Path], np.ndarray]:
    """The files of scans seen in an earlier run and their pixels, proven to be the same files.

    Args:
        root: where the data folder is now, if it was moved.

    Returns:
        The files and uint8 [N, height, width, channels].

    Raises:
        TrainError: files are missing, or their contents changed.
    """
    files = [Path(root or scan.root, scan.path) for scan in scans]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise TrainError(
            f"{len(missing)} of {len(files)} scans of the run are not where they were, "
            f"{missing[0]} for one; name their folder with --data"
        )
    changed = [
        file
        for file, scan in zip(files, scans, strict=True)
        if hashlib.sha256(file.read_bytes()).hexdigest() != scan.sha256
    ]
    if changed:
        raise TrainError(
            f"{len(changed)} of {len(files)} scans changed since the run, {changed[0]} for one; "
            "restore them, or train again"
        )
    with ThreadPoolExecutor(READERS) as pool:
        pixels = list(pool.map(lambda file: preprocess(decode(file), spec), files))
    return files, np.stack(pixels)


def fingerprint(hashes: Iterable[str]) -> str:
    """SHA-256 over the sorted SHA-256s of files: the same for the same data in any order."""
    # Names of files may stand beside them, and need not be valid text.
    text = "\n".join(sorted(hashes)).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()
