"""Scores and their intervals."""

import math

import numpy as np
import pytest

from train.evaluation.metrics import Proportion, score


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
