"""Which test scans a teacher knows: by their bytes, and in other files by their looks."""

import hashlib
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from edge.errors import ImageError
from edge.scan.decode import decode
from train.data.appearance import Appearance, appearance_of
from train.data.read_folders import READERS
from train.data.scans import SplitScan
from train.prepare_data import SessionData
from train.run.run_folder import Run
from train.splitting.near_duplicates import near_pairs


@dataclass(frozen=True)
class TestScans:
    """Scans that no teacher may know: the test scans and whatever must not be parted from one."""

    hashes: Set[str]
    """SHA-256 of each."""
    appearance: Appearance
    """Of M scans."""
    positive: np.ndarray
    """bool [M]: with a tumor."""
    read: Set[str]
    """SHA-256 of all scans of the session: which of them are copies of each other is known."""

    @classmethod
    def of(cls, data: SessionData, tested: np.ndarray) -> "TestScans":
        """Those at some positions, int64, with all of their groups."""
        groups = data.grouping.groups
        own = np.flatnonzero(np.isin(groups, groups[tested]))
        appearance = data.found.appearance
        return cls(
            {data.parts[i].sha256 for i in own},
            Appearance(appearance.hashes[own], appearance.thumbnails[own]),
            data.found.truth[own] == 1,
            {scan.sha256 for scan in data.parts},
        )


@dataclass(frozen=True)
class TeacherOverlap:
    """How many scans a run was trained on, and what they are to the tests of a session."""

    scans: int
    """Files that it was trained or validated on."""
    tests: int
    """Of those, the test scans and their copies."""
    unseen: int
    """Of those, the files that are gone or changed, so that only their SHA-256 were compared."""


def teacher_overlap(run: Run, tests: TestScans) -> TeacherOverlap:
    """How many test scans a run was trained or validated on, as the files are or re-encoded.

    Files that are not among the session's own are read again; of each only what tells duplicates is
    kept.
    """
    theirs = [scan for scan in run.split if scan.part in ("train", "validation")]
    others = [scan for scan in theirs if scan.sha256 not in tests.read]
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(_look_again, others))
    seen = [(scan, own) for scan, own in zip(others, found, strict=True) if own is not None]
    same = sum(scan.sha256 in tests.hashes for scan in theirs)
    return TeacherOverlap(len(theirs), same + _copies(seen, tests), len(others) - len(seen))


def _look_again(scan: SplitScan) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        if hashlib.sha256(scan.file.read_bytes()).hexdigest() != scan.sha256:
            return None
        return appearance_of(decode(scan.file))
    except (OSError, ImageError):
        return None


def _copies(seen: list[tuple[SplitScan, tuple[np.ndarray, np.ndarray]]], tests: TestScans) -> int:
    """How many of the scans seen again are near-duplicates of a test scan."""
    if not seen or not len(tests.positive):
        return 0
    both = Appearance(
        np.concatenate([tests.appearance.hashes, [hashed for _, (hashed, _) in seen]]),
        np.concatenate([tests.appearance.thumbnails, [small for _, (_, small) in seen]]),
    )
    positive = np.concatenate([tests.positive, [scan.positive for scan, _ in seen]])
    first, copies = len(tests.positive), set()
    for i, j in near_pairs(both, positive):
        copies |= set(j[(i < first) & (j >= first)].tolist())
    return len(copies)
