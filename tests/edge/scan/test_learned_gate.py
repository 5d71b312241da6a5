"""The learned part of a reject gate that goes by numbers made by hand, as files of before 3.0."""

from base64 import b64decode, b64encode
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import LearnedGate, RejectGate
from edge.scan.gate_features import FEATURE_SETS
from edge.scan.ood_gate import GateResult, apply_gate, likeness
from edge.scan.preprocess import ModelInput
from tests.edge.conftest import gate_features

SIDE = 64


def picture(seed: int) -> np.ndarray:
    """uint8 [64, 64, 1]."""
    return np.random.default_rng(seed).integers(0, 200, (SIDE, SIDE, 1), np.uint8)


def gate_of(name: str, units: int = 3) -> LearnedGate:
    """Random weights over a set of features."""
    random, count = np.random.default_rng(0), FEATURE_SETS[name].count
    steps = random.integers(-127, 128, (count, units), np.int8)
    rest = random.normal(0.0, 0.01, 3 * units + 1).astype("<f2")
    weights = b64encode(steps.tobytes() + rest.tobytes()).decode()
    return LearnedGate(units, weights, -99.0, features=name)


@pytest.fixture(params=FEATURE_SETS)
def gate(request):
    return gate_of(request.param)


def said(pixels, gate):
    seen = ModelInput(pixels, (0.0, 0.0, 1.0, 1.0), found=True, beside=0.0)
    return apply_gate(Image.fromarray(pixels[..., 0]), seen, RejectGate(learned=gate))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_features_are_finite_whatever_the_picture(name):
    for pixels in (np.zeros((20, 30, 1), np.uint8), np.full((99, 9, 3), 255, np.uint8)):
        found = gate_features(pixels, name)
        assert found.shape == (FEATURE_SETS[name].count,)
        assert np.isfinite(found).all()


def test_it_is_a_hidden_layer_of_rectified_units(gate):
    pixels, count = picture(1), FEATURE_SETS[gate.features].count
    data = b64decode(gate.weights)
    steps = np.frombuffer(data, np.int8, count * 3).reshape(count, 3).astype(np.float32)
    scale, bias, last, offset = np.split(np.frombuffer(data, "<f2", offset=count * 3), [3, 6, 9])
    hidden = gate_features(pixels, gate.features) @ (steps * scale.astype(np.float32)) + bias
    wanted = np.maximum(hidden, 0) @ last + offset[0]
    assert likeness(pixels, gate) == pytest.approx(wanted, abs=1e-3)


def test_below_the_limit_it_is_refused_and_between_the_limits_there_is_doubt(gate):
    pixels = picture(2)
    found = likeness(pixels, gate)
    assert "does not look like" in said(pixels, replace(gate, least=found + 1)).refused
    unsure = said(pixels, replace(gate, least=found - 1, sure=found + 1))
    assert unsure.refused is None
    assert "hardly looks like" in unsure.doubt
    assert said(pixels, replace(gate, least=found - 1, sure=found - 0.5)) == GateResult()
    with pytest.raises(ValueError, match="sure"):
        replace(gate, least=1.0, sure=0.5)


def test_another_set_of_features_is_refused(gate):
    other = next(name for name in FEATURE_SETS if name != gate.features)
    with pytest.raises(ModelError, match="another size"):
        likeness(picture(3), replace(gate, features=other))
    with pytest.raises(ModelError, match="unknown features 'taste'; install a newer mri-edge"):
        likeness(picture(3), replace(gate, features="taste"))


def test_weights_that_are_no_numbers_are_refused(gate):
    """Else whatever is compared with what comes of them would pass."""
    data = bytearray(b64decode(gate.weights))
    data[-2:] = b"\x00\x7e"
    with pytest.raises(ModelError, match="no number"):
        likeness(picture(4), replace(gate, weights=b64encode(data).decode()))


def test_weights_of_another_size_are_refused(gate):
    for weights in (gate.weights[:-8], "no base64!"):
        with pytest.raises(ModelError, match="another size"):
            likeness(picture(5), replace(gate, weights=weights))
