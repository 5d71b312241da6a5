"""Which scans are judged: a sample of each source, and what of it was perhaps trained on."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError
from edge.errors import ImageError
from edge.scan.decode import read_scan
from train.data.appearance import Appearance, appearance_of
from train.data.class_folders import (
    check_all_named,
    check_left_out,
    find_classes,
    find_files,
)
from train.data.list_files import everything_below
from train.data.scans import Scan
from train.errors import NoPatientsError
from train.splitting.near_duplicates import merged, near_pairs
from train.splitting.patients import from_names


@dataclass(frozen=True)
class Judged:
    """A scan of the sample."""

    file: Path
    positive: bool
    patient: str | None
    """None where no name tells."""


@dataclass(frozen=True)
class Source:
    """Scans that come from one place."""

    name: str
    folder: str
    """Name of the data folder that it was found in."""
    scans: tuple[Judged, ...]
    of: tuple[int, int]
    """How many scans it has, without and with a tumor; the sample is of these."""


def find_sources(
    folders: Sequence[Path],
    positive: Sequence[str],
    negative: Sequence[str],
    leave_out: Sequence[str],
    most: int,
    seed: int,
    patient_id: str | None,
    fitted: frozenset[str] = frozenset(),
) -> list[Source]:
    """A sample of every source in these folders.

    A source is what lies above a class folder; where a data folder is a class itself, each of its
    subfolders is one.

    Args:
        leave_out: names of subfolders that are no class, on purpose.
        most: scans of a source with a tumor, and as many without.
        fitted: SHA-256 of files that are left out.

    Raises:
        TrainError: a folder has no class folders, or scans in one that is none.
    """
    every = [find_classes(one, list(positive), list(negative), leave_out) for one in folders]
    check_left_out(folders, leave_out)
    found = []
    for folder, classes in zip(folders, every, strict=True):
        check_all_named(folder, classes)
        names = {*classes.positive, *classes.negative}
        root, by_source = folder.resolve().name, {}
        for path, with_tumor in find_files(folder, classes):
            key = _source_of(path.relative_to(folder).parts[:-1], names)
            by_source.setdefault("/".join((root, *key)), []).append((path, with_tumor))
        for name, files in sorted(by_source.items()):
            found.append(_sampled(name, root, files, most, seed, patient_id, fitted))
    return found


def _source_of(parts: tuple[str, ...], classes: set[str]) -> tuple[str, ...]:
    own = [index for index, part in enumerate(parts) if part in classes]
    return parts[: own[0]] if own else parts[:1]


def _sampled(name, folder, files, most, seed, patient_id, fitted) -> Source:
    chosen, counts = [], [0, 0]
    for with_tumor in (False, True):
        own = sorted(path for path, one in files if one == with_tumor)
        if fitted:
            own = [path for path in own if sha256(path) not in fitted]
        counts[with_tumor] = len(own)
        drawn = random.Random(f"{seed} {name} {with_tumor}").sample(own, min(most, len(own)))
        chosen += [(path, with_tumor) for path in sorted(drawn)]
    scans = [Scan(str(path.parent), path.name, one, "") for path, one in chosen]
    patients = _patients(patient_id, scans)
    return Source(
        name,
        folder,
        tuple(
            Judged(path, one, patient)
            for (path, one), patient in zip(chosen, patients, strict=True)
        ),
        tuple(counts),
    )


def _patients(pattern: str | None, scans: Sequence[Scan]) -> Sequence[str | None]:
    try:
        if pattern and scans:
            return from_names(pattern, scans)
    except NoPatientsError:
        pass  # this source has other names
    return [None] * len(scans)


def pictures(folder: Path) -> dict[str, list[Path]]:
    """The files of a folder by subfolder.

    Raises:
        BenchmarkError: there are none.
    """
    found: dict[str, list[Path]] = {}
    for path in everything_below(folder):
        if path.is_file():
            parts = path.relative_to(folder).parts
            found.setdefault(parts[0] if len(parts) > 1 else folder.name, []).append(path)
    if not found:
        raise BenchmarkError(f"{folder}: no pictures there")
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Looks:
    """Which pictures are the same."""

    seen: dict[Path, frozenset[str]]
    """Of the sample, those that look like one in the folders `seen`, whatever its label; with the
    names of these folders."""
    group: dict[Path, int]
    """Of each picture of the sample; copies have one number."""


def look(
    sources: Sequence[Source],
    seen: Sequence[Path],
    tick: Callable[[float], None] = lambda share: None,
) -> Looks:
    """Compare the pictures of a sample with each other and with all in the folders `seen`."""
    sample = list(dict.fromkeys(scan.file for source in sources for scan in source.scans))
    others = [
        (path, folder.resolve().name)
        for folder in seen
        for path in everything_below(folder)
        if path.is_file()
    ]
    hashes, thumbnails, where = [], [], []
    for number, path in enumerate((*sample, *(path for path, _ in others))):
        tick(number / (len(sample) + len(others)))
        try:
            hashed, thumbnail = appearance_of(read_scan(path)[0])
        except (ImageError, OSError):
            continue
        hashes.append(hashed)
        thumbnails.append(thumbnail)
        where.append(number)
    groups, like = np.arange(len(sample)), {}
    if where:
        at, own = np.array(where), len(sample)
        appearance = Appearance(np.stack(hashes), np.stack(thumbnails))
        for left, right in near_pairs(appearance, np.zeros(len(at), bool)):
            left, right = at[left], at[right]
            across = (left < own) & (right >= own)
            for i, j in zip(left[across].tolist(), right[across].tolist(), strict=True):
                like.setdefault(sample[i], set()).add(others[j - own][1])
            within = right < own
            groups = merged(groups, groups[left[within]], groups[right[within]])
    return Looks(
        {path: frozenset(names) for path, names in like.items()},
        dict(zip(sample, groups.tolist(), strict=True)),
    )


def sha256(file: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
