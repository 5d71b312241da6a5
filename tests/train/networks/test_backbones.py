"""The backbones of the second article, as one flat graph with their preprocessing inside."""

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import InputSpec
from tests.train.small import BACKBONE_SPEC as SPEC
from tests.train.small import backbone
from train.networks.backbones import BACKBONES, FEATURES, build_transfer
from train.networks.cost import cost
from train.networks.registry import ARCHITECTURES

MODULES = {
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "inception_v3": "inception_v3",
    "xception": "xception",
    "resnet50": "resnet50",
}


@pytest.mark.parametrize("name", BACKBONES)
def test_preprocessing_is_that_of_keras(name):
    model = backbone(name)
    pixels = np.random.default_rng(0).integers(0, 256, (2, *SPEC.shape), np.uint8)
    inside = keras.Model(model.input, model.get_layer("scale").output)(pixels)
    module = getattr(keras.applications, MODULES[name])
    expected = module.preprocess_input(pixels.astype("float32"))
    np.testing.assert_allclose(inside, expected, atol=1e-4)


def test_vgg16_is_the_articles():
    spec = ARCHITECTURES["vgg16"].input
    assert spec.shape == (224, 224, 3)
    model = build_transfer("vgg16", spec)
    found = cost(model)
    assert model.count_params() == 16_815_426  # shared/articles.md
    assert found.multiply_adds == pytest.approx(15.35e9, rel=1e-3)  # shared/toolchain.md
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [
        1024,
        1024,
        512,
        2,
    ]
    assert model.get_layer(FEATURES).output.shape == (None, 512)


def test_a_second_build_has_the_same_names():
    # Keras numbers unnamed layers through the process: a second fold's would differ.
    first, second = backbone("inception_v3"), build_transfer("inception_v3", SPEC, width=0.05)
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


def test_the_full_width_keeps_the_weights_of_keras():
    keras.utils.set_random_seed(0)
    model = build_transfer("vgg16", InputSpec(32, 32, "rgb"))
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    for layer in base.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights() if layer.weights else [])
    expected = base(keras.applications.vgg16.preprocess_input(pixels.astype("float32")))
    before = keras.Model(model.input, model.get_layer("block5_pool").output)(pixels)
    np.testing.assert_allclose(before, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_a_saved_model_says_the_same(name, tmp_path):
    model = backbone(name)
    pixels = np.random.default_rng(0).integers(0, 256, (2, *SPEC.shape), np.uint8)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(pixels), again(pixels))
