"""Random changes to training scans, as layers: they run on the accelerator, in training only.

Article 1 (shared/articles.md) rotates, mirrors and flips; shifts, zooms, intensity and bias field
are what differs between scanners and between two visits to one. Each copy of a scan is changed
differently, in every epoch.
"""

import math

import keras
import numpy as np
from keras import layers, ops

MIRROR = 0.5
"""Probability of swapping left and right."""
FLIP = 0.5
"""Probability of swapping up and down: web scans come in both conventions."""
ROTATION_DEGREES = 15.0
"""At most, either way: how far a head lies askew in a scanner."""
SHIFT = 0.05
"""Of the side, at most, in each direction: how exactly a slice is centred."""
ZOOM = 0.1
"""Of the size, at most, either way: the field of view."""
GAMMA = 0.25
"""Of the exponent's logarithm, at most: exponents 0.78..1.28, as window settings differ."""
CONTRAST = 0.15
"""Of the distance to the mean, at most, either way."""
BRIGHTNESS = 0.1
"""Of the range 0..255, at most, either way."""
BIAS_FIELD = 0.3
"""Of the logarithm of a smooth gain, at its largest: factors 0.74..1.35 across the picture, as a
coil's sensitivity falls off (Sled, Zijdenbos and Evans 1998, IEEE TMI 17:87)."""


class _Random(layers.Layer):
    """A layer that draws numbers in training, and does nothing otherwise."""

    def __init__(self, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def uniform(self, x, columns: int, limit: float = 1.0):
        """Float32 [N, columns] in -limit..limit."""
        shape = (ops.shape(x)[0], columns)
        return keras.random.uniform(shape, -limit, limit, seed=self.generator)

    def change(self, x):
        raise NotImplementedError

    def call(self, x, training=False):
        return self.change(x) if training else x

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package="mri_edge")
class RandomGeometry(_Random):
    """Mirror, flip, rotate, shift and zoom in one bilinear resampling; black comes in from outside.

    float [N, height, width, channels] -> the same.
    """

    def __init__(self, seed: int, shift: float = SHIFT, zoom: float = ZOOM, **kwargs):
        super().__init__(seed, **kwargs)
        self.shift, self.zoom = shift, zoom

    def change(self, x):
        height, width = x.shape[1:3]
        coin, turn, size, move = (self.uniform(x, columns) for columns in (2, 1, 2, 2))
        mirror = ops.where(coin[:, 0] < 2 * MIRROR - 1, -1.0, 1.0)
        flip = ops.where(coin[:, 1] < 2 * FLIP - 1, -1.0, 1.0)
        angle = turn[:, 0] * (ROTATION_DEGREES * math.pi / 180)
        scale = 1 + self.zoom * size
        # From a point of the result to one of the scan, both measured from their middles.
        a, b = ops.cos(angle) * mirror * scale[:, 0], -ops.sin(angle) * mirror * scale[:, 0]
        c, d = ops.sin(angle) * flip * scale[:, 1], ops.cos(angle) * flip * scale[:, 1]
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        right = middle_x - a * middle_x - b * middle_y + move[:, 0] * self.shift * width
        down = middle_y - c * middle_x - d * middle_y + move[:, 1] * self.shift * height
        zero = ops.zeros_like(a)
        rows = ops.stack([a, b, right, c, d, down, zero, zero], axis=1)
        return ops.image.affine_transform(x, rows, "bilinear", "constant", 0.0)

    def get_config(self):
        return {**super().get_config(), "shift": self.shift, "zoom": self.zoom}


@keras.saving.register_keras_serializable(package="mri_edge")
class RandomIntensity(_Random):
    """Bias field, gamma, contrast and brightness; float [N, height, width, channels], 0..255."""

    def change(self, x):
        height, width = x.shape[1:3]
        field, tone = self.uniform(x, 5), self.uniform(x, 3)
        across = ops.reshape(ops.linspace(-1.0, 1.0, width), (1, 1, width, 1))
        down = ops.reshape(ops.linspace(-1.0, 1.0, height), (1, height, 1, 1))
        terms = (across, down, across * down, across**2 - 0.5, down**2 - 0.5)
        weights = ops.reshape(field * (BIAS_FIELD / len(terms)), (-1, 5, 1, 1, 1))
        x = x * ops.exp(sum(weights[:, i] * term for i, term in enumerate(terms)))
        gamma, contrast, brightness = (ops.reshape(tone[:, i], (-1, 1, 1, 1)) for i in range(3))
        x = 255.0 * ops.clip(x / 255.0, 0.0, 1.0) ** ops.exp(GAMMA * gamma)
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        return (x - mean) * (1 + CONTRAST * contrast) + mean + 255.0 * BRIGHTNESS * brightness


@keras.saving.register_keras_serializable(package="mri_edge")
class ToPixels(layers.Layer):
    """Round and clip to 0..255: what is augmented is pixels again, as a device would see them."""

    def call(self, x):
        """Float of any shape -> uint8 of the same shape."""
        return ops.cast(ops.round(ops.clip(x, 0.0, 255.0)), "uint8")


def augmenting(model: keras.Model, seed: int) -> keras.Model:
    """`model` behind random geometry and intensity.

    The augmentation is active in training only, so the result validates and predicts as `model`
    does, whose weights it shares.

    Returns:
        uint8 [N, height, width, channels] -> the outputs of `model`.
    """
    pixels = keras.Input(model.input.shape[1:], dtype="uint8", name="pixels")
    x = layers.Rescaling(1.0, name="to_float")(pixels)
    x = RandomGeometry(seed, name="geometry")(x)
    x = RandomIntensity(seed + 1, name="intensity")(x)
    return keras.Model(pixels, model(ToPixels(name="to_pixels")(x)), name=f"augmented_{model.name}")


def augmented_pixels(pixels: np.ndarray, seed: int) -> np.ndarray:
    """Randomly changed copies of scans, uint8 [N, height, width, channels] as given."""
    x = pixels.astype(np.float32)
    for layer in (RandomGeometry(seed), RandomIntensity(seed + 1), ToPixels()):
        x = layer(x, training=True) if isinstance(layer, _Random) else layer(x)
    return keras.ops.convert_to_numpy(x)
