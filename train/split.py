"""Train, validation and test parts that no duplicate crosses."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from train.data import Scan, SplitScan
from train.errors import TrainError

PARTS = ("train", "validation", "test")
_FOLDS = 5  # test is one of five folds, validation one of five of the rest: 64 / 16 / 20 %


def duplicate_groups(scans: Sequence[Scan]) -> list[int]:
    """A number for each scan, the same for byte-identical files.

    Raises:
        TrainError: one file stands in both classes: its label cannot be known.
    """
    groups, labels, names = {}, defaultdict(set), defaultdict(list)
    for scan in scans:
        groups.setdefault(scan.sha256, len(groups))
        labels[scan.sha256].add(scan.positive)
        names[scan.sha256].append(scan.path)
    conflicts = [", ".join(names[digest]) for digest, found in labels.items() if len(found) > 1]
    if conflicts:
        raise TrainError(
            f"{len(conflicts)} files stand in both classes: {'; '.join(conflicts[:5])}; "
            "remove each from the class it does not belong to"
        )
    return [groups[scan.sha256] for scan in scans]


def split(scans: Sequence[Scan], seed: int) -> list[SplitScan]:
    """Assign every scan to a part, stratified by class, whole duplicate groups together.

    Deterministic: depends on the scans in their order and on `seed` only.

    Raises:
        TrainError: too few different scans of a class for three parts, or a conflict of labels.
    """
    groups = np.array(duplicate_groups(scans))
    truth = np.array([scan.positive for scan in scans])
    for positive in (False, True):
        distinct = len(set(groups[truth == positive]))
        if distinct < _FOLDS:
            raise TrainError(
                f"only {distinct} different scans {'with' if positive else 'without'} a tumor; "
                f"at least {_FOLDS} of each class are needed to train, validate and test"
            )
    parts = np.full(len(scans), "train", dtype="<U10")
    rest = np.arange(len(scans))
    for part in ("test", "validation"):
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
        kept, taken = next(folds.split(rest, truth[rest], groups[rest]))
        parts[rest[taken]] = part
        rest = rest[kept]
    for part in PARTS:
        if len(set(truth[parts == part])) < 2:
            raise TrainError(f"the {part} part would hold scans of one class only; add scans")
    return [
        SplitScan(scan.root, scan.path, scan.sha256, scan.positive, int(group), str(part))
        for scan, group, part in zip(scans, groups, parts, strict=True)
    ]


def indices(scans: Sequence[SplitScan], part: str) -> np.ndarray:
    """Positions of a part's scans, int64."""
    return np.array([i for i, scan in enumerate(scans) if scan.part == part], np.int64)


def counts(scans: Sequence[SplitScan], labels: tuple[str, str]) -> dict[str, dict[str, int]]:
    """Scans per part and label, e.g. `{"train": {"no": 62, "yes": 100}, ...}`."""
    found = Counter((scan.part, scan.positive) for scan in scans)
    return {part: {label: found[part, bool(i)] for i, label in enumerate(labels)} for part in PARTS}
