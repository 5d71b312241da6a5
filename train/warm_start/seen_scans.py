"""Scans that a run has seen: whoever goes on from its weights may not be judged on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.run_folder import Run
from train.splitting import split


def seen_by(run: Run, parts: Sequence[SplitScan], groups: np.ndarray) -> np.ndarray:
    """Which scans the run was trained or validated on, or copies and patients of such: bool [N].

    Args:
        groups: of copies and patients, int64 [N].

    Raises:
        TrainError: not all scans that it has seen are here, so that copies of them would not be
            known.
    """
    theirs = {one.sha256 for one in run.split if one.part in ("train", "validation")}
    hashes = np.array([one.sha256 for one in parts], object)
    missing = theirs - set(hashes.tolist())
    if missing:
        folders = sorted({one.root for one in run.split if one.sha256 in missing})
        raise TrainError(
            f"--warm-start {run.folder}: {len(missing)} of the {len(theirs)} scans that it has "
            "seen are not among these, so copies of them could be tested on; give its folders as "
            f"--data, too ({', '.join(folders)[:300]})"
        )
    own = np.array([one in theirs for one in hashes], bool)
    return np.isin(groups, groups[own])


def only_trained_on(
    parts: Sequence[SplitScan], seen: np.ndarray, given_as_tests: np.ndarray, name: str
) -> list[SplitScan]:
    """The parts, with all that was seen in the training part.

    Args:
        seen: bool [N], of `seen_by`.
        given_as_tests: bool [N], scans of a test folder: of these what was seen takes no part.
        name: of the run.

    Raises:
        TrainError: a part would hold one class only.
    """
    found = list(parts)
    for i in np.flatnonzero(seen):
        if given_as_tests[i]:
            found[i] = replace(
                found[i], part=split.DROPPED, reason=f"{name} was trained on it or a copy"
            )
        elif found[i].part in split.PARTS:
            found[i] = replace(found[i], part="train")
    counts = Counter((one.part, one.positive) for one in found)
    for part in split.PARTS:
        if not (counts[part, True] and counts[part, False]):
            raise TrainError(
                f"--warm-start: without what {name} has seen, the {part} part holds scans of one "
                "class only; add folders that it has not seen"
            )
    return found
