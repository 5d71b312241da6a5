"""Verdicts against the truth and against Keras."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.accuracy.agreement import Expected, evaluate_predictions, mcnemar
from edge.inference.decision import verdict
from edge.inference.prediction import Prediction
from edge.model_file.manifest import Decision, TypeSpec

DECISION = Decision("sigmoid", threshold=0.5, uncertain=(0.4, 0.6))
TRUTH = np.array([1, 1, 1, 0, 0])


def predictions(*values):
    return [
        Prediction(
            "rejected" if value is None else verdict(value, DECISION),
            *(value, None, "m", "0", False, 1.0, 1.0, 1.0),
        )
        for value in values
    ]


def test_everything_is_counted():
    keras = Expected("Keras", np.array([0.8, 0.7, 0.9, 0.7, np.nan]))
    found = evaluate_predictions(predictions(0.9, 0.2, None, 0.3, 0.55), TRUTH, DECISION, keras)
    assert (found.scans, found.rejected.hits, found.rejected.n) == (5, 1, 5)
    assert (found.uncertain.hits, found.uncertain.n) == (1, 4)
    scores = found.accuracy
    assert (scores.accuracy.hits, scores.accuracy.n) == (2, 4)
    assert (scores.sensitivity.hits, scores.sensitivity.n) == (1, 2)
    assert scores.accuracy.low < 0.5 < scores.accuracy.high
    against = found.agreement
    assert (against.scans, against.changed) == (3, 2)
    assert against.max_difference == pytest.approx(0.5)
    assert (against.only_model_right, against.only_keras_right) == (1, 1)
    assert against.mcnemar_p == 1.0
    assert (against.sensitivity.hits, against.keras_sensitivity.hits) == (1, 2)
    assert against.same_pixels is None


def test_without_labels_and_without_keras():
    found = evaluate_predictions(predictions(0.9, 0.2), None, DECISION, None)
    assert (found.accuracy, found.agreement) == (None, None)
    keras = Expected("reference", np.array([0.9, 0.9]), 2)
    against = evaluate_predictions(predictions(0.9, 0.2), None, DECISION, keras).agreement
    assert (against.changed, against.only_model_right, against.sensitivity) == (1, None, None)
    assert against.same_pixels == 2


def test_a_scan_that_the_gate_doubts_is_uncertain_whoever_judged_it():
    """The reject gate looks at the scan alone, and clears none that it doubts."""
    clear, doubted = predictions(0.1, 0.3)
    doubted = replace(doubted, verdict="uncertain", doubtful=True)
    keras = Expected("Keras", np.array([0.1, 0.5]))  # in the band of uncertain ones, by itself
    against = evaluate_predictions([clear, doubted], np.array([0, 0]), DECISION, keras).agreement
    assert (against.scans, against.changed) == (2, 0)


def test_another_type_than_keras_is_a_changed_verdict():
    typed = [
        replace(one, typed=True, type=type, type_probabilities={"a": a, "b": 1 - a})
        for one, type, a in zip(
            predictions(0.9, 0.8, 0.7), ("a", "uncertain", "b"), (0.9, 0.55, 0.2), strict=True
        )
    ]
    clear = replace(predictions(0.1)[0], typed=True)
    told = np.array([[0.8, 0.2], [0.7, 0.3], [0.3, 0.7], [0.9, 0.1]])
    keras = Expected("Keras", np.array([0.9, 0.8, 0.7, 0.1]), types=told)
    spec = TypeSpec(("a", "b"), limit=0.6)
    against = evaluate_predictions(
        [*typed, clear], np.array([1, 1, 1, 0]), DECISION, keras, spec=spec
    ).agreement
    assert (against.types.scans, against.types.changed) == (3, 1), "the clear one has no type"
    assert against.types.max_difference == pytest.approx(0.15)
    assert against.changed == 1
    plain = evaluate_predictions([*typed, clear], None, DECISION, replace(keras, types=None))
    assert plain.agreement.types is None


def test_a_reference_of_other_scans_says_nothing():
    keras = Expected("reference", np.array([np.nan, np.nan]))
    assert evaluate_predictions(predictions(0.9, 0.2), None, DECISION, keras).agreement is None


def test_all_rejected():
    found = evaluate_predictions(predictions(None, None), np.array([1, 0]), DECISION, None)
    assert (found.rejected.hits, found.accuracy) == (2, None)


@pytest.mark.parametrize("counts", [(0, 0), (0, 5), (5, 0), (3, 9), (4, 4)])
def test_mcnemar_is_the_exact_binomial_test(counts):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(counts[0], sum(counts)).pvalue if sum(counts) else 1.0
    assert mcnemar(*counts) == pytest.approx(expected)
