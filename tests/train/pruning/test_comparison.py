"""How far a pruned network is from its teacher, by hand."""

import numpy as np
import pytest

from edge.model_file.manifest import Decision
from train.errors import TrainError
from train.evaluation.evaluate import Predictions
from train.evaluation.metrics import Proportion
from train.pruning.comparison import changed_verdicts, check_limit, compare, reversed_verdicts

DECISION = Decision("sigmoid", 1.0, 0.5, (0.3, 0.7))


def said(*probabilities):
    truth = np.arange(len(probabilities)) % 2
    return Predictions.of(DECISION, truth, np.array(probabilities), np.arange(len(truth)))


TEACHER = said(0.1, 0.9, 0.4, 0.6, 0.2, 0.8)
STUDENT = said(0.9, 0.1, 0.6, 0.8, 0.2, 0.6)


def test_two_that_are_uncertain_say_the_same():
    # 0.4 and 0.6 are both uncertain, though on two sides of the threshold.
    assert changed_verdicts(TEACHER, STUDENT) == Proportion(4, 6)


def test_reversed_is_a_tumor_for_one_and_none_for_the_other():
    assert reversed_verdicts(TEACHER, STUDENT) == Proportion(2, 6)
    assert reversed_verdicts(TEACHER, TEACHER).hits == 0


def test_the_comparison_says_both():
    found = compare(TEACHER, STUDENT, 0)
    assert found.to_dict()["verdicts_reversed"]["hits"] == 2
    assert "4 of 6 verdicts changed, 2 of them reversed" in str(found)


def test_the_limit_fails_closed():
    check_limit(Proportion(1, 100), 0.01)
    check_limit(Proportion(1, 10), 0.01)  # one may, in few scans
    for changed, most in ((Proportion(2, 100), 0.01), (Proportion(1, 100), 0)):
        with pytest.raises(TrainError, match="it is not kept"):
            check_limit(changed, most)
