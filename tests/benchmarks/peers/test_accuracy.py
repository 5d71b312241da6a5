"""What verdicts and scores of a system are worth."""

import math

import pytest

from benchmarks.peers.accuracy import LEAST, count, score
from benchmarks.peers.process import Answer


def said(scores, verdict="tumor"):
    return [Answer(verdict, value) for value in scores]


def test_verdicts_are_counted_and_errors_are_no_verdict():
    answers = [Answer("tumor", 1.0), Answer("uncertain", 0.5), Answer("rejected", 0.1)]
    answers += [Answer("no_tumor", 0.0), Answer(error="ValueError: no")]
    found = count(answers)
    assert (found.tumor, found.no_tumor, found.withheld, found.failed) == (1, 1, 2, 1)
    assert str(found.share) == "20.0% [3.6%-62.4%] (1 of 5)"


def test_the_auc_is_by_the_scores_of_those_that_have_one():
    answers = [*said([2.0] * LEAST), *said([1.0] * LEAST, "no_tumor"), Answer(error="x")]
    truth = [True] * LEAST + [False] * LEAST + [True]
    found = score(answers, truth, list(range(len(truth))), seed=0)
    assert (found.auc.value, found.judged) == (1.0, 2 * LEAST)
    assert found.auc.low == pytest.approx(LEAST / (LEAST + 1.96**2), abs=1e-3)
    assert found.with_tumor.failed == 1


def test_too_few_of_a_class_have_no_auc():
    answers = said([2.0] * 20)
    assert score(answers, [True] * 20, list(range(20)), seed=0).auc is None


def test_patients_are_drawn_whole():
    scores = [float(n % 5) for n in range(40)]
    truth = [n % 2 == 0 for n in range(40)]
    alone = score(said(scores), truth, list(range(40)), seed=0).auc
    whole = score(said(scores), truth, [n // 10 for n in range(40)], seed=0).auc
    assert math.isclose(alone.value, whole.value)
    assert whole.high - whole.low < alone.high - alone.low, "each of these has the same scores"
