"""Which scans set the ranges of a quantized model."""

from collections.abc import Sequence

import numpy as np

from export.errors import ExportError
from train.data.scans import SplitScan

DEFAULT_SCANS = 100
PART = "train"


def choose(split: Sequence[SplitScan], count: int, seed: int) -> list[SplitScan]:
    """About `count` scans of the training part, as many with a tumor as without.

    None is taken that is said to show no brain: the network learned from none. A class with fewer
    than `count / 2` different scans sets the number of both. Duplicates are taken once.
    Deterministic.

    Raises:
        ExportError: `count` is below 2, a class has no scan to choose, or a chosen scan also stands
            in validation or test.
    """
    if count < 2:
        raise ExportError(f"{count} calibration scans are too few; at least one of each class")
    random = np.random.default_rng(seed)
    classes = _classes(split)
    each = min(count // 2, _able(classes))
    if not each:
        raise ExportError(
            "split.json has no training scan of each class that shows a brain, so none sets the "
            "ranges of int8; train again with scans of both"
        )
    chosen = []
    for scans in classes:
        able = [i for i in random.permutation(len(scans)) if not scans[i].no_brain]
        chosen += [scans[i] for i in sorted(able[:each])]
    held_out = {scan.sha256 for scan in split if scan.part != PART}
    leaked = [scan.path for scan in chosen if scan.sha256 in held_out]
    if leaked:
        raise ExportError(
            f"split.json has scans in training that are also held out: {', '.join(leaked[:5])}; "
            "calibrating on them would make the proof worthless. Train again."
        )
    return chosen


def most(split: Sequence[SplitScan]) -> int:
    """How many scans `choose` could choose: 0 if a class has none."""
    return 2 * _able(_classes(split))


def _able(classes: list[list[SplitScan]]) -> int:
    """How many scans that show a brain the smaller class has."""
    return min(sum(not scan.no_brain for scan in scans) for scans in classes)


def _classes(split: Sequence[SplitScan]) -> list[list[SplitScan]]:
    """The training scans without a tumor and those with one, each sorted, duplicates once."""
    classes = []
    for positive in (False, True):
        own = [scan for scan in split if scan.part == PART and scan.positive is positive]
        # The first scan of each duplicate group stands for it.
        distinct = {scan.sha256: scan for scan in reversed(own)}
        classes.append(sorted(distinct.values(), key=lambda scan: scan.sha256))
    return classes
