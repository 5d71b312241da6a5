import keras
import numpy as np
import pytest
from keras import layers

from tests.train.small import SPEC, narrow_networks, samples
from train.networks.registry import ARCHITECTURES
from train.pruning.channel_groups import is_mixing
from train.pruning.layer_inputs import Rows
from train.pruning.reconstruction import fitted, reconstruct
from train.pruning.statistics import Plan, Walk, observe


def model_of(layer) -> keras.Model:
    pixels = keras.Input((9, 8, 4))
    return keras.Model(pixels, layer(pixels))


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(5, 3, padding="same"),
        layers.Conv2D(5, (3, 2), strides=2, padding="same", use_bias=False),
        layers.Conv2D(5, 3, dilation_rate=2),
        layers.Conv2D(5, 1, strides=2),
        layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2),
        layers.SeparableConv2D(5, 3, strides=2, use_bias=False),
    ],
)
def test_rows_times_weights_are_what_the_layer_makes(layer):
    model = model_of(layer)
    features = np.random.default_rng(0).normal(size=(2, 9, 8, 4)).astype(np.float32)
    wanted = model.predict(features, verbose=0)
    rows = Rows(layer)
    places = np.tile(np.arange(rows.places), (2, 1))
    weights, bias = rows.matrix()
    made = rows.of(features, places) @ weights + (0 if bias is None else bias)
    np.testing.assert_allclose(made, wanted.reshape(made.shape), atol=1e-5)
    before = layer.get_weights()
    rows.set_matrix(weights, bias)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("rows", [200, 6])
def test_a_layer_is_fitted_to_its_targets(rows):
    random = np.random.default_rng(0)
    inputs = random.normal(1.0, size=(rows, 8)).astype(np.float32)
    target = inputs @ random.normal(size=(8, 3)) + random.normal(size=3)
    weights, bias = fitted(
        inputs, target.astype(np.float32), np.zeros((8, 3)), np.zeros(3), 1e-7, False
    )
    np.testing.assert_allclose(inputs @ weights + bias, target, atol=2e-3)


def test_below_zero_the_fit_is_free():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(300, 4)).astype(np.float32)
    made = inputs @ random.normal(size=(4, 2))
    target = np.where(made > 0, made, made * 9).astype(np.float32)
    none = np.zeros((4, 2)), np.zeros(2)

    def error(relu: bool) -> float:
        weights, bias = fitted(inputs, target, *none, 1e-6, relu)
        return float(np.mean((np.maximum(inputs @ weights + bias, 0) - np.maximum(made, 0)) ** 2))

    assert error(True) < 0.5 * error(False)


def test_a_network_is_led_back_to_its_teacher():
    with narrow_networks():
        build = ARCHITECTURES["cnn"].build
        keras.utils.set_random_seed(0)
        teacher, student = build(SPEC), build(SPEC)
    student.set_weights(teacher.get_weights())
    names = [one.name for one in teacher.layers if is_mixing(one)]
    random = np.random.default_rng(0)
    for name in names[1:]:
        weights = student.get_layer(name).get_weights()
        student.get_layer(name).set_weights([w + random.normal(0, 0.1, w.shape) for w in weights])
    pixels = samples(60).pixels
    plan = Plan.of(teacher, names, len(pixels), 30, 0)
    seen = observe(teacher, names, pixels, plan)
    targets = {name: seen[name].targets for name in names[1:]}
    before = Walk(student, pixels).rows("logits", plan)
    reconstruct(student, targets, pixels, plan, 1e-6)
    wanted, after = (Walk(one, pixels).rows("logits", plan) for one in (teacher, student))
    assert np.square(after - wanted).mean() < 0.02 * np.square(before - wanted).mean()


def test_a_dense_layer_behind_pooling_gives_a_row_for_each_place():
    pixels = keras.Input((3, 4, 5))
    dense = layers.Dense(2)
    model = keras.Model(pixels, dense(layers.GlobalAveragePooling2D()(pixels)))
    features = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    rows = Rows(dense)
    assert rows.places == 12
    weights, bias = rows.matrix()
    made = rows.of(features, np.tile(np.arange(12), (2, 1))) @ weights + bias
    pooled = made.reshape(2, 12, 2).mean(1)
    np.testing.assert_allclose(pooled, model.predict(features, verbose=0), atol=1e-5)
