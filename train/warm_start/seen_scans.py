"""Scans that a run has seen: whoever goes on from its weights may not be judged on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from train.data.scans import SplitScan
from train.errors import TrainError
from train.run.run_folder import Run
from train.splitting import split
from train.splitting.leak_guard import PATIENT_LEAK
from train.splitting.source_families import FAMILY_LEAK


@dataclass(frozen=True)
class Seen:
    """What a run has seen of a session's scans; copies and patients of such count as such."""

    run: str
    """Its name."""
    trained: np.ndarray
    """bool [N]: its weights are of these."""
    validated: np.ndarray
    """bool [N]: its epoch or its decision was chosen on these, and it was not trained on them."""
    tested: np.ndarray
    """bool [N]: it was tested on these, drawn from its own folders, and has seen none of them."""

    @property
    def any(self) -> np.ndarray:
        """bool [N]: neither may be tested on."""
        return self.trained | self.validated

    @property
    def told(self) -> str:
        """In words."""
        return (
            f"the weights of the run {self.run}, which was trained on {self.trained.sum()} of "
            "these scans, their copies and other scans of their patients, and validated on "
            f"{self.validated.sum()}; none of them is tested on"
        )


def seen_by(run: Run, parts: Sequence[SplitScan], groups: np.ndarray) -> Seen:
    """What of a session's scans the run has seen.

    Args:
        groups: of copies and patients, int64 [N].

    Raises:
        TrainError: not all scans that it has seen are here, so that copies of them would not be
            known.
    """
    hashes = np.array([one.sha256 for one in parts], object)
    theirs = {part: {one.sha256 for one in run.split if one.part == part} for part in split.PARTS}
    if run.manifest.options.get("warm_start"):
        # What it left out the run before it may have been trained on.
        theirs["train"] |= {one.sha256 for one in run.split if one.part == split.DROPPED}
    apart = _tested_on(run)
    theirs["test"] -= {one.sha256 for one in run.split if one.root in apart}
    both = theirs["train"] | theirs["validation"]
    missing = both - set(hashes.tolist())
    if missing:
        folders = sorted({one.root for one in run.split if one.sha256 in missing})
        raise TrainError(
            f"--warm-start {run.folder}: {len(missing)} of the {len(both)} scans that it has "
            "seen are not among these, so copies of them could be tested on; give its folders as "
            f"--data, too ({', '.join(folders)[:300]})"
        )

    def with_groups(part: str) -> np.ndarray:
        own = np.array([one in theirs[part] for one in hashes], bool)
        return np.isin(groups, groups[own])

    trained = with_groups("train")
    validated = with_groups("validation") & ~trained
    tested = with_groups("test") & ~trained & ~validated
    return Seen(run.name, trained, validated, tested)


def _tested_on(run: Run) -> set[str]:
    """Roots of the run's --test-data; by its name alone where it lay elsewhere."""
    folder = run.manifest.options.get("test_data")
    if not isinstance(folder, str):
        return set()
    roots = {one.root for one in run.split}
    whole = str(Path(folder).resolve())
    return {whole} & roots or {root for root in roots if Path(root).name == Path(folder).name}


def without_seen_tests(
    parts: Sequence[SplitScan],
    seen: Seen,
    given_as_tests: np.ndarray,
    drawn_from: np.ndarray,
    whole: np.ndarray,
) -> list[SplitScan]:
    """The parts, so that nothing seen is tested on and nothing trained on validated on.

    What the run was validated on is so again, and what it was tested on where tests are drawn.

    Args:
        given_as_tests: bool [N], scans of a test folder: of these what was seen takes no part.
        drawn_from: bool [N], of which scans some are tested on.
        whole: bool [N], of `split`, with all of their groups: what can be trained on alone.

    Raises:
        TrainError: a part would hold one class only, or tested patients may have been seen.
    """
    related = [
        one
        for one, own in zip(parts, seen.any, strict=True)
        if own and one.part == split.DROPPED and one.reason.startswith(FAMILY_LEAK)
    ]
    if related:
        raise TrainError(
            f"--warm-start: {seen.run} has seen {len(related)} scans of which one "
            f"{related[0].reason}; leave that folder out of the tests, or start anew"
        )
    found = list(parts)
    for i in np.flatnonzero(seen.any):
        if given_as_tests[i]:
            reason = f"{seen.run} has seen it or a copy"
            found[i] = replace(found[i], part=split.DROPPED, reason=reason)
        elif found[i].part in split.PARTS:
            again = seen.validated[i] and not whole[i]
            found[i] = replace(found[i], part="validation" if again else "train")
    for i in np.flatnonzero(seen.tested & drawn_from & ~whole & ~given_as_tests):
        if found[i].part in split.PARTS:
            found[i] = replace(found[i], part="test")
    # A copy of what is tested on again may lie in a folder of which nothing is tested on.
    tests = {one.group: one.file for one in found if one.part == "test"}
    for i, one in enumerate(found):
        if one.part in ("train", "validation") and one.group in tests:
            reason = f"{PATIENT_LEAK} {tests[one.group]}"
            found[i] = replace(one, part=split.DROPPED, reason=reason)
    counts = Counter((one.part, one.positive) for one in found)
    for part in split.PARTS:
        if not (counts[part, True] and counts[part, False]):
            raise TrainError(
                f"--warm-start: without what {seen.run} has seen, the {part} part holds scans of "
                "one class only; add folders that it has not seen"
            )
    return found
