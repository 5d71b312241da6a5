"""Verdicts and probabilities against the truth, and against Keras."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.shares import Share
from benchmarks.accuracy.tumor_types import TypeAccuracy, score_types
from edge.inference.prediction import Prediction
from edge.model_file.manifest import Decision, TypeSpec
from edge.model_file.provenance import TypeMatch
from export.prove.match_types import compare_types
from export.prove.parity import verdict_pairs
from train.evaluation.metrics import Proportion, auc, calibration_error, score


@dataclass(frozen=True)
class Accuracy:
    """Against the labels, over the scans that were not rejected; uncertain ones count by the
    threshold."""

    accuracy: Share
    sensitivity: Share
    specificity: Share
    auc: float | None
    """None if the scans are of one class."""
    ece: float
    """Expected calibration error, 10 bins."""


@dataclass(frozen=True)
class Agreement:
    """Against Keras, on the scans that both judged."""

    source: str
    """Keras here, or a reference file."""
    scans: int
    changed: int
    """Verdicts that differ, types of tumor included."""
    max_difference: float
    """In the probability of tumor."""
    mean_difference: float
    only_model_right: int | None
    """McNemar's counts at the threshold; None without labels."""
    only_keras_right: int | None
    mcnemar_p: float | None
    """Exact and two-sided (McNemar 1947): the probability of counts so unlike by chance."""
    sensitivity: Share | None
    keras_sensitivity: Share | None
    """Both on these scans."""
    same_pixels: int | None = None
    """Scans that were decoded and preprocessed to the very bytes of the reference file; None
    without one."""
    types: TypeMatch | None = None
    """Of scans that both call a tumor; None if the model tells no types, or Keras' are not
    known."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What the Keras model makes of N scans."""

    source: str
    """In words."""
    probabilities: np.ndarray
    """Calibrated, of tumor, float64 [N]; NaN where not known."""
    same_pixels: int | None = None
    """See `Agreement`."""
    types: np.ndarray | None = None
    """Probability of each type that the model tells, float64 [N, types]; None if not known."""


@dataclass(frozen=True)
class Evaluation:
    """What a model made of scans."""

    scans: int
    rejected: Share
    uncertain: Share
    """Of those not rejected."""
    accuracy: Accuracy | None
    """None without labels."""
    agreement: Agreement | None
    """None without Keras and without a reference."""
    types: TypeAccuracy | None = None
    """None if the model tells no types of tumor, or those of the scans are not known."""


def evaluate_predictions(
    predictions: Sequence[Prediction],
    truth: np.ndarray | None,
    decision: Decision,
    expected: Expected | None,
    types: Sequence[str] = (),
    spec: TypeSpec | None = None,
) -> Evaluation:
    """Score the predictions for N scans.

    Args:
        truth: 1 with a tumor, 0 without, [N].
        expected: what Keras makes of the same scans.
        types: true type of each scan's tumor, "" where not known; empty: none is.
        spec: of the types that the model tells; None: it tells none.
    """
    values = np.array([np.nan if p.probability is None else p.probability for p in predictions])
    asked = np.isfinite(values)
    uncertain = sum(prediction.verdict == "uncertain" for prediction in predictions)
    return Evaluation(
        scans=len(predictions),
        rejected=Share.of(int((~asked).sum()), len(predictions)),
        uncertain=Share.of(uncertain, int(asked.sum())),
        accuracy=None
        if truth is None or not asked.any()
        else score_probabilities(values[asked], truth[asked], decision.threshold),
        agreement=expected and _agreement(predictions, values, truth, decision, expected, spec),
        types=score_types(predictions, types, spec.labels) if types and spec else None,
    )


def score_probabilities(values: np.ndarray, truth: np.ndarray, threshold: float) -> Accuracy:
    """Score probabilities of tumor, float [N], against 0 or 1, [N]."""
    scores = score(truth, values, threshold)
    area = float(auc(truth, values))
    return Accuracy(
        *(_share(p) for p in (scores.accuracy, scores.sensitivity, scores.specificity)),
        auc=area if math.isfinite(area) else None,
        ece=float(calibration_error(truth, values)),
    )


def mcnemar(only_one: int, only_other: int) -> float:
    """Two-sided exact p-value: how often a fair coin parts `only_one + only_other` so unevenly."""
    n, least = only_one + only_other, min(only_one, only_other)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(least + 1)) / 2**n)


def _agreement(
    predictions, values, truth, decision: Decision, expected: Expected, spec: TypeSpec | None
) -> Agreement | None:
    both = np.isfinite(values) & np.isfinite(expected.probabilities)
    if not both.any():
        return None
    own, keras = values[both], expected.probabilities[both]
    judged = [predictions[i] for i in np.flatnonzero(both)]
    pairs = verdict_pairs(judged, keras, decision)
    types = None
    if spec and expected.types is not None:
        told = [p.type_probabilities and (p.type_probabilities, p.type) for p in judged]
        types, _ = compare_types(told, pairs, expected.types[both], spec)
    difference = np.abs(own - keras)
    counts = (None,) * 3
    sensitivities = (None, None)
    if truth is not None:
        labels = truth[both].astype(bool)
        right, keras_right = ((p >= decision.threshold) == labels for p in (own, keras))
        model_only, keras_only = (
            int((right & ~keras_right).sum()),
            int((keras_right & ~right).sum()),
        )
        counts = model_only, keras_only, mcnemar(model_only, keras_only)
        sensitivities = tuple(
            _share(score(labels, p, decision.threshold).sensitivity) for p in (own, keras)
        )
    return Agreement(
        expected.source,
        int(both.sum()),
        sum(a != b for a, b in pairs) + (types.changed if types else 0),
        float(difference.max()),
        float(difference.mean()),
        *counts,
        *sensitivities,
        expected.same_pixels,
        types,
    )


def _share(p: Proportion) -> Share:
    return Share.of(p.hits, p.n)
