"""The older quantizer: what the new one gets wrong, and its parts in float."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers, ops

from export.convert.keras_conversion import Converter
from export.quantize.operations import tflite_in_float, tflite_operations
from train.networks.registry import LOGITS, logits_model

SIDE = 16


def build(pooled=False):
    """A residual sum that goes two ways: through a clip and a convolution, and around them."""
    keras.utils.set_random_seed(5)
    pixels = keras.Input((SIDE, SIDE, 3), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    x = layers.Conv2D(8, 3, padding="same", activation="relu", name="conv1")(x)
    x = layers.Add(name="sum1")([layers.Conv2D(8, 3, padding="same", name="conv2")(x), x])
    clipped = ops.clip(x, -0.2, 0.2)
    clipped = layers.Conv2D(8, 3, padding="same", name="conv3")(clipped)
    x = layers.Add(name="sum2")([clipped, x])
    top = layers.GlobalAveragePooling2D(name="mean") if pooled else layers.Flatten(name="flat")
    x = layers.Dense(2, name=LOGITS)(top(x))
    return keras.Model(pixels, layers.Activation("softmax", name="tumor")(x), name="m")


@pytest.fixture(scope="module")
def pixels():
    coarse = np.random.default_rng(0).integers(0, 256, (16, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


def run(payload, pixels):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter
    runner = interpreter(model_content=payload).get_signature_runner()
    found = [runner(pixels=one[None]) for one in pixels]
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def off(found, wanted):
    return float(np.sqrt(((found - wanted) ** 2).mean()) / (wanted - wanted.mean(0)).std())


@pytest.mark.parametrize("method", ["min-max", "percentile"])
def test_a_skip_beside_a_clip(pixels, method):
    model = build()
    converter = Converter(model, 1)
    quantizer = converter.int8("tflite", pixels)
    wanted = logits_model(model).predict(pixels, verbose=0)
    new, older = (
        off(run(quantizer.convert(method, (), older), pixels)[LOGITS], wanted)
        for older in (False, True)
    )
    assert new > 0.3
    assert older < 0.1


def test_what_stays_in_float_stays_there(pixels):
    model = build()
    converter = Converter(model, 1)
    quantizer = converter.int8("tflite", pixels)
    wanted = logits_model(model).predict(pixels, verbose=0)
    payload = quantizer.convert("min-max", ("conv2",), True)
    assert quantizer.left_in_float(payload, ("conv2",)) == []
    assert set(tflite_in_float(payload, ())) == {"ADD", "CONV_2D", "MAXIMUM", "MINIMUM"}
    assert tflite_operations(payload).count("CONV_2D") == 3
    assert off(run(payload, pixels)[LOGITS], wanted) < 0.1
    everything = quantizer.convert("min-max", (), True)
    assert tflite_in_float(everything, ()) == []
    assert len(payload) > len(everything)


def test_a_head_and_its_heat_map_stay_in_float(pixels):
    model = build(pooled=True)
    converter = Converter(model, 1)
    quantizer = converter.int8("tflite", pixels)
    exact = run(converter.convert("tflite", "fp32", None), pixels)
    found = run(quantizer.convert("min-max", (), True), pixels)
    assert set(found) == {LOGITS, "heat_map"}
    assert off(found[LOGITS], exact[LOGITS]) < 0.1
    assert np.abs(found["heat_map"] - exact["heat_map"]).max() < 0.1 * exact["heat_map"].max()


def test_the_same_model_is_the_same_bytes(pixels):
    converters = [Converter(build(pooled=True), 1) for _ in "12"]
    first, second = (
        converter.int8("tflite", pixels).convert("min-max", (), True) for converter in converters
    )
    assert first == second
