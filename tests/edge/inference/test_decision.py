"""From logits to a verdict."""

import math

import numpy as np
import pytest

from edge.errors import EngineError
from edge.inference.decision import probability, verdict
from edge.model_file.manifest import Decision

SIGMOID, SOFTMAX = Decision("sigmoid"), Decision("softmax")


@pytest.mark.parametrize("logit", [-2.0, 0.0, 3.5])
def test_sigmoid(logit):
    expected = 1 / (1 + math.exp(-logit))
    assert probability(np.array([logit]), SIGMOID, 1) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("positive", [0, 1])
def test_softmax_of_the_positive_label(positive):
    logits = np.array([0.3, -1.2])
    expected = math.exp(logits[positive]) / np.exp(logits).sum()
    assert probability(logits, SOFTMAX, positive) == pytest.approx(expected, abs=1e-15)


def test_temperature_softens():
    warm = Decision("sigmoid", temperature=2.0)
    assert probability(np.array([4.0]), warm, 1) == probability(np.array([2.0]), SIGMOID, 1)


def test_extreme_logits_do_not_overflow():
    assert probability(np.float32([1e38]), SIGMOID, 1) == 1.0
    assert probability(np.float32([-1e38]), SIGMOID, 1) == 0.0


@pytest.mark.parametrize("logits", [[math.nan], [math.inf], [1.0, 2.0], []])
def test_no_verdict_from_nonsense(logits):
    with pytest.raises(EngineError):
        probability(np.array(logits), SIGMOID, 1)


def test_threshold_and_band():
    decision = Decision("sigmoid", threshold=0.4, uncertain=(0.3, 0.6))
    words = [verdict(p, decision) for p in (0.0, 0.3, 0.31, 0.59, 0.6, 1.0)]
    assert words == ["no_tumor", "no_tumor", "uncertain", "uncertain", "tumor", "tumor"]
    assert verdict(0.5, SIGMOID) == "tumor"
    assert verdict(0.4999, SIGMOID) == "no_tumor"
