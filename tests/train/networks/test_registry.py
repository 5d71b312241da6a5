"""The article's CNN, and augmentation around it."""

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import InputSpec
from edge.scan.crop import CROPS
from train import learning_arguments as arguments
from train.augmentation.keras_layers import (
    BIAS_FIELD,
    CONTRAST,
    GAMMA,
    ZOOM,
    RandomGeometry,
    RandomIntensity,
    augmenting,
)
from train.fitting.balanced_batches import Batches
from train.fitting.fit_options import FitOptions
from train.hardware import devices, mixed_precision
from train.learning_arguments import DEVICES, MODELS, PRECISIONS
from train.networks.registry import ARCHITECTURES, LOGITS, build_cnn, logits_model

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
    spec = InputSpec(96, 96, "rgb")
    model = architecture.build(spec, width=0.1)
    pixels = np.random.default_rng(0).integers(0, 256, (4, *spec.shape), np.uint8)
    probability = np.asarray(model(pixels))
    logits = np.asarray(logits_model(model)(pixels), np.float64)
    if architecture.transform == "sigmoid":
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), probability, atol=1e-6)
    else:
        share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(share, probability, atol=1e-6)
    assert logits_model(model, batch=1).input.shape == (1, *spec.shape)
    assert model.get_layer(LOGITS)


def test_the_command_knows_the_registry():
    assert tuple(ARCHITECTURES) == MODELS
    assert (devices.CHOICES, mixed_precision.CHOICES) == (DEVICES, PRECISIONS)
    assert tuple(CROPS) == arguments.CROPS


@pytest.mark.parametrize("crop", [None, *CROPS])
def test_another_crop_rule_may_be_chosen(crop):
    options = FitOptions("compact", 1, 8, 1e-3, 1, True, 0, crop=crop)
    assert options.input.crop == (crop or "reduced head")
    assert options.input.shape == ARCHITECTURES["compact"].input.shape


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


def test_geometry_keeps_a_picture_whole_and_in_place():
    # A disc in the middle stays where it is, whatever is mirrored, flipped and turned.
    y, x = np.ogrid[:64, :64]
    disc = (((y - 31.5) ** 2 + (x - 31.5) ** 2) < 20**2).astype("float32")[None, :, :, None] * 255
    turned = np.asarray(RandomGeometry(0, shift=0.0, zoom=0.0)(disc.repeat(16, 0), training=True))
    assert np.abs(turned - disc).mean() < 6
    moved = np.asarray(RandomGeometry(0)(disc.repeat(16, 0), training=True))
    assert np.abs(moved - disc).mean() > np.abs(turned - disc).mean()
    areas = moved.sum(axis=(1, 2, 3)) / disc.sum()
    assert areas.min() > 1 / (1 + ZOOM + 0.02) ** 2
    assert areas.max() < 1 / (1 - ZOOM - 0.02) ** 2


def test_mirroring_and_flipping_happen_about_half_the_time():
    wedge = np.zeros((1, 33, 33, 1), "float32")
    wedge[0, 4:12, 4:12] = 255.0  # in one corner
    found = np.asarray(RandomGeometry(0)(wedge.repeat(400, 0), training=True))[..., 0]
    corners = np.stack(
        [
            found[:, v, h].sum(axis=(1, 2))
            for v in (slice(16), slice(17, None))
            for h in (slice(16), slice(17, None))
        ],
        axis=1,
    ).argmax(axis=1)
    np.testing.assert_allclose(np.bincount(corners, minlength=4) / 400, 0.25, atol=0.08)


def test_intensity_stays_within_the_documented_ranges():
    grey = np.full((64, 40, 40, 1), 128.0, "float32")
    changed = np.asarray(RandomIntensity(0)(grey, training=True))
    assert changed.std(axis=(1, 2, 3)).min() > 0  # a bias field is never flat
    ratio = changed.max(axis=(1, 2, 3)) / changed.min(axis=(1, 2, 3))
    assert ratio.max() < np.exp(2 * BIAS_FIELD * np.exp(GAMMA)) * (1 + CONTRAST)
    mean = changed.mean(axis=(1, 2, 3))
    assert 255 * 0.2 < mean.min() < 120
    assert 136 < mean.max() < 255 * 0.8


@pytest.mark.parametrize(("negative", "positive"), [(10, 10), (4, 11), (11, 4)])
def test_batches_are_balanced_and_use_every_scan(negative, positive):
    truth = np.array([0] * negative + [1] * positive)
    pixels = np.arange(len(truth), dtype=np.uint8)[None, :, None, None, None]
    batches = Batches(pixels, truth, batch_size=5, seed=0, balanced=True)
    epochs = []
    for epoch in range(2):
        batches.begin(epoch)
        pairs = [batches[i] for i in range(len(batches))]
        epochs.append(np.concatenate([x for x, _ in pairs]).ravel())
        shown = np.concatenate([y for _, y in pairs]).ravel()
        assert shown.mean() == 0.5
        assert len(shown) == 2 * max(negative, positive)
        np.testing.assert_array_equal(truth[epochs[-1]], shown)
        times = np.bincount(epochs[-1])
        for label in (0, 1):
            assert np.ptp(times[truth == label]) <= 1
    assert not np.array_equal(*epochs)
