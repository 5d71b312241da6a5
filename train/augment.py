"""Random changes to training scans, as layers: they run on the accelerator, in training only."""

import keras
from keras import layers, ops

FLIP = "horizontal"
"""Left and right of a head look alike; up and down do not."""
ROTATION_DEGREES = 15.0
SHIFT = 0.05
"""Of the side, in each direction."""
ZOOM = 0.1
CONTRAST = 0.15
BRIGHTNESS = 0.1
"""Of the range 0..255."""


@keras.saving.register_keras_serializable(package="mri_edge")
class ToPixels(layers.Layer):
    """Round and clip to 0..255: what is augmented is pixels again, as a device would see them."""

    def call(self, x):
        """Float of any shape -> uint8 of the same shape."""
        return ops.cast(ops.round(ops.clip(x, 0.0, 255.0)), "uint8")


def augmenting(model: keras.Model, seed: int) -> keras.Model:
    """`model` behind random flips, rotations, shifts, zooms, contrast and brightness.

    The augmentation is active in training only, so the result validates and predicts as `model`
    does, whose weights it shares.

    Returns:
        uint8 [N, height, width, channels] -> the outputs of `model`.
    """
    pixels = keras.Input(model.input.shape[1:], dtype="uint8", name="pixels")
    x = layers.Rescaling(1.0, name="to_float")(pixels)
    fill = {"fill_mode": "constant", "fill_value": 0.0}
    for layer in (
        layers.RandomFlip(FLIP, seed=seed),
        layers.RandomRotation(ROTATION_DEGREES / 360, seed=seed + 1, **fill),
        layers.RandomTranslation(SHIFT, SHIFT, seed=seed + 2, **fill),
        layers.RandomZoom(ZOOM, seed=seed + 3, **fill),
        layers.RandomContrast(CONTRAST, value_range=(0, 255), seed=seed + 4),
        layers.RandomBrightness(BRIGHTNESS, value_range=(0, 255), seed=seed + 5),
    ):
        x = layer(x)
    return keras.Model(pixels, model(ToPixels(name="to_pixels")(x)), name=f"augmented_{model.name}")
