"""Scans that are no MRI slice of a brain (necks, CT), by --no-brain or their folders' facts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from train.data.apply_source_facts import no_brain_of
from train.data.scans import Scan, SplitScan
from train.errors import TrainError
from train.prepare_data import Request, SessionData
from train.splitting.split import Fold


def scans_without_brain(request: Request, data: SessionData, train: np.ndarray) -> np.ndarray:
    """Which scans --no-brain names, bool [N].

    Args:
        train: positions of the training scans, int64 [M].

    Raises:
        TrainError: the expression is none, or no training scan has such a path.
    """
    if not request.no_brain:
        return no_brain_of(request.facts, data.found.scans)
    named = named_without_brain(request.no_brain, data.found.scans)
    if not named[train].any():
        raise TrainError(
            f"--no-brain {request.no_brain!r}: is in the path of no training scan; "
            f"such a path is {_searched(data.found.scans[0])}"
        )
    return named


def named_without_brain(expression: str, scans: Sequence[Scan | SplitScan]) -> np.ndarray:
    """The scans in whose paths, from the data folder's own name on, it is: bool [N].

    What is above the data folder is not searched: it differs from machine to machine.

    Raises:
        TrainError: it is no regular expression.
    """
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise TrainError(
            f"--no-brain {expression!r}: is no regular expression ({error})"
        ) from error
    return np.array([bool(pattern.search(_searched(one))) for one in scans], bool)


def check_brain_scans_left(
    expression: str | None, named: np.ndarray, positive: np.ndarray, fold: Fold
) -> None:
    """See that scans of both classes are left for the network, and for the reject gate's limits.

    Args:
        expression: of --no-brain; None: the facts of the sources named them.
        named: by it, bool [N].
        positive: with a tumor, bool [N].

    Raises:
        TrainError: no other scan of a class is in the training part, or in the validation part.
    """
    by = f"--no-brain {expression!r}" if expression else "no_brain of the sources' facts"
    for part, positions in (("training", fold.train), ("validation", fold.validation)):
        for label, of_label in (("tumor-free scans", ~positive), ("scans with a tumor", positive)):
            own = positions[of_label[positions]]
            if len(own) and named[own].all():
                raise TrainError(
                    f"{by}: names all {len(own)} {label} of the {part} part, so no network would "
                    "ever see one; give an expression that names "
                    "only what is no MRI of a brain"
                )


def marked(scans: Sequence[SplitScan], without_brain: np.ndarray) -> list[SplitScan]:
    """The scans for split.json, with `no_brain` as the mask says, bool [N]."""
    return [
        replace(scan, no_brain=bool(own)) for scan, own in zip(scans, without_brain, strict=True)
    ]


def _searched(scan: Scan | SplitScan) -> str:
    return f"{Path(scan.root).name}/{scan.path}"
