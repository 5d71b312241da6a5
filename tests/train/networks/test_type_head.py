"""A head that tells types, on features of a network that stays as it is."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from edge.model_file.manifest import InputSpec
from tests.train.small import SPEC, backbone
from train.errors import TrainError
from train.networks.compact import build_compact
from train.networks.registry import build_cnn, logits_model
from train.networks.type_head import TypeHead, pooled_features, type_output

NETWORKS = {
    "cnn": lambda: build_cnn(SPEC, 0.1),
    "compact": lambda: build_compact(InputSpec(32, 32, "grey"), 0.2),
    "vgg16": lambda: backbone("vgg16"),
}


def head_of(model, types=3) -> TypeHead:
    """Random numbers."""
    random = np.random.default_rng(0)
    size = pooled_features(model).output.shape[-1]
    return TypeHead(
        random.normal(size=(size, types)).astype(np.float32) / 10,
        random.normal(size=types).astype(np.float32),
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_the_map_adds_up_to_the_logits(name):
    model = NETWORKS[name]()
    head, shape = head_of(model), model.input.shape[1:]
    pixels = np.random.default_rng(1).integers(0, 256, (3, *shape), np.uint8)
    wanted = head.logits(pooled_features(model).predict(pixels, verbose=0))
    found = keras.Model(model.input, type_output(model, head)).predict(pixels, verbose=0)
    assert found.shape[3] == 3
    assert found.sum(axis=(1, 2)) == pytest.approx(wanted, abs=1e-4)
    if name != "cnn":
        assert found.shape[1] > 1  # where it is, too


def test_the_network_stays_as_it_is():
    model = NETWORKS["cnn"]()
    pixels = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8)
    before = logits_model(model).predict(pixels, verbose=0)
    type_output(model, head_of(model))
    assert np.array_equal(logits_model(model).predict(pixels, verbose=0), before)


def test_a_head_survives_its_file(tmp_path):
    head = TypeHead(np.eye(3, 2, dtype=np.float32), np.ones(2, np.float32))
    head.save(tmp_path / "types.npz")
    read = TypeHead.read(tmp_path / "types.npz")
    assert np.array_equal(read.kernel, head.kernel)
    assert np.array_equal(read.bias, head.bias)


@pytest.mark.parametrize(
    "head",
    [
        TypeHead(np.full((3, 2), np.nan, np.float32), np.ones(2, np.float32)),
        TypeHead(np.eye(3, 2, dtype=np.float32), np.ones(5, np.float32)),
    ],
)
def test_a_damaged_head_is_an_error(tmp_path, head):
    head.save(tmp_path / "types.npz")
    with pytest.raises(TrainError, match="damaged"):
        TypeHead.read(tmp_path / "types.npz")
    (tmp_path / "types.npz").write_bytes(b"no archive")
    with pytest.raises(TrainError, match="damaged"):
        TypeHead.read(tmp_path / "types.npz")


def test_a_network_without_features_is_an_error():
    pixels = keras.Input((8, 8, 3))
    model = keras.Model(pixels, keras.layers.Dense(1)(keras.layers.Reshape((192,))(pixels)))
    with pytest.raises(TrainError, match="no features"):
        pooled_features(model)
