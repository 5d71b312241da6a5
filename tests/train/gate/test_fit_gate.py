"""The learned part of the reject gate."""

import numpy as np
import pytest
from PIL import Image

from edge.model_file.manifest import NETWORK, InputSpec
from edge.scan.preprocess import preprocess
from tests.edge.conftest import gate_features
from train.data.samples import Samples
from train.gate.fit_gate import ACCEPTED, SURE, fit_head, in_graph, limits
from train.gate.gate_examples import gate_examples
from train.gate.outliers import KINDS, outlier, vignette
from train.phantom.make import make_phantom

SPEC = InputSpec(64, 64, "grey", crop="head")


def seen(picture):
    """As a device sees it, uint8 [64, 64, 1]."""
    return preprocess(Image.fromarray(picture), SPEC)


def described(stack):
    """Numbers made by hand in place of a network's activations."""
    return np.stack([gate_features(one, "layout") for one in stack])


SCANS = np.stack(
    [seen(make_phantom(seed, seed % 2 == 0, size=64).pixels)[..., 0] for seed in range(48)]
)


@pytest.fixture(scope="module")
def examples():
    samples = Samples(SCANS[..., None], np.zeros(48, np.int64), np.arange(48))
    return gate_examples(samples[np.arange(36)], 0, SPEC, described, views=480)


@pytest.fixture(scope="module")
def head(examples):
    return fit_head(examples, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_outliers_are_pictures_and_repeat_by_seed(kind):
    one, other = (outlier(kind, np.random.default_rng(3), SCANS) for _ in range(2))
    assert one.shape == (64, 64)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, outlier(kind, np.random.default_rng(4), SCANS))


def test_scans_pass_and_others_do_not(head):
    rng = np.random.default_rng(11)
    new = [seen(make_phantom(seed, False, size=64).pixels) for seed in range(100, 120)]
    assert (head.likeness(described(new)) >= 0).mean() >= 0.9
    pictures = [outlier(kind, rng, SCANS) for kind in ("noise", "text", "chest") for _ in range(10)]
    found = head.likeness(described([seen(one) for one in pictures]))
    assert (found < 0).mean() >= 0.9


def test_it_repeats_by_seed_and_says_what_the_fitted_network_says(examples, head):
    again = fit_head(examples, 0)
    for name, value in vars(head).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    assert not np.array_equal(fit_head(examples, 1).first, head.first)
    # Standardisation is folded in: what was learned apart is told apart.
    told = head.likeness(examples.features) >= 0
    assert (told == examples.is_scan).mean() > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_a_head_above_the_brain_is_bright_in_black(seed):
    shown = outlier("vertex", np.random.default_rng(seed), SCANS)
    assert shown[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 30
    assert shown.max() > 120
    assert 0.1 < (shown > 30).mean() < 0.7


def test_computed_tomography_shows_a_white_skull_around_a_flat_brain():
    shown = outlier("ct", np.random.default_rng(1), SCANS)
    scan = SCANS[int(np.random.default_rng(1).integers(len(SCANS)))]
    middle = np.s_[26:38, 26:38]
    assert np.percentile(shown, 95) > 200 > np.percentile(shown[middle], 95)
    assert shown[middle].std() < scan[middle].std()


def test_a_vignette_is_black_but_for_a_rounded_part_that_is_as_it_was():
    page = np.full((64, 64), 200, np.uint8)
    for seed in range(30):
        seen = vignette(page, np.random.default_rng(seed))
        assert seen.dtype == np.uint8
        assert (seen[30:34, 30:34] == 200).all()
        assert (seen[[0, 0, -1, -1], [0, -1, 0, -1]] < 20).all(), "corners"
        assert 0.1 < (seen == 200).mean() < 0.8


def test_the_limits_are_where_so_many_validation_scans_lie(head):
    found = head.likeness(described(SCANS[36:, ..., None]))
    gate = limits(found, np.zeros(0))
    assert gate.least == pytest.approx(min(0.0, np.quantile(found, 1 - ACCEPTED)), abs=1e-3)
    expected = max(gate.least, np.quantile(found, 1 - SURE))
    assert gate.sure == pytest.approx(expected, abs=1e-3)
    assert (gate.features, gate.hidden, gate.weights) == (NETWORK, 0, "")


def test_no_validation_slice_without_a_brain_may_be_cleared():
    found, unclear = np.linspace(0, 10, 100), np.array([1.0, 9.25])
    plain, careful = limits(found, np.zeros(0)), limits(found, unclear)
    assert careful.least == plain.least
    assert careful.sure > unclear.max() > plain.sure


def test_the_limit_to_be_sure_is_never_the_lower_one():
    assert in_graph(0.5, -1.0).sure == 0.5
