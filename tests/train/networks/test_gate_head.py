"""The reject gate as a part of the network, which stays as it is."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge.model_file.manifest import InputSpec
from train.errors import TrainError
from train.evaluation.keras_predictions import likenesses
from train.networks.compact import build_compact
from train.networks.gate_head import GateHead, likeness_output, mean_activations
from train.networks.registry import build_cnn

SPEC = InputSpec(32, 32, "grey")


def head_of(model, units=5) -> GateHead:
    """Random numbers."""
    random = np.random.default_rng(0)
    size = mean_activations(model).output.shape[-1]
    shapes = (size, units), (units,), (units,), (1,)
    return GateHead(*(random.normal(size=shape).astype(np.float32) for shape in shapes))


@pytest.fixture(scope="module")
def network():
    model = build_compact(SPEC, 0.2)
    pixels = np.random.default_rng(1).integers(0, 256, (5, 32, 32, 1), np.uint8)
    return model, head_of(model), pixels


def test_the_output_is_what_the_head_says_of_mean_activations(network):
    model, head, pixels = network
    wanted = head.likeness(mean_activations(model).predict(pixels, verbose=0))
    found = keras.Model(model.input, likeness_output(model, head)).predict(pixels, verbose=0)
    assert found.shape == (5, 1, 1, 1)
    assert found.ravel() == pytest.approx(wanted, rel=1e-4, abs=1e-4)
    assert np.ptp(wanted) > 1e-3


def test_the_activations_are_means_of_layers(network):
    model, _, pixels = network
    found = mean_activations(model).predict(pixels, verbose=0)
    layer = keras.Model(model.input, model.get_layer("stem_relu").output)
    wanted = layer.predict(pixels, verbose=0).mean(axis=(1, 2))
    assert found[:, : wanted.shape[1]] == pytest.approx(wanted, abs=1e-5)


def test_no_pictures_have_no_likeness(network):
    """A run may be without validation scans."""
    model, head, pixels = network
    assert likenesses(model, head, pixels[:0]).shape == (0,)
    wanted = head.likeness(mean_activations(model).predict(pixels, verbose=0))
    assert likenesses(model, head, pixels) == pytest.approx(wanted)


def test_it_is_written_and_read(network, tmp_path):
    _, head, _ = network
    head.save(tmp_path / "gate.npz")
    found = GateHead.read(tmp_path / "gate.npz")
    for name, value in vars(head).items():
        np.testing.assert_array_equal(getattr(found, name), value)


@pytest.mark.parametrize("change", ["gone", "cut", "another size", "no number"])
def test_a_damaged_file_is_refused(network, tmp_path, change):
    _, head, _ = network
    file = tmp_path / "gate.npz"
    head.save(file)
    arrays = dict(vars(head))
    if change == "gone":
        file.unlink()
    elif change == "cut":
        file.write_bytes(file.read_bytes()[:200])
    else:
        other = head.last[:2] if change == "another size" else head.last * np.nan
        np.savez(file, **arrays | {"last": other})
    with pytest.raises(TrainError, match=r"gate\.npz: is damaged"):
        GateHead.read(file)


def test_a_network_without_such_layers_has_no_gate():
    with pytest.raises(TrainError, match="no layers that its reject gate could go by"):
        mean_activations(build_cnn(InputSpec(32, 32, "rgb"), 0.1))
