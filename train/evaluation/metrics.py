"""Scores of a binary classifier, with their uncertainty. Needs NumPy only: devices use it too."""

import math
from dataclasses import dataclass

import numpy as np

_Z95 = 1.959963984540054  # 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Proportion:
    """`hits` of `n`, with Wilson's 95 % score interval (Wilson 1927, JASA 22:209)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """hits / n; NaN if n is 0."""
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0..1; (0, 1) if n is 0."""
        if not self.n:
            return 0.0, 1.0
        p, n, z2 = self.value, self.n, _Z95**2
        center = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        # What is rounded must not leave the value outside.
        return max(0.0, min(center - half, p)), min(1.0, max(center + half, p))

    def __str__(self) -> str:
        if not self.n:
            return "none to measure"
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}-{high:.1%}] ({self.hits} of {self.n})"

    def to_dict(self) -> dict:
        """Ready for JSON."""
        low, high = self.interval
        value = self.value if self.n else None
        return {"value": value, "low": low, "high": high, "hits": self.hits, "n": self.n}


@dataclass(frozen=True)
class Scores:
    """How decisions at a threshold compare with the truth."""

    accuracy: Proportion
    sensitivity: Proportion
    """Of the scans with a tumor, those called tumor."""
    specificity: Proportion
    """Of the scans without, those not called tumor."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {name: getattr(self, name).to_dict() for name in self.__dataclass_fields__}


def score(truth: np.ndarray, probabilities: np.ndarray, threshold: float) -> Scores:
    """Scores of `probabilities` (float [N], 0..1) against `truth` (0 or 1, [N])."""
    truth, called = np.asarray(truth, bool), np.asarray(probabilities) >= threshold
    right = called == truth
    return Scores(
        accuracy=Proportion(int(right.sum()), len(truth)),
        sensitivity=Proportion(int(right[truth].sum()), int(truth.sum())),
        specificity=Proportion(int(right[~truth].sum()), int((~truth).sum())),
    )


def degenerate(sensitivity: Proportion, specificity: Proportion) -> str | None:
    """Why verdicts tell nothing, in words; None if they tell something.

    They do where a class is never recognised and Wilson's interval is wholly below a half: a coin
    would do better. That takes four scans of the class.
    """
    never = [one.hits == 0 and one.interval[1] < 0.5 for one in (sensitivity, specificity)]
    always = [one.n > 0 and one.hits == one.n for one in (sensitivity, specificity)]
    found_none = f"sensitivity 0 of {sensitivity.n}"
    cleared_none = f"specificity 0 of {specificity.n}"
    if all(never):
        why = f"every scan is on the wrong side of the threshold ({found_none}, {cleared_none})"
    elif never[1] and always[0]:
        why = f"every scan is above the threshold, with a tumor or without ({cleared_none})"
    elif never[0] and always[1]:
        why = f"every scan is below the threshold, with a tumor or without ({found_none})"
    elif never[1]:
        why = f"every scan without a tumor is above the threshold ({cleared_none})"
    elif never[0]:
        why = f"every scan with a tumor is below the threshold ({found_none})"
    else:
        return None
    return f"DEGENERATE: {why}. Its verdicts are of no use."


def auc(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None):
    """Area under the ROC curve: the share of (tumor, no tumor) pairs in the right order.

    Ties count half (Hanley and McNeil 1982, Radiology 143:29).

    Args:
        truth: 0 or 1, [N].
        probabilities: float [N].
        weights: of the scans, [..., N]; one result for each leading index.

    Returns:
        0..1, or NaN where a class has no weight.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    order = np.argsort(probabilities, kind="stable")
    ranked, truth = np.asarray(probabilities)[order], np.asarray(truth, bool)[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    weights = weights[..., order]
    positive = np.add.reduceat(weights * truth, starts, axis=-1)
    negative = np.add.reduceat(weights * ~truth, starts, axis=-1)
    below = np.cumsum(negative, axis=-1) - negative / 2
    with np.errstate(invalid="ignore"):
        return (positive * below).sum(-1) / (positive.sum(-1) * negative.sum(-1))


def brier(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None):
    """Mean squared error of the probabilities (Brier 1950); 0 is perfect. Arguments as `auc`."""
    return _mean((np.asarray(probabilities) - truth) ** 2, weights)


def calibration_error(
    truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None
):
    """Expected calibration error over `BINS` equally wide bins of the probability of tumor.

    The mean distance, weighted by scans, between a bin's mean probability and its share of tumors
    (Naeini et al. 2015, AAAI). Few scans bias it upwards. Arguments as `auc`.
    """
    weights = np.ones(len(truth)) if weights is None else weights
    return sum(map(np.abs, _surplus(truth, probabilities, weights))) / weights.sum(-1)


def calibration_gaps(
    truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Of each bin, mean probability less share of tumors, times the bin's share of the scans.

    The calibration error is the sum of their absolute values. Arguments as `auc`; the result is
    float [..., BINS].
    """
    weights = np.ones(len(truth)) if weights is None else weights
    return np.stack(_surplus(truth, probabilities, weights), -1) / weights.sum(-1, keepdims=True)


def _surplus(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """Of each bin, the sum of its probabilities less the number of its tumors."""
    surplus = weights * (np.asarray(probabilities) - truth)
    bins = bin_of(probabilities)
    return [surplus[..., bins == i].sum(-1) for i in range(BINS)]


BINS = 10
"""Of reliability diagrams and of the calibration error."""


def bin_of(probabilities: np.ndarray) -> np.ndarray:
    """The bin, 0..`BINS`-1, of each probability."""
    return np.minimum((np.asarray(probabilities) * BINS).astype(int), BINS - 1)


def _mean(values: np.ndarray, weights: np.ndarray | None):
    weights = np.ones(len(values)) if weights is None else weights
    with np.errstate(invalid="ignore"):
        return (weights * values).sum(-1) / weights.sum(-1)


def mean_where(values: np.ndarray, chosen: np.ndarray, weights: np.ndarray | None = None):
    """Weighted mean of `values` [N] over the `chosen` (bool [N]); NaN if they have no weight."""
    weights = np.ones(len(values)) if weights is None else weights
    return _mean(values, weights * chosen)
