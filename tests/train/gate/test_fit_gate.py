"""The learned part of the reject gate."""

from base64 import b64decode, b64encode
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import InputSpec, LearnedGate, RejectGate
from edge.scan.gate_features import FEATURE_SETS
from edge.scan.ood_gate import GateResult, apply_gate, gate_features, likeness
from edge.scan.preprocess import ModelInput, preprocess
from train.data.samples import Samples
from train.gate.fit_gate import ACCEPTED, SURE, fit_gate
from train.gate.gate_examples import gate_examples
from train.gate.outliers import KINDS, outlier, vignette
from train.phantom.make import make_phantom

SPEC = InputSpec(64, 64, "grey", crop="head")


def seen(picture):
    """As a device sees it, uint8 [64, 64, 1]."""
    return preprocess(Image.fromarray(picture), SPEC)


def admitted(image, pixels, gate):
    return apply_gate(image, ModelInput(pixels, (0.0, 0.0, 1.0, 1.0), found=True, beside=0.0), gate)


SCANS = np.stack(
    [seen(make_phantom(seed, seed % 2 == 0, size=64).pixels)[..., 0] for seed in range(48)]
)


@pytest.fixture(scope="module")
def gate():
    samples = Samples(SCANS[..., None], np.zeros(48, np.int64), np.arange(48))
    examples = gate_examples(samples[np.arange(36)], 0, SPEC, views=480)
    return fit_gate(examples, samples[np.arange(36, 48)], 0)


@pytest.mark.parametrize("kind", KINDS)
def test_outliers_are_pictures_and_repeat_by_seed(kind):
    one, other = (outlier(kind, np.random.default_rng(3), SCANS) for _ in range(2))
    assert one.shape == (64, 64)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, outlier(kind, np.random.default_rng(4), SCANS))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_features_are_finite_whatever_the_picture(name):
    for pixels in (np.zeros((20, 30, 1), np.uint8), np.full((99, 9, 3), 255, np.uint8)):
        found = gate_features(pixels, name)
        assert found.shape == (FEATURE_SETS[name].count,)
        assert np.isfinite(found).all()


def test_scans_pass_and_others_do_not(gate):
    rng = np.random.default_rng(11)
    new = [seen(make_phantom(seed, False, size=64).pixels) for seed in range(100, 120)]
    passed = [likeness(scan, gate) >= gate.least for scan in new]
    assert np.mean(passed) >= 0.9
    pictures = [outlier(kind, rng, SCANS) for kind in ("noise", "text", "chest") for _ in range(10)]
    refused = [likeness(seen(one), gate) < gate.least for one in pictures]
    assert np.mean(refused) >= 0.9


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


def test_the_reason_says_so(gate):
    page = Image.fromarray(outlier("text", np.random.default_rng(0), SCANS))
    pixels = seen(np.asarray(page))
    assert "does not look like" in admitted(page, pixels, RejectGate(learned=gate)).refused
    assert admitted(page, pixels, RejectGate()).refused is None


def test_the_limits_are_where_so_many_validation_scans_lie(gate):
    found = [likeness(scan[..., None], gate) for scan in SCANS[36:]]
    assert gate.least == pytest.approx(min(0.0, np.quantile(found, 1 - ACCEPTED)), abs=1e-3)
    expected = max(gate.least, np.quantile(found, 1 - SURE))
    assert gate.sure == pytest.approx(expected, abs=1e-3)


def test_no_validation_slice_without_a_brain_may_be_cleared(gate):
    """Scans stand in for slices that the gate takes for scans: no worse case can be."""
    samples = Samples(SCANS[..., None], np.zeros(48, np.int64), np.arange(48))
    train, validation = samples[np.arange(36)], samples[np.arange(36, 48)]
    examples = gate_examples(train, 0, SPEC, views=480)
    found = fit_gate(examples, validation, 0, unclear=samples[np.arange(3)])
    assert (found.weights, found.least) == (gate.weights, gate.least)
    for scan in SCANS[:3]:
        image, pixels = Image.fromarray(scan), scan[..., None]
        said = admitted(image, pixels, RejectGate(learned=found))
        assert said.refused or "hardly looks like" in said.doubt


@pytest.mark.parametrize(("crop", "name"), [("head", "layout"), ("reduced head", "sums")])
def test_features_go_with_the_crop_rule_and_stand_in_the_manifest(crop, name):
    samples = Samples(SCANS[..., None], np.zeros(48, np.int64), np.arange(48))
    examples = gate_examples(samples[np.arange(36)], 0, replace(SPEC, crop=crop), views=60)
    found = fit_gate(examples, samples[np.arange(36, 48)], 0)
    assert found.features == name
    assert np.isfinite(likeness(SCANS[0][..., None], found))
    with pytest.raises(ModelError, match="another size"):
        likeness(
            SCANS[0][..., None], replace(found, features={"layout": "sums", "sums": "layout"}[name])
        )
    with pytest.raises(ModelError, match="unknown features 'taste'; install a newer mri-edge"):
        likeness(SCANS[0][..., None], replace(found, features="taste"))


def test_between_the_limits_there_is_doubt(gate):
    pixels = SCANS[40][..., None]
    found, scan = likeness(pixels, gate), Image.fromarray(SCANS[40])
    unsure = LearnedGate(gate.hidden, gate.weights, found - 1, found + 1)
    said = admitted(scan, pixels, RejectGate(learned=unsure))
    assert said.refused is None
    assert "hardly looks like" in said.doubt
    fine = LearnedGate(gate.hidden, gate.weights, found - 1, found - 0.5)
    assert admitted(scan, pixels, RejectGate(learned=fine)) == GateResult()
    with pytest.raises(ValueError, match="sure"):
        LearnedGate(gate.hidden, gate.weights, 1.0, 0.5)


def test_weights_that_are_no_numbers_are_refused(gate):
    """Else whatever is compared with what comes of them would pass."""
    data = bytearray(b64decode(gate.weights))
    data[-2:] = b"\x00\x7e"
    with pytest.raises(ModelError, match="no number"):
        likeness(SCANS[0][..., None], replace(gate, weights=b64encode(data).decode()))


def test_weights_of_another_size_are_refused(gate):
    for weights in (gate.weights[:-8], "no base64!"):
        broken = LearnedGate(gate.hidden, weights, 0.0)
        with pytest.raises(ModelError, match="another size"):
            likeness(SCANS[0][..., None], broken)
    with pytest.raises(ValueError, match="hidden"):
        LearnedGate(0, "", 0.0)
