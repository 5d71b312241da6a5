"""How good types are on held-out tumors, and on all scans as the device would judge them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.data.scans import FileFacts
from train.evaluation import metrics
from train.evaluation.evaluate import METHOD, Estimate, cluster_bootstrap, clusters_with
from train.evaluation.metrics import Proportion
from train.evaluation.shortcut_floor import CLASSIFIER, FOLDS, file_table, random_forest

OPEN = "type uncertain"
"""A column of the table of verdicts: a tumor whose type is left open."""


@dataclass(frozen=True)
class TypePredictions:
    """What was told of held-out scans, by one model or, pooled, by one a fold."""

    labels: tuple[str, ...]
    shares: np.ndarray
    """float64 [N, types]: calibrated probability of each, of tumors of known type."""
    types: np.ndarray
    """int64 [N]: the true ones."""
    named: np.ndarray
    """bool [N]: whether the likeliest type clears the limit of its own model."""
    groups: np.ndarray
    """int64 [N]: duplicates or patients."""
    truths: tuple[str, ...]
    """What each held-out scan is, those without a tumor and those of unknown type included."""
    said: tuple[str, ...]
    """What the device says of each of these."""

    @classmethod
    def pooled(cls, parts: Sequence["TypePredictions"]) -> "TypePredictions":
        """Those of several folds, one after the other."""
        columns = ("shares", "types", "named", "groups")
        return cls(
            parts[0].labels,
            *(np.concatenate([getattr(part, name) for part in parts]) for name in columns),
            tuple(truth for part in parts for truth in part.truths),
            tuple(word for part in parts for word in part.said),
        )


@dataclass(frozen=True)
class TypeScores:
    """One type against the others, among tumors, each given its likeliest type."""

    sensitivity: Proportion
    specificity: Proportion


@dataclass(frozen=True)
class TypeEvaluation:
    """Held-out tumors of known type."""

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Scans of each type (rows) by their likeliest type (columns), whatever the verdict."""
    accuracy: Proportion
    scores: dict[str, TypeScores]
    estimates: dict[str, Estimate]
    """accuracy, macro_auc, and "sensitivity LABEL", "specificity LABEL", "auc LABEL"."""
    groups: int
    named: Proportion
    """Tumors, sure enough of a type to be named one."""
    right_if_named: Proportion
    device: dict[str, dict[str, int]]
    """All held-out scans, by what they are and by what the device says of them."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "labels": list(self.labels),
            "groups": self.groups,
            "confusion": [list(row) for row in self.confusion],
            "accuracy": self.accuracy.to_dict(),
            "types": {
                name: {
                    "sensitivity": one.sensitivity.to_dict(),
                    "specificity": one.specificity.to_dict(),
                }
                for name, one in self.scores.items()
            },
            "bootstrap": {
                "method": METHOD,
                **{name: found.to_dict() for name, found in self.estimates.items()},
            },
            "named": self.named.to_dict(),
            "right_if_named": self.right_if_named.to_dict(),
            "device": self.device,
        }


@dataclass(frozen=True)
class TypeFloor:
    """The shortcut floor of types: a forest on facts of files, which sees no pixel."""

    accuracy: Proportion
    estimates: dict[str, Estimate]
    """accuracy and macro_auc."""
    majority: float
    """Share of the commonest type."""

    def __str__(self) -> str:
        own, auc = self.estimates["accuracy"], self.estimates["macro_auc"]
        return (
            f"accuracy {own.value:.1%} [{own.low:.1%}-{own.high:.1%}], macro AUC {auc.value:.3f} "
            f"[{auc.low:.3f}-{auc.high:.3f}], without seeing a pixel (always the commonest type: "
            f"{self.majority:.1%})"
        )

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "classifier": CLASSIFIER,
            "accuracy": self.accuracy.to_dict(),
            "majority": self.majority,
            "bootstrap": {name: value.to_dict() for name, value in self.estimates.items()},
        }


def evaluate_types(told: TypePredictions, seed: int = 0) -> TypeEvaluation:
    """Score tumors of known type, and count what the device says of all scans."""
    labels, shares, types, named = told.labels, told.shares, told.types, told.named
    count, likeliest = len(labels), shares.argmax(axis=1)
    confusion = np.zeros((count, count), int)
    np.add.at(confusion, (types, likeliest), 1)
    right = likeliest == types
    scores = {}
    for at, label in enumerate(labels):
        own, called = types == at, likeliest == at
        scores[label] = TypeScores(
            Proportion(int(called[own].sum()), int(own.sum())),
            Proportion(int((~called)[~own].sum()), int((~own).sum())),
        )
    return TypeEvaluation(
        labels=labels,
        confusion=tuple(map(tuple, confusion.tolist())),
        accuracy=Proportion(int(right.sum()), len(right)),
        scores=scores,
        estimates=_estimates(labels, shares, types, told.groups, seed),
        groups=len(set(told.groups.tolist())),
        named=Proportion(int(named.sum()), len(named)),
        right_if_named=Proportion(int((named & right).sum()), int(named.sum())),
        device=device_table(told.truths, told.said),
    )


def device_table(truths: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often the device says what of scans that are what: {truth: {said: scans}}."""
    found: dict[str, dict[str, int]] = {name: {} for name in sorted(set(truths))}
    for truth, word in zip(truths, said, strict=True):
        found[truth][word] = found[truth].get(word, 0) + 1
    return found


def types_floor(
    facts: Sequence[FileFacts], types: np.ndarray, count: int, groups: np.ndarray, seed: int = 0
) -> TypeFloor | None:
    """Tell types by facts of files alone, in grouped cross-validation over all tumors.

    Returns:
        None where a type has too few clusters.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if min(len(set(groups[types == at].tolist())) for at in range(count)) < FOLDS:
        return None
    table, shares = file_table(facts), np.zeros((len(types), count))
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in splitter.split(table, types, groups):
        if len(set(types[train].tolist())) < count:
            return None
        shares[test] = (
            random_forest(seed).fit(table[train], types[train]).predict_proba(table[test])
        )
    right = shares.argmax(axis=1) == types
    names = tuple(map(str, range(count)))
    found = _estimates(names, shares, types, groups, seed)
    return TypeFloor(
        Proportion(int(right.sum()), len(right)),
        {name: found[name] for name in ("accuracy", "macro_auc")},
        float(np.bincount(types, minlength=count).max() / len(types)),
    )


def _estimates(
    labels: Sequence[str], shares: np.ndarray, types: np.ndarray, groups: np.ndarray, seed: int
) -> dict[str, Estimate]:
    likeliest = shares.argmax(axis=1)
    everywhere = np.ones(len(types), bool)

    def auc(at: int):
        return lambda w: metrics.auc(types == at, shares[:, at], w)

    def recall(at: int):
        return lambda w: metrics.mean_where(likeliest == at, types == at, w)

    def rest(at: int):
        return lambda w: metrics.mean_where(likeliest != at, types != at, w)

    measures = {"accuracy": lambda w: metrics.mean_where(likeliest == types, everywhere, w)}
    rests_on = {"accuracy": clusters_with(groups, everywhere)}
    for at, label in enumerate(labels):
        measures |= {
            f"sensitivity {label}": recall(at),
            f"specificity {label}": rest(at),
            f"auc {label}": auc(at),
        }
        own, others = (clusters_with(groups, where) for where in (types == at, types != at))
        rests_on |= {
            f"sensitivity {label}": own,
            f"specificity {label}": others,
            f"auc {label}": min(own, others),
        }
    rests_on["macro_auc"] = min(rests_on[f"auc {label}"] for label in labels)
    measures["macro_auc"] = lambda w: np.mean([auc(at)(w) for at in range(len(labels))], axis=0)
    return cluster_bootstrap(measures, groups, seed, rests_on=rests_on)
