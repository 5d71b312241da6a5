"""Scores and their intervals."""

import math

import numpy as np
import pytest

from train.evaluation.metrics import Proportion, degenerate, score


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (42, 51), (1, 1000)])
def test_wilson_is_scipys(hits, n):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert Proportion(hits, n).interval == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_measured_is_said():
    nothing = Proportion(0, 0)
    assert math.isnan(nothing.value)
    assert nothing.interval == (0.0, 1.0)
    assert str(nothing) == "none to measure"
    assert nothing.to_dict()["value"] is None


def test_a_proportion_in_words():
    assert str(Proportion(42, 51)) == "82.4% [69.7%-90.4%] (42 of 51)"


def test_scores_count_what_they_say():
    truth = np.array([1, 1, 1, 0, 0])
    found = score(truth, np.array([0.9, 0.5, 0.1, 0.4, 0.6]), threshold=0.5)
    assert (found.accuracy.hits, found.accuracy.n) == (3, 5)
    assert (found.sensitivity.hits, found.sensitivity.n) == (2, 3)
    assert (found.specificity.hits, found.specificity.n) == (1, 2)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "words"),
    [
        ((31, 31), (0, 20), "above the threshold, with a tumor or without (specificity 0 of 20)"),
        ((0, 31), (20, 20), "below the threshold, with a tumor or without (sensitivity 0 of 31)"),
        ((27, 31), (0, 20), "every scan without a tumor is above the threshold"),
        ((0, 31), (8, 20), "every scan with a tumor is below the threshold"),
        ((0, 31), (0, 20), "wrong side of the threshold (sensitivity 0 of 31, specificity 0 of"),
    ],
)
def test_a_model_that_never_knows_a_class_is_degenerate(sensitivity, specificity, words):
    found = degenerate(Proportion(*sensitivity), Proportion(*specificity))
    assert found.startswith("DEGENERATE: ")
    assert words in found


@pytest.mark.parametrize(
    ("sensitivity", "specificity"),
    [((27, 31), (8, 20)), ((31, 31), (1, 20)), ((5, 5), (0, 3)), ((1, 1), (0, 0))],
)
def test_bad_luck_with_few_scans_is_not_degenerate(sensitivity, specificity):
    assert degenerate(Proportion(*sensitivity), Proportion(*specificity)) is None
