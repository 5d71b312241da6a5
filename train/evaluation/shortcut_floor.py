"""The shortcut floor: how well files can be told apart without looking at a single pixel.

Scans from the web carry their source in their size, aspect, compression and format, and sources go
with labels. A model that does no better than this has shown nothing about tumors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.data.scans import FileFacts
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, cluster_bootstrap, clusters_with
from train.evaluation.metrics import Proportion

FEATURES = ("width", "height", "aspect", "file bytes", "mode", "format")
FOLDS = 5
_TREES = 200
_MIN_LEAF = 2
CLASSIFIER = f"random forest of {_TREES} trees on {', '.join(FEATURES)}"
"""What a floor is, in words."""


@dataclass(frozen=True)
class ShortcutFloor:
    """A classifier on `FEATURES` alone, measured on scans of which it knows no copy."""

    accuracy: Proportion
    """With Wilson's interval."""
    estimates: dict[str, Estimate]
    """accuracy and auc, bootstrapped over clusters."""
    majority: float
    """Share of the commoner class: what always answering it gets."""
    importance: dict[str, float]
    """Of each feature, summing to 1: what the classifier went by."""
    measured: str
    """How, in words."""
    groups: int

    def __str__(self) -> str:
        own, auc = self.estimates["accuracy"], self.estimates["auc"]
        return (
            f"accuracy {own.value:.1%} [{own.low:.1%}-{own.high:.1%}], "
            f"AUC {auc.value:.3f} [{auc.low:.3f}-{auc.high:.3f}], without seeing a pixel "
            f"(always the commoner class: {self.majority:.1%})"
        )

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "classifier": CLASSIFIER,
            "measured": self.measured,
            "groups": self.groups,
            "accuracy": self.accuracy.to_dict(),
            "majority": self.majority,
            "bootstrap": {name: value.to_dict() for name, value in self.estimates.items()},
            "importance": self.importance,
        }


def shortcut_floor(
    facts: Sequence[FileFacts],
    truth: np.ndarray,
    groups: np.ndarray,
    seed: int = 0,
    external: np.ndarray | None = None,
) -> ShortcutFloor | None:
    """Fit a random forest on file facts, and measure it on files that it did not see.

    Args:
        truth: 0 or 1, [N].
        groups: what must stay together, int64 [N].
        external: bool [N], the scans of a test set from elsewhere: fitted on the others, measured
            on these. None or none: grouped cross-validation of all.

    Returns:
        None where a class has too few clusters.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    table, importance = file_table(facts), np.zeros(len(FEATURES))
    probability = np.zeros(len(truth))
    if external is not None and external.any():
        folds = [(np.flatnonzero(~external), np.flatnonzero(external))]
        judged, measured = external, "fitted on the scans to train with, measured on the test set"
    else:
        if min(len(set(groups[truth == label])) for label in (0, 1)) < FOLDS:
            return None
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        folds = list(splitter.split(table, truth, groups))
        judged, measured = np.ones(len(truth), bool), f"grouped {FOLDS}-fold cross-validation"
    for train, test in folds:
        if len(set(truth[train])) < 2:
            return None
        forest = random_forest(seed)
        forest.fit(table[train], truth[train])
        probability[test] = forest.predict_proba(table[test])[:, 1]
        importance += forest.feature_importances_ / len(folds)
    truth, groups, probability = truth[judged], groups[judged], probability[judged]
    right = (probability >= 0.5) == truth
    estimates = cluster_bootstrap(
        {
            "accuracy": lambda w: metrics.mean_where(right, np.ones(len(right), bool), w),
            "auc": lambda w: metrics.auc(truth, probability, w),
        },
        groups,
        seed,
        rests_on={
            "accuracy": clusters_with(groups, np.ones(len(right), bool)),
            "auc": min(clusters_with(groups, truth == label) for label in (0, 1)),
        },
    )
    return ShortcutFloor(
        accuracy=Proportion(int(right.sum()), len(right)),
        estimates=estimates,
        majority=float(max(truth.mean(), 1 - truth.mean())),
        importance=dict(zip(FEATURES, importance.round(3).tolist(), strict=True)),
        measured=measured,
        groups=len(set(groups.tolist())),
    )


def random_forest(seed: int):
    """What a floor is fitted with: scikit-learn's `RandomForestClassifier`, for `file_table`."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        _TREES, min_samples_leaf=_MIN_LEAF, class_weight="balanced", random_state=seed
    )


def file_table(facts: Sequence[FileFacts]) -> np.ndarray:
    """float64 [N, len(FEATURES)]; modes and formats as numbers in alphabetical order."""
    modes = sorted({one.mode for one in facts})
    formats = sorted({one.format for one in facts})
    return np.array(
        [
            (
                one.width,
                one.height,
                one.width / one.height,
                one.bytes,
                modes.index(one.mode),
                formats.index(one.format),
            )
            for one in facts
        ],
        np.float64,
    )
