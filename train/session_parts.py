"""Which scans the fits of a session train on, choose by and are tested on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.gate.no_brain import check_brain_scans_left, scans_without_brain
from train.prepare_data import Request, SessionData
from train.progress import say
from train.splitting import split
from train.tumor_types.session_types import check_types_in_parts


@dataclass(frozen=True, eq=False)
class SessionParts:
    """The parts of the run's own fit and of its folds."""

    whole: split.Fold
    """Of the run, with its scans that show no brain: its gate learns from these."""
    shown: split.Fold
    """The same as a network is shown them: without these scans."""
    folds: Sequence[split.Fold]
    """Of the cross-validation, as a network is shown them; none if it is not asked for."""
    without_brain: np.ndarray
    """bool [N]: is said to show no brain."""
    used: np.ndarray
    """bool [N]: in one of the parts."""

    @property
    def no_brain(self) -> dict[str, int]:
        """How many scans of each part are said to show no brain."""
        return {
            part: int(self.without_brain[getattr(self.whole, part)].sum()) for part in split.PARTS
        }


def session_parts(request: Request, data: SessionData) -> SessionParts:
    """The parts of the run's fit and of those of its folds.

    Raises:
        TrainError: --no-brain names no training scan; or without the scans that show no brain a
            part has none of a class left, or lacks a type of tumor.
    """
    whole = split.Fold(*(split.indices(data.parts, part) for part in split.PARTS))
    without_brain = scans_without_brain(request, data, whole.train)
    used = np.array([scan.part != split.DROPPED for scan in data.parts], bool)
    folds = _folds(request, data, used)
    if without_brain.any():
        for one in (whole, *folds):
            check_brain_scans_left(request.no_brain, without_brain, data.found.truth == 1, one)
    shown, *folds = (one.shown(without_brain) for one in (whole, *folds))
    if request.types:
        check_types_in_parts(data, [shown, *folds])
    return SessionParts(whole, shown, folds, without_brain, used)


def describe_parts(parts: SessionParts) -> None:
    """Say what is kept from the networks, on standard error."""
    count = parts.no_brain
    if count["train"] or count["validation"]:
        say(
            f"{count['train']} training scans and {count['validation']} validation scans are "
            "said to show no brain: no network is shown them"
        )


def _folds(request: Request, data: SessionData, used: np.ndarray) -> list[split.Fold]:
    """Of the cross-validation; none if it is not asked for."""
    if not request.folds:
        return []
    return split.cross_validation(
        np.flatnonzero(used & ~data.external),
        split.strata(data.found.truth.astype(bool), data.types),
        data.grouping.groups,
        request.folds,
        request.fit.seed,
    )
