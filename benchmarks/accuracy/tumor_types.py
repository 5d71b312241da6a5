"""Types of tumor against the truth, as a model says them of scans that it calls a tumor."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.shares import Share
from edge.inference.prediction import Prediction
from train.evaluation.metrics import auc

OPEN, MISSED = "type uncertain", "not called tumor"
"""What may be said of a tumor besides its type."""


@dataclass(frozen=True)
class TypeScore:
    """One type against the others, by the likeliest type of scans that are called a tumor."""

    sensitivity: Share
    specificity: Share
    auc: float | None
    """None if the scans are of one type."""


@dataclass(frozen=True)
class TypeAccuracy:
    """Tumors whose type is known."""

    said: tuple[str, ...]
    """Columns of `confusion`: the types, and what else may be said."""
    confusion: dict[str, tuple[int, ...]]
    """Of each type, how often what was said."""
    named: Share
    """Of the scans that were called a tumor."""
    right_if_named: Share
    scores: dict[str, TypeScore]
    macro_auc: float | None


def score_types(
    predictions: Sequence[Prediction], types: Sequence[str], labels: Sequence[str]
) -> TypeAccuracy | None:
    """Score what is said of types.

    Args:
        types: the true one of each scan; "" where there is none or it is not known.
        labels: of the model.

    Returns:
        None if no scan that is called a tumor is of a type that the model knows.
    """
    known = [(p, t) for p, t in zip(predictions, types, strict=True) if t in labels]
    called = [(p, t) for p, t in known if p.type_probabilities]
    if not called:
        return None
    said = (*labels, OPEN, MISSED)
    confusion = {label: [0] * len(said) for label in labels}
    for found, type in known:
        confusion[type][said.index(_word(found, labels))] += 1
    truth = np.array([labels.index(type) for _, type in called])
    shares = np.array([[p.type_probabilities[one] for one in labels] for p, _ in called])
    likeliest = shares.argmax(axis=1)
    scores = {}
    for at, label in enumerate(labels):
        own, hit = truth == at, likeliest == at
        area = float(auc(own, shares[:, at]))
        scores[label] = TypeScore(
            Share.of(int(hit[own].sum()), int(own.sum())),
            Share.of(int((~hit)[~own].sum()), int((~own).sum())),
            area if math.isfinite(area) else None,
        )
    areas = [one.auc for one in scores.values()]
    named = [(p, type) for p, type in called if p.type in labels]
    return TypeAccuracy(
        said,
        {label: tuple(row) for label, row in confusion.items()},
        Share.of(len(named), len(called)),
        Share.of(sum(p.type == type for p, type in named), len(named)),
        scores,
        None if None in areas else sum(areas) / len(areas),
    )


def _word(found: Prediction, labels: Sequence[str]) -> str:
    if not found.type_probabilities:
        return MISSED
    return found.type if found.type in labels else OPEN
