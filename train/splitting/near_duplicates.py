"""Which scans are copies of each other, in files and in pictures.

The rule, on the grey picture as `edge` decodes it:

- files with the same bytes are copies, whatever their labels;
- two scans of one class are near-duplicates if their 64-bit difference hashes (`imagehash.dhash`)
  differ in at most `MAX_BITS` bits **and** their 32x32 thumbnails correlate by at least
  `MIN_CORRELATION`;
- two scans of different classes need the same hash distance and a correlation of `SAME_PICTURE`:
  then they are copies of one picture, re-encoded or rescaled, and their label cannot be known;
- two scans of different known patients need a correlation of `TWO_PATIENTS`.

The hash alone is not enough. Measured on the 253 Kaggle scans and Br35H (2,454 files): 82 pairs of
different classes lie within 4 bits, Y52-N11, Y6-N11 and Y9-No22 of the 253 among them, and not one
of the 82 correlates above 0.861; of pairs of one class within 2 bits the median is 0.985 and more.
4 bits and 0.95 give 93 "no" and 63 "yes" of the 253 a near-duplicate in Br35H, 0.90 would give 65
"yes" and 0.97 55. Copies of 60 of the 253, halved or scaled to 0.7 or 224x224 and saved as JPEG of
quality 80, keep 2 bits and 0.987; of the slices of one patient with and without tumor in the lgg
set, the closest two reach 0.97. The skull-stripped heads of 64 people in one frame (`ds002748_T1`)
are near-duplicates in 305 pairs, at 0.958 in the median and 0.9804 at most: by looks alone their
768 slices chain into one group. Scans that were rotated, mirrored or cut differently are not found.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from train.data.appearance import Appearance
from train.data.scans import Scan

MAX_BITS = 4
"""Of 64, in which the hashes of near-duplicates may differ."""
MIN_CORRELATION = 0.95
"""Pearson's, between the thumbnails of near-duplicates."""
SAME_PICTURE = 0.98
"""The same between scans of different classes, whose merging costs both their labels."""
TWO_PATIENTS = 0.985
"""The same between scans of two different known patients."""
_BLOCK = 256  # rows compared at once: 256 x 10,000 float32 are 10 MB, four such at a time


@dataclass(frozen=True)
class Conflict:
    """Copies of one picture in both classes: their label cannot be known."""

    group: int
    negative: tuple[Scan, ...]
    positive: tuple[Scan, ...]

    def __str__(self) -> str:
        negative, positive = (
            ", ".join(str(scan.file) for scan in scans[:3])
            + (f" and {len(scans) - 3} more" if len(scans) > 3 else "")
            for scans in (self.negative, self.positive)
        )
        return f"{negative} (no tumor) = {positive} (tumor)"


def near_pairs(
    appearance: Appearance,
    positive: np.ndarray,
    across: float = SAME_PICTURE,
    patients: Sequence[str | None] | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs i < j of near-duplicates, in blocks: two int64 arrays of the same length at a time.

    Memory grows with N, not with its square. 10,000 scans take seconds: both comparisons are
    matrix products.

    Args:
        positive: bool [N], the scans' classes.
        across: correlation that pairs of different classes need.
        patients: of each scan, None where unknown; pairs of two different ones need `TWO_PATIENTS`.
    """
    names = {name: i for i, name in enumerate(dict.fromkeys(patients or [])) if name is not None}
    known = np.array([names.get(name, -1) for name in patients or [None] * len(positive)])
    # The product of two rows of -1 and 1 is the bits that agree less the bits that differ.
    signs = np.unpackbits(appearance.hashes, axis=1).astype(np.float32) * 2 - 1
    least_product = signs.shape[1] - 2 * MAX_BITS
    thumbnails = appearance.thumbnails.astype(np.float32)
    thumbnails -= thumbnails.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(thumbnails, axis=1, keepdims=True)
    # A uniform picture has no correlation with anything; only its bytes can tell.
    thumbnails /= np.where(norms > 0, norms, 1)
    for start in range(0, len(signs), _BLOCK):
        rows = slice(start, start + _BLOCK)
        near = signs[rows] @ signs[start:].T >= least_product
        same = positive[rows, None] == positive[None, start:]
        correlation = thumbnails[rows] @ thumbnails[start:].T
        least = np.where(same, np.float32(MIN_CORRELATION), np.float32(across))
        mine, theirs = known[rows, None], known[None, start:]
        two = (mine != theirs) & (mine >= 0) & (theirs >= 0)
        near &= correlation >= np.where(two, np.maximum(least, np.float32(TWO_PATIENTS)), least)
        i, j = np.nonzero(np.triu(near, 1))
        yield i + start, j + start


def find_groups(
    scans: Sequence[Scan], appearance: Appearance, patients: Sequence[str | None] | None = None
) -> np.ndarray:
    """Duplicate group of every scan, int64 [N], numbered from 0 in order of appearance.

    Copies of copies are in one group, so two members need not be near-duplicates themselves.

    Args:
        patients: of each scan, None where unknown.
    """
    groups = byte_identical(scans)
    positive = np.array([scan.positive for scan in scans], bool)
    for i, j in near_pairs(appearance, positive, patients=patients):
        groups = merged(groups, groups[i], groups[j])
    return renumbered(groups)


def byte_identical(scans: Sequence[Scan]) -> np.ndarray:
    """A number for each scan, int64 [N], the same for files of the same bytes."""
    return renumbered(np.unique([scan.sha256 for scan in scans], return_inverse=True)[1])


def merged(groups: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """`groups` [N] after joining each group of `left` with the one beside it in `right`."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = int(groups.max(initial=-1)) + 1
    links = coo_matrix((np.ones(len(left), bool), (left, right)), shape=(count, count))
    return connected_components(links, directed=False)[1][groups].astype(np.int64)


def renumbered(groups: np.ndarray) -> np.ndarray:
    """The same groups numbered 0, 1, ... as they first appear."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def members(groups: np.ndarray, scans: Sequence[Scan]) -> dict[int, list[Scan]]:
    """The scans of every group of two or more."""
    found = defaultdict(list)
    for group, scan in zip(groups.tolist(), scans, strict=True):
        found[group].append(scan)
    return {group: scans for group, scans in found.items() if len(scans) > 1}


def find_conflicts(groups: np.ndarray, scans: Sequence[Scan]) -> list[Conflict]:
    """The duplicate groups that hold scans of both classes."""
    found = []
    for group, copies in members(groups, scans).items():
        sides = [tuple(scan for scan in copies if scan.positive is side) for side in (False, True)]
        if all(sides):
            found.append(Conflict(group, *sides))
    return found


@dataclass(frozen=True)
class Overlap:
    """Scans of one class of a folder that another folder has too, in any class."""

    folder: str
    other: str
    positive: bool
    scans: int
    byte_identical: int
    near: int
    """Byte-identical or near-duplicates by the rule, itself, not through copies of copies."""


def find_overlaps(
    scans: Sequence[Scan], appearance: Appearance, patients: Sequence[str | None] | None = None
) -> list[Overlap]:
    """What each folder shares with each other one.

    Args:
        patients: of each scan, None where unknown.
    """
    roots = list(dict.fromkeys(scan.root for scan in scans))
    if len(roots) < 2:
        return []
    root = np.array([roots.index(scan.root) for scan in scans])
    positive = np.array([scan.positive for scan in scans], bool)
    copies, same = byte_identical(scans), np.zeros((len(scans), len(roots)), bool)
    in_root = np.zeros((copies.max() + 1, len(roots)), bool)
    in_root[copies, root] = True
    same |= in_root[copies]
    near = same.copy()
    for i, j in near_pairs(appearance, positive, patients=patients):
        near[i, root[j]] = near[j, root[i]] = True
    return [
        Overlap(
            folder=roots[a],
            other=roots[b],
            positive=label,
            scans=int(own.sum()),
            byte_identical=int(same[own, b].sum()),
            near=int(near[own, b].sum()),
        )
        for a in range(len(roots))
        for b in range(len(roots))
        if a != b
        for label in (False, True)
        for own in [(root == a) & (positive == label)]
        if own.any()
    ]
