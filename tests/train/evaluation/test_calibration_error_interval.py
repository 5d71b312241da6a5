"""The interval of the calibration error holds its value always, and the true error nearly so."""

import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="hypothesis is not installed (the dev extra)")

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model_file.manifest import Decision
from train.evaluation import metrics
from train.evaluation.calibration_error_interval import calibration_interval
from train.evaluation.evaluate import Predictions, evaluate


@given(
    number=st.integers(2, 300),
    seed=st.integers(0, 2**32 - 1),
    sureness=st.floats(0.1, 10),
    copies=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_a_value_lies_in_its_interval(number, seed, sureness, copies):
    """The calibration error 0.011 once had the interval [0.000-0.004]."""
    random = np.random.default_rng(seed)
    probability = random.beta(1 / sureness, 1 / sureness, number)
    truth = (random.random(number) < probability).astype(int)
    groups = np.arange(number) // copies
    found = evaluate(Predictions.of(Decision("sigmoid"), truth, probability, groups))
    for name, estimate in found.estimates.items():
        if not np.isnan(estimate.low):
            assert estimate.low <= estimate.value <= estimate.high, name


@pytest.mark.parametrize("true", [0.0, 0.1])
def test_the_true_error_lies_in_it_nearly_always(true):
    """Probabilities that are all right, and probabilities that are all 0.1 too high."""
    held = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        probability = random.uniform(0.1, 1, 250)
        truth = (random.random(250) < probability - true).astype(int)
        weights = random.multinomial(250, np.full(250, 1 / 250), 300).astype(float)
        low, high = calibration_interval(
            float(metrics.calibration_error(truth, probability)),
            metrics.calibration_gaps(truth, probability),
            metrics.calibration_gaps(truth, probability, weights),
        )
        held += low <= true <= high
    assert 89 <= held <= 100


def test_the_gaps_add_up_to_the_error():
    random = np.random.default_rng(0)
    probability, truth = random.random(50), random.integers(0, 2, 50)
    weights = random.integers(0, 3, (4, 50)).astype(float)
    gaps = metrics.calibration_gaps(truth, probability, weights)
    assert gaps.shape == (4, metrics.BINS)
    wanted = metrics.calibration_error(truth, probability, weights)
    np.testing.assert_allclose(np.abs(gaps).sum(-1), wanted)


def test_without_any_error_it_starts_at_the_value():
    truth = np.array([0, 1, 0, 1])
    gaps = metrics.calibration_gaps(truth, truth.astype(float))
    assert calibration_interval(0.0, gaps, np.zeros((9, metrics.BINS))) == (0.0, 0.0)
