"""Conventions tried on labelled scans: which one fits, and is that clear?

The scans are of the training part, which chooses nothing else; the test part is not looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from export.adopt.activation import tumor_log_odds
from export.adopt.conventions import Convention
from export.adopt.labels import Labels
from export.errors import ExportError
from train.evaluation import metrics
from train.evaluation.evaluate import Estimate, cluster_bootstrap
from train.evaluation.metrics import Proportion

TRIAL_SCANS = 100
"""Half of each class, no file twice."""


@dataclass(frozen=True)
class Tried:
    """A convention, with the order of labels that suits it better, on the trial's scans."""

    convention: Convention
    labels: Labels
    accuracy: Proportion
    """By the network's own decision: at a probability of tumor of 0.5."""
    auc: Estimate
    logits: np.ndarray
    """[N, outputs]."""
    odds: np.ndarray
    """Log-odds of tumor, float64 [N]."""
    right: np.ndarray
    """bool [N]."""
    verdict: str = ""
    """"fits", "wrong", or "cannot be told apart"."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "scaling": self.convention.scaling,
            "color": self.convention.color,
            "order": list(self.labels.names),
            "accuracy": self.accuracy.to_dict(),
            "auc": self.auc.to_dict(),
            "verdict": self.verdict,
        }


def attempt(
    predict: Callable[[np.ndarray], np.ndarray],
    conventions: Sequence[Convention],
    labels: Sequence[Labels],
    pixels: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
) -> list[Tried]:
    """Every convention on the scans, the best first.

    Args:
        predict: float32 [N, H, W, C] -> logits [N, outputs].
        labels: orders that come into question.
        pixels: uint8 [N, H, W, C]. truth: 1 with a tumor, [N]. groups: clusters, [N].
    """
    found = []
    for convention in conventions:
        logits = predict(convention.applied(pixels))
        tried = [_tried(convention, one, logits, truth, groups) for one in labels]
        found.append(max(tried, key=_rank))
    return sorted(found, key=_rank, reverse=True)


def judge(tried: Sequence[Tried], truth: np.ndarray, groups: np.ndarray) -> list[Tried]:
    """The same with their verdicts: which fits, which are wrong, which cannot be told from it."""
    best, *others = tried
    if not best.auc.low > 0.5:
        return [_as(one, "wrong") for one in tried]
    unclear = [one for one in others if not _worse(one, best, truth, groups)]
    first = "cannot be told apart" if unclear else "fits"
    return [
        _as(best, first),
        *(_as(one, "cannot be told apart" if one in unclear else "wrong") for one in others),
    ]


def chosen(tried: Sequence[Tried], given: bool) -> Tried:
    """The one that fits.

    Args:
        given: whether all is given that is tried otherwise; then it is taken, fit or not.

    Raises:
        ExportError: none does, or it is not clear which; or it takes tumors for none.
    """
    if tried[0].auc.high < 0.5:
        raise ExportError(
            f"under {tried[0].convention.words} {tried[0].labels.words} the network takes scans "
            f"with a tumor for those without, and the other way round (AUC {tried[0].auc.value:.3f}"
            f" [{tried[0].auc.low:.3f}-{tried[0].auc.high:.3f}]); turn --order round, or name "
            "another label with --negative"
        )
    if tried[0].verdict == "fits" or given:
        return tried[0]
    if tried[0].verdict == "wrong":
        raise ExportError(
            "none of the conventions fits: under each the network tells scans with a tumor from "
            "those without no better than chance. Are --order and --negative right, and are these "
            "scans of the kind that it is for?"
        )
    alike = [one for one in tried if one.verdict == "cannot be told apart"]
    given = " or ".join(one.convention.words for one in alike)
    raise ExportError(
        "it is not clear from these scans how the network takes its pixels; look it up where it "
        f"was trained, and give {given}"
    )


def doubt(one: Tried, truth: np.ndarray, groups: np.ndarray) -> str | None:
    """Whether another of three labels or more seems to be the one that means no tumor, in words."""
    for name in one.labels.names:
        if len(one.labels.names) < 3 or name in one.labels.negative:
            continue
        other = Labels(one.labels.names, (name,))
        odds = tumor_log_odds(one.logits, other.is_negative)
        gain = _gain(truth, odds, one.odds)
        if np.isfinite(odds).all() and cluster_bootstrap(gain, groups, 0)["auc"].low > 0:
            area = metrics.auc(truth, odds)
            return (
                f"these scans say that {name} means no tumor (AUC {area:.3f}), and not "
                f"{', '.join(one.labels.negative)} (AUC {one.auc.value:.3f}); are --order and "
                "--negative right?"
            )
    return None


def lines(tried: Sequence[Tried]) -> list[str]:
    """The trial in words, a line a convention."""
    return [
        f"  {one.convention.words:38} accuracy {one.accuracy}, AUC {one.auc.value:.3f} "
        f"[{one.auc.low:.3f}-{one.auc.high:.3f}], {one.labels.words}: {one.verdict}"
        for one in tried
    ]


def _tried(
    convention: Convention, labels: Labels, logits: np.ndarray, truth: np.ndarray, groups
) -> Tried:
    odds = tumor_log_odds(logits, labels.is_negative)
    if not np.isfinite(odds).all():
        odds = np.zeros(len(odds))  # that scaling takes it beyond all numbers
    right = (odds >= 0) == (truth == 1)
    area = cluster_bootstrap({"auc": lambda w: metrics.auc(truth, odds, w)}, groups, 0)["auc"]
    hits = Proportion(int(right.sum()), len(right))
    return Tried(convention, labels, hits, area, logits, odds, right)


def _rank(one: Tried) -> tuple[float, float]:
    return one.accuracy.value, one.auc.value


def _worse(one: Tried, best: Tried, truth: np.ndarray, groups: np.ndarray) -> bool:
    """Whether it is right on fewer scans, or orders them worse, beyond what chance explains."""
    gain = best.right.astype(float) - one.right
    everywhere = np.ones(len(gain), bool)
    measures = {
        "accuracy": lambda w: metrics.mean_where(gain, everywhere, w),
        **_gain(truth, best.odds, one.odds),
    }
    return any(found.low > 0 for found in cluster_bootstrap(measures, groups, 0).values())


def _gain(truth: np.ndarray, better: np.ndarray, worse: np.ndarray) -> dict:
    """By how much log-odds order scans better than others, as `cluster_bootstrap` takes it."""
    return {"auc": lambda w: metrics.auc(truth, better, w) - metrics.auc(truth, worse, w)}


def _as(one: Tried, verdict: str) -> Tried:
    return replace(one, verdict=verdict)
