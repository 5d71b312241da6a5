"""How good a model's decisions and probabilities are on held-out scans, and how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from edge.inference.decision import verdict
from edge.model_file.manifest import Decision
from train.evaluation import metrics
from train.evaluation.calibration_error_interval import calibration_interval
from train.evaluation.metrics import Proportion, Scores, score
from train.evaluation.threshold_and_temperature import distance

RESAMPLES = 2000
METHOD = (
    f"bootstrap over clusters, {RESAMPLES} resamples, percentiles 2.5 and 97.5 (for the "
    "calibration error, which resampling inflates, by test inversion; at 0 and 1 Wilson's, of the "
    "clusters that decide the measure)"
)
_CHUNK = 200  # resamples at once: 200 x 10,000 weights are 16 MB


@dataclass(frozen=True)
class Predictions:
    """What was decided about held-out scans, by one model or, pooled, by one a fold."""

    truth: np.ndarray
    """int64 [N]: 1 with a tumor."""
    probability: np.ndarray
    """float64 [N], calibrated, of tumor."""
    called: np.ndarray
    """bool [N]: at or above the threshold."""
    uncertain: np.ndarray
    """bool [N]: inside the band."""
    sureness: np.ndarray
    """float64 [N]: distance from the threshold in logits."""
    groups: np.ndarray
    """int64 [N]: scans of one number are duplicates or of one patient."""

    @classmethod
    def of(
        cls, decision: Decision, truth: np.ndarray, probability: np.ndarray, groups: np.ndarray
    ) -> "Predictions":
        """Apply `decision`, with the device's own code, to calibrated probabilities."""
        return cls(
            truth=truth,
            probability=probability,
            called=probability >= decision.threshold,
            uncertain=np.array([verdict(p, decision) == "uncertain" for p in probability], bool),
            sureness=distance(probability, decision.threshold),
            groups=groups,
        )

    @classmethod
    def pooled(cls, parts: Sequence["Predictions"]) -> "Predictions":
        """Those of several folds, one after the other."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            )
        )


@dataclass(frozen=True)
class Estimate:
    """A measure and its 95 % interval by `METHOD`; NaN where it cannot be had."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict:
        """Ready for JSON, which has no NaN."""
        return {
            name: None if np.isnan(value) else value
            for name, value in (("value", self.value), ("low", self.low), ("high", self.high))
        }


@dataclass(frozen=True)
class Evaluation:
    """Held-out scans, which took no part in training or in any choice."""

    scores: Scores
    """Decisions at the chosen threshold, with Wilson's intervals, which take every scan for
    independent."""
    accuracy_at_half: Proportion
    """With 0.5 for the threshold: comparable with accuracies that others publish."""
    estimates: dict[str, Estimate]
    """accuracy, sensitivity, specificity, accuracy_at_half, auc, brier, ece."""
    groups: int
    """Clusters: different scans, or different patients where those are known."""
    covered: Proportion
    """Scans outside the uncertain band."""
    remaining_error: Proportion
    """Wrong verdicts among those."""
    coverage: np.ndarray
    """float64 [N]: share of scans given a verdict, the surest first."""
    risk: np.ndarray
    """float64 [N]: share of wrong ones among those."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        steps = np.unique(np.linspace(0, len(self.coverage) - 1, 21).round().astype(int))
        return {
            **self.scores.to_dict(),
            "accuracy_at_half": self.accuracy_at_half.to_dict(),
            "auc": self.estimates["auc"].to_dict()["value"],
            "groups": self.groups,
            "bootstrap": {
                "method": METHOD,
                **{name: found.to_dict() for name, found in self.estimates.items()},
            },
            "uncertain": {
                "covered": self.covered.to_dict(),
                "remaining_error": self.remaining_error.to_dict(),
                "coverage_risk": [[float(self.coverage[i]), float(self.risk[i])] for i in steps],
            },
        }


def evaluate(found: Predictions, seed: int = 0) -> Evaluation:
    """Score held-out predictions. Deterministic by `seed`, which draws the resamples."""
    truth = found.truth.astype(bool)
    right = found.called == truth
    half = (found.probability >= 0.5) == truth
    everywhere = np.ones(len(truth), bool)
    measures: dict[str, Callable[[np.ndarray | None], np.ndarray]] = {
        "accuracy": lambda w: metrics.mean_where(right, everywhere, w),
        "sensitivity": lambda w: metrics.mean_where(right, truth, w),
        "specificity": lambda w: metrics.mean_where(right, ~truth, w),
        "accuracy_at_half": lambda w: metrics.mean_where(half, everywhere, w),
        "auc": lambda w: metrics.auc(truth, found.probability, w),
        "brier": lambda w: metrics.brier(truth, found.probability, w),
        "ece": lambda w: metrics.calibration_error(truth, found.probability, w),
    }
    every, with_tumor, without = (
        clusters_with(found.groups, where) for where in (everywhere, truth, ~truth)
    )
    rests_on = {
        "accuracy": every,
        "sensitivity": with_tumor,
        "specificity": without,
        "accuracy_at_half": every,
        "auc": min(with_tumor, without),
    }
    parts = {"ece": partial(metrics.calibration_gaps, truth, found.probability)}
    sure = ~found.uncertain
    order = np.argsort(-found.sureness, kind="stable")
    seen = np.arange(1, len(truth) + 1)
    return Evaluation(
        scores=score(truth, found.called, threshold=True),
        accuracy_at_half=Proportion(int(half.sum()), len(half)),
        estimates=cluster_bootstrap(measures, found.groups, seed, parts, rests_on),
        groups=len(set(found.groups.tolist())),
        covered=Proportion(int(sure.sum()), len(sure)),
        remaining_error=Proportion(int((sure & ~right).sum()), int(sure.sum())),
        coverage=seen / len(truth),
        risk=np.cumsum(~right[order]) / seen,
    )


def cluster_bootstrap(
    measures: dict[str, Callable[[np.ndarray | None], np.ndarray]],
    groups: np.ndarray,
    seed: int,
    parts: dict[str, Callable[[np.ndarray | None], np.ndarray]] | None = None,
    rests_on: dict[str, int] | None = None,
) -> dict[str, Estimate]:
    """95 % intervals of measures by drawing whole clusters with replacement.

    Duplicates are no further evidence: drawing scans one by one would count them as such.

    Args:
        measures: functions of weights [..., N] or None.
        groups: int64 [N].
        parts: of measures that are sums of absolute values, functions that give what is summed,
            float [..., parts]. Resampling biases these measures: their intervals are those of
            `train.evaluation.calibration_error_interval`.
        rests_on: of measures between 0 and 1, how many clusters decide them. All resamples of a
            perfect result are perfect, however few there are: at 0 and 1 the interval is Wilson's.
    """
    drawn_from = measures | (parts or {})
    random = np.random.default_rng(seed)
    _, member = np.unique(groups, return_inverse=True)
    count = int(member.max()) + 1
    drawn: dict[str, list] = {name: [] for name in measures}
    for start in range(0, RESAMPLES, _CHUNK):
        size = min(_CHUNK, RESAMPLES - start)
        weights = random.multinomial(count, np.full(count, 1 / count), size=size)[:, member]
        for name, measure in drawn_from.items():
            drawn[name].append(measure(weights.astype(np.float64)))
    found = {}
    for name, measure in measures.items():
        value = float(measure(None))
        values = np.concatenate(drawn[name])
        if parts and name in parts:
            low, high = calibration_interval(value, parts[name](None), values)
        else:
            low, high = _percentiles(values)
            if low == high == value and value in (0, 1) and rests_on and name in rests_on:
                n = rests_on[name]
                low, high = Proportion(int(value) * n, n).interval
        found[name] = Estimate(value, low, high)
    return found


def clusters_with(groups: np.ndarray, where: np.ndarray) -> int:
    """How many clusters have a scan of a kind.

    Args:
        groups: int64 [N].
        where: bool [N].
    """
    return len(np.unique(groups[where]))


def _percentiles(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]  # a resample without one of the classes has no AUC
    low, high = np.percentile(values, [2.5, 97.5]) if len(values) else (np.nan, np.nan)
    return float(low), float(high)
