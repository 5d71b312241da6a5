"""Small Keras networks, whole models around them, and random weights."""

import keras
import numpy as np
from keras import layers


def backbone(shape=(32, 32, 3), padded=False):
    """Convolutions with bias, then one without and a separable one, normalized, and a shortcut."""
    pixels = keras.Input(shape)
    x = layers.ZeroPadding2D(1, name="pad1")(pixels) if padded else pixels
    padding = "valid" if padded else "same"
    x = layers.Conv2D(8, 3, activation="relu", padding=padding, name="conv1")(x)
    x = layers.MaxPooling2D(name="pool1")(x)
    shortcut = layers.Conv2D(6, 1, use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = layers.SeparableConv2D(6, 3, padding="same", use_bias=False, name="sep1")(x)
    x = layers.BatchNormalization(name="sep1_bn")(x)
    x = layers.Activation("relu", name="sep1_act")(x)
    x = layers.Conv2D(6, 3, padding="same", name="conv2")(x)
    x = layers.Add(name="add")([x, shortcut])
    return keras.Model(pixels, x, name="small")


def trained(model, seed=0):
    """Random weights that are not those of a fresh network; variances are positive."""
    rng = np.random.default_rng(seed)
    model.set_weights(
        [
            np.abs(rng.normal(0.5, 0.2, w.shape)) if w.ndim == 1 else rng.normal(0, 0.3, w.shape)
            for w in model.get_weights()
        ]
    )
    return model


def head(x):
    x = layers.Conv2D(5, 1, name="head_conv")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(7, activation="relu")(x)
    return layers.Dense(2, activation="softmax")(layers.Dropout(0.3)(x))


def flat(base):
    return keras.Model(base.input, head(base.output))


def nested(base):
    pixels = keras.Input((32, 32, 3))
    x = layers.RandomFlip()(pixels)
    return keras.Model(pixels, head(base(x, training=False)))


def sequential(base):
    return keras.Sequential([keras.Input((32, 32, 3)), base, layers.Flatten(), layers.Dense(4)])


def frozen_below(base, name):
    for layer in base.layers:
        layer.trainable = layer.name == name
    return base


def assert_same(base, source):
    for one, other in zip(base.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
