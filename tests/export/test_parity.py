"""The proof's words, where the figures alone would puzzle a reader."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from collections import Counter

from edge.manifest import Decision
from export.parity import _crossed, _words
from train.metrics import score

DECISION = Decision(transform="sigmoid", temperature=1.0, threshold=0.5, uncertain=(0.4, 0.6))


def test_scans_that_stay_uncertain_and_cross_the_threshold_are_told_apart():
    truth = np.array([0, 0, 1, 1])
    keras, exported = np.array([0.1, 0.51, 0.7, 0.8]), np.array([0.1, 0.49, 0.7, 0.8])
    assert _crossed(keras, exported, DECISION) == 1
    scores = [score(truth, p, DECISION.threshold) for p in (keras, exported)]
    words = _words(Counter(), 4, scores, 1, [0.1, 0.1], np.abs(keras - exported))
    assert words.startswith("0 of 4 verdicts changed; ")
    assert "specificity 100.0%" in words
    assert "these count 1 that stayed uncertain and crossed the threshold" in words
    # A changed verdict is told as such, not here.
    assert _crossed(np.array([0.3]), np.array([0.7]), DECISION) == 0
    assert _crossed(keras, keras, DECISION) == 0
