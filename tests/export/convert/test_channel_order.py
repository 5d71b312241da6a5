"""Colours are put into order by the first convolution's weights, and all answers stay."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from export.convert.channel_order import without_reversal
from export.convert.keras_conversion import Converter
from train.networks.backbones import IMAGENET_MEAN_BGR, ReverseChannels
from train.networks.registry import LOGITS

PIXELS = np.random.default_rng(0).integers(0, (250, 150, 50), (3, 12, 16, 3), np.uint8)


def network(padded=False, between=lambda x: x, scale=1.0):
    keras.utils.set_random_seed(4)
    pixels = keras.Input((12, 16, 3), dtype="uint8", name="pixels")
    x = ReverseChannels(name="bgr")(pixels)
    x = layers.Rescaling(scale, [-mean for mean in IMAGENET_MEAN_BGR], name="scale")(x)
    x = between(layers.ZeroPadding2D(1, name="pad")(x) if padded else x)
    x = layers.Conv2D(8, 3, bias_initializer="uniform", activation="relu", name="conv")(x)
    small = keras.initializers.RandomNormal(stddev=0.02)
    x = layers.Dense(2, kernel_initializer=small, name=LOGITS)(
        layers.GlobalAveragePooling2D(name="mean")(x)
    )
    return keras.Model(pixels, layers.Activation("softmax", name="tumor")(x))


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("scale", [1.0, [0.5, 1.0, 2.0]])
def test_answers_stay_and_no_operation_reverses(padded, scale):
    model = network(padded, scale=scale)
    turned = without_reversal(model)
    assert not any(isinstance(layer, ReverseChannels) for layer in turned.layers)
    wanted = model.predict(PIXELS, verbose=0)
    # Reversing matters: else this test could not fail.
    assert np.abs(model.predict(PIXELS[..., ::-1], verbose=0) - wanted).max() > 0.01
    np.testing.assert_allclose(turned.predict(PIXELS, verbose=0), wanted, atol=1e-6)


def test_what_is_no_convolution_keeps_the_reversal():
    model = network(between=lambda x: layers.Activation("tanh", name="odd")(x))
    assert without_reversal(model) is model


def test_a_model_that_reverses_nothing_is_left_alone():
    pixels = keras.Input((12, 16, 3), dtype="uint8")
    model = keras.Model(pixels, layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(pixels)))
    assert without_reversal(model) is model


def test_files_have_no_slices_of_colours():
    from ai_edge_litert.interpreter import Interpreter

    model = network()
    payload = Converter(model, 1).convert("tflite", "int8", PIXELS)
    interpreter = Interpreter(model_content=payload)
    names = {one["op_name"] for one in interpreter._get_ops_details()}
    assert not {"STRIDED_SLICE", "CONCATENATION", "GATHER", "REVERSE_V2"} & names
