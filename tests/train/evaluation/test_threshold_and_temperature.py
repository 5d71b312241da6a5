"""Temperature, threshold and uncertain band, chosen on validation scans."""

import numpy as np
import pytest

from edge.inference.decision import verdict
from edge.model_file.manifest import Decision
from train.evaluation.threshold_and_temperature import (
    FEW,
    MAX_TEMPERATURE,
    balanced_weights,
    choose,
    even_odds,
    fit_temperature,
    uncertain_band,
)


def drawn(number, temperature=1.0, seed=0):
    """Logits and truth of a calibrated model, its logits then multiplied by `temperature`."""
    random = np.random.default_rng(seed)
    margins = random.normal(0, 2, number)
    truth = (random.random(number) < 1 / (1 + np.exp(-margins))).astype(int)
    return margins[:, None] * temperature, truth


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature):
    logits, truth = drawn(20_000, temperature)
    assert fit_temperature(logits[:, 0], truth) == pytest.approx(temperature, rel=0.05)


def test_a_perfect_validation_part_does_not_give_certainty():
    truth = np.arange(20) % 2
    logits = np.where(truth, 3.0, -3.0)[:, None]
    found = choose("sigmoid", 1, logits, truth, np.arange(20))
    assert found.decision.temperature == 1.0
    assert any("soften" in note for note in found.notes)
    # With enough scans it may sharpen, but not without bound.
    assert fit_temperature(logits[:, 0], truth) == 0.25


def test_a_useless_model_is_softened_to_the_bound():
    truth = np.arange(200) % 2
    logits = np.where(np.arange(200) % 4 < 2, 5.0, -5.0)
    assert fit_temperature(logits, truth) == MAX_TEMPERATURE


@pytest.mark.parametrize("target", [0.8, 0.9, 0.95])
def test_new_tumors_pass_the_threshold_as_often_as_was_asked(target):
    found = []
    for seed in range(150):
        logits, truth = drawn(120, seed=seed)
        choice = choose("sigmoid", 1, logits, truth, np.arange(120), target)
        fresh, fresh_truth = drawn(2000, seed=10_000 + seed)
        threshold = choice.decision.threshold
        margin = np.log(threshold / (1 - threshold)) * choice.decision.temperature
        found.append((fresh[fresh_truth == 1, 0] >= margin).mean())
    assert target - 0.01 < np.mean(found) < target + 0.03


def test_a_threshold_is_never_above_a_half():
    truth = np.arange(200) % 2
    logits = np.where(truth, 4.0, 3.0)[:, None]
    assert choose("sigmoid", 1, logits, truth, np.arange(200)).decision.threshold <= 0.5


def test_few_tumors_promise_nothing_and_say_so():
    logits, truth = drawn(30)
    found = choose("sigmoid", 1, logits, truth, np.arange(30))
    assert any("too few to promise a sensitivity of 0.95" in note for note in found.notes)
    assert found.groups < FEW
    logits, truth = drawn(400)
    assert choose("sigmoid", 1, logits, truth, np.arange(400)).notes == ()


def test_softmax_and_sigmoid_choose_alike():
    logits, truth = drawn(300)
    two = np.concatenate([logits * -0.5, logits * 0.5], axis=1)
    first = choose("sigmoid", 1, logits, truth, np.arange(300)).decision
    second = choose("softmax", 1, two, truth, np.arange(300)).decision
    assert second.threshold == pytest.approx(first.threshold, abs=2e-4)
    assert second.uncertain == pytest.approx(first.uncertain, abs=2e-4)


@pytest.mark.parametrize("coverage", [1.0, 0.9, 0.5])
@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5])
def test_the_band_leaves_the_share_a_verdict_and_holds_the_threshold(coverage, threshold):
    probabilities = np.random.default_rng(0).beta(0.5, 0.5, 400)
    low, high = uncertain_band(probabilities, threshold, coverage)
    decision = Decision("sigmoid", 1.0, threshold, (low, high))  # checks its own order
    unsure = sum(verdict(p, decision) == "uncertain" for p in probabilities)
    assert unsure / 400 == pytest.approx(1 - coverage, abs=0.01)
    if coverage == 1:
        assert low == high == threshold


def test_a_threshold_at_an_end_has_no_band():
    assert uncertain_band(np.linspace(0, 1, 50), 0.0, 0.5) == (0.0, 0.0)


TRUTH = np.array([1] * 90 + [1] * 10 + [0] * 50)
SOURCES = np.array(["a/x"] * 60 + ["a/z"] * 30 + ["b/x"] * 10 + ["a/y"] * 50)


def test_classes_weigh_alike_and_folders_by_the_root_of_their_scans():
    weights = balanced_weights(TRUTH, SOURCES)
    assert weights.sum() == pytest.approx(150)
    assert weights[TRUTH == 1].sum() == pytest.approx(75)
    assert weights[90:100].sum() == pytest.approx(75 / 4), "10 scans to 90: 1 to 3"
    assert len(set(weights[:90].tolist())) == 1, "a folder's scans all weigh the same"


def test_weights_count_as_so_many_copies_do():
    logits, truth = drawn(400)
    copies = np.random.default_rng(1).integers(1, 4, 400)
    weighed = choose("sigmoid", 1, logits, truth, np.arange(400), weights=copies.astype(float))
    every = np.repeat(np.arange(400), copies)
    copied = choose("sigmoid", 1, logits[every], truth[every], every)
    assert weighed.decision.temperature == pytest.approx(copied.decision.temperature, abs=2e-4)
    assert weighed.decision.threshold == pytest.approx(copied.decision.threshold, rel=0.05)
    assert weighed.decision.uncertain == pytest.approx(copied.decision.uncertain, rel=0.05)
    assert (weighed.scans, weighed.tumors) == (400, truth.sum())


def test_no_scan_lies_on_a_bound_of_the_band_however_scans_weigh():
    """It would be called by how an engine rounds."""
    ordered = 1 / (1 + np.exp(-np.linspace(0.01, 4, 150)))
    for seed in range(20):
        p = np.random.default_rng(seed).permutation(ordered)
        bounds = uncertain_band(p, 0.5, 0.9, balanced_weights(TRUTH, SOURCES))
        assert np.abs(p[:, None] - np.array(bounds)).min() > 1e-3


def test_a_few_heavy_tumors_promise_nothing_and_say_so():
    logits, truth = drawn(400)
    heavy = np.where(np.arange(400) < 20, 1000.0, 1.0)
    found = choose("sigmoid", 1, logits, truth, np.arange(400), weights=heavy)
    assert any("too few to promise" in note for note in found.notes)


def test_even_odds_are_found_wherever_the_logits_lie():
    random = np.random.default_rng(0)
    margins = random.logistic(size=4000) * 2 - 7
    truth = (random.random(4000) < 1 / (1 + np.exp(-(margins + 7.5)))).astype(int)
    assert even_odds(margins, truth, np.ones(4000)) == pytest.approx(-7.5, abs=0.15)


def test_even_odds_of_what_tells_perfectly_or_not_at_all():
    truth = np.array([0] * 20 + [1] * 20)
    for sign in (1, -1):
        margins = sign * np.where(truth == 1, 3.0, 1.0)
        assert even_odds(margins, truth, np.ones(40)) == pytest.approx(2 * sign, abs=0.01)
