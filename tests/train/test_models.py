"""The article's CNN, and augmentation around it."""

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.manifest import InputSpec
from train.augment import augmenting
from train.cli import MODELS
from train.models import ARCHITECTURES, LOGITS, build_cnn, logits_model

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 150, 150, 3), dtype=np.uint8)


def test_the_cnn_is_the_articles():
    model = build_cnn(ARCHITECTURES["cnn"].input)
    assert model.input.shape == (None, 150, 150, 3)
    assert model.count_params() == 448 + 4_640 + 18_496 + 9_470_464 + 513
    kinds = [type(layer).__name__ for layer in model.layers[2:]]
    assert kinds == ["Conv2D", "MaxPooling2D"] * 3 + ["Flatten", "Dense", "Dense", "Activation"]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [16, 32, 64]
    assert {layer.padding for layer in convolutions} == {"valid"}
    assert {layer.activation.__name__ for layer in convolutions} == {"relu"}
    assert model.layers[-1].activation.__name__ == "sigmoid"


def test_pixels_are_the_input_and_scaling_is_inside():
    model = build_cnn(InputSpec(32, 32, "rgb"), width=0.25)
    assert model.input.dtype == "uint8"
    np.testing.assert_allclose(model.get_layer("scale")(np.uint8([[255]])), [[1.0]])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_logits_are_the_probability_before_its_activation(name):
    architecture = ARCHITECTURES[name]
    model = architecture.build(architecture.input)
    probability = np.asarray(model(PIXELS))
    logits = np.asarray(logits_model(model)(PIXELS))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), probability, atol=1e-6)
    assert logits_model(model, batch=1).input.shape == (1, *architecture.input.shape)
    assert model.get_layer(LOGITS)


def test_the_command_knows_the_registry():
    assert tuple(ARCHITECTURES) == MODELS


def test_augmentation_is_silent_outside_training():
    model = build_cnn(InputSpec(150, 150, "rgb"), width=0.1)
    wrapped = augmenting(model, seed=0)
    np.testing.assert_allclose(wrapped(PIXELS, training=False), model(PIXELS), atol=1e-6)
    assert not np.allclose(wrapped(PIXELS, training=True), model(PIXELS), atol=1e-6)


def test_what_is_augmented_is_pixels():
    spec = InputSpec(150, 150, "rgb")
    seen = keras.Input(spec.shape, dtype="uint8")
    identity = keras.Model(seen, keras.layers.Rescaling(1.0)(seen))
    changed = np.asarray(augmenting(identity, seed=0)(PIXELS, training=True))
    assert changed.min() >= 0
    assert changed.max() <= 255
    np.testing.assert_array_equal(changed, np.round(changed))
