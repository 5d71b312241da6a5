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
        return max(0.0, center - half), min(1.0, center + half)

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
