"""Scores on held-out scans and their intervals."""

import json

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from edge.model_file.manifest import Decision
from train.evaluation import metrics
from train.evaluation.evaluate import Predictions, cluster_bootstrap, evaluate


def drawn(number=300, seed=0):
    random = np.random.default_rng(seed)
    probability = random.random(number).round(2)  # with ties
    truth = (random.random(number) < probability).astype(int)
    return truth, probability


def predictions(truth, probability, groups=None, band=(0.4, 0.6)):
    decision = Decision("sigmoid", 1.0, 0.5, band)
    groups = np.arange(len(truth)) if groups is None else groups
    return Predictions.of(decision, truth, probability, groups)


def test_auc_and_brier_are_sklearns_weighted_or_not():
    truth, probability = drawn()
    weights = np.random.default_rng(1).integers(0, 4, (3, len(truth))).astype(float)
    for ours, theirs in ((metrics.auc, roc_auc_score), (metrics.brier, brier_score_loss)):
        assert ours(truth, probability) == pytest.approx(theirs(truth, probability))
        expected = [theirs(truth, probability, sample_weight=row) for row in weights]
        np.testing.assert_allclose(ours(truth, probability, weights), expected)


def test_one_class_has_no_auc():
    assert np.isnan(metrics.auc(np.ones(3), np.array([0.1, 0.2, 0.3])))


def test_calibration_error_by_hand():
    truth = np.array([0, 1, 1, 1])
    probability = np.array([0.25, 0.25, 0.95, 0.85])
    # One bin is off by 0.25 with half of the scans, two by 0.05 and 0.15 with a quarter each.
    assert metrics.calibration_error(truth, probability) == pytest.approx(0.125 + 0.05)
    assert metrics.calibration_error(truth, truth.astype(float)) == 0.0


def test_a_repeated_scan_weighs_as_its_weight():
    truth, probability = drawn(50)
    weights = np.random.default_rng(2).integers(1, 4, 50)
    again = np.repeat(np.arange(50), weights)
    for measure in (metrics.auc, metrics.brier, metrics.calibration_error):
        expected = measure(truth[again], probability[again])
        assert measure(truth, probability, weights.astype(float)) == pytest.approx(expected)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(100):
        truth, probability = drawn(200, seed)
        right = (probability >= 0.5) == truth
        found = cluster_bootstrap({"a": lambda w, r=right: metrics._mean(r, w)}, np.arange(200), 0)
        held += found["a"].low <= 0.75 <= found["a"].high  # E[max(p, 1 - p)] of a uniform p
    assert 88 <= held <= 100


def test_copies_do_not_narrow_the_interval():
    truth, probability = drawn(100)
    once = evaluate(predictions(truth, probability))
    copied = np.tile(np.arange(100), 5)
    five = evaluate(predictions(truth[copied], probability[copied], copied))
    assert (once.groups, five.groups, five.scores.accuracy.n) == (100, 100, 500)
    for name, estimate in once.estimates.items():
        assert five.estimates[name].value == pytest.approx(estimate.value)
        assert five.estimates[name].low == pytest.approx(estimate.low)
    wilson = [np.diff(found.scores.accuracy.interval)[0] for found in (once, five)]
    assert wilson[1] < wilson[0] / 2  # which is why both are reported


def test_a_perfect_result_on_few_clusters_proves_little():
    truth = np.array([1, 1, 0, 0, 0])
    found = evaluate(predictions(truth, np.array([0.9, 0.8, 0.1, 0.2, 0.3]))).estimates
    # Wilson's of 2, 3 and 5: z2 / (n + z2) is what is left open.
    for name, n in (("auc", 2), ("sensitivity", 2), ("specificity", 3), ("accuracy", 5)):
        assert found[name].value == found[name].high == 1
        assert found[name].low == pytest.approx(n / (n + 1.96**2), abs=1e-3)
    copies = evaluate(
        predictions(
            truth.repeat(9), np.array([0.9, 0.8, 0.1, 0.2, 0.3]).repeat(9), np.arange(5).repeat(9)
        )
    )
    assert copies.estimates["auc"].low == found["auc"].low


def test_values_lie_in_their_intervals():
    found = evaluate(predictions(*drawn()))
    for name, estimate in found.estimates.items():
        assert estimate.low <= estimate.value <= estimate.high, name


def test_uncertain_scans_are_left_out_of_the_remaining_error():
    probability = np.array([0.1, 0.45, 0.55, 0.9, 0.7])
    truth = np.array([0, 1, 0, 1, 0])
    found = evaluate(predictions(truth, probability))
    assert (found.covered.hits, found.covered.n) == (3, 5)
    assert (found.remaining_error.hits, found.remaining_error.n) == (1, 3)
    np.testing.assert_allclose(found.coverage, [0.2, 0.4, 0.6, 0.8, 1.0])
    np.testing.assert_allclose(found.risk, [0, 0, 1 / 3, 2 / 4, 3 / 5])


def test_pooling_keeps_each_folds_own_decision():
    truth, probability = drawn(40)
    strict = Predictions.of(Decision("sigmoid", 1, 0.9, (0.9, 0.9)), truth, probability, truth)
    lax = Predictions.of(Decision("sigmoid", 1, 0.1, (0.1, 0.1)), truth, probability, truth)
    both = Predictions.pooled([strict, lax])
    assert both.called.sum() == (probability >= 0.9).sum() + (probability >= 0.1).sum()


def test_json_has_no_nan_and_names_the_method():
    found = evaluate(predictions(np.ones(4, int), np.array([0.1, 0.5, 0.8, 0.9]))).to_dict()
    text = json.dumps(found["bootstrap"], allow_nan=False)
    assert json.loads(text)["auc"]["value"] is None
    assert "bootstrap over clusters" in text
