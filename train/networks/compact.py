"""The compact network: small, fully convolutional, and what it answers is where it saw it.

Grey 128x128 in, a map of 16x16 evidence cells out, and the verdict pooled from the strongest:
198 thousand parameters and 49 million multiply-adds (the article's CNN has 9.5 million and 64).
"""

import keras
from keras import layers, ops

from edge.model_file.manifest import InputSpec
from train.networks.evidence_map import StandingOut, StrongestCells

SIDE = 128
RAW = "raw_evidence"
"""Name of the layer that gives a logit for each cell, by itself: float [N, rows, cols, 1]."""
EVIDENCE = "evidence"
"""Name of the layer whose output is the map: the same, as far as it stands out from the scan."""
_BRIGHTEST = 4.0
_DARKEST = 1e-3


@keras.saving.register_keras_serializable(package="mri_edge")
class StandardBrightness(layers.Layer):
    """Divide a scan by its mean brightness as seen by its own light: sum(x^2) / sum(x).

    A pixel counts by its brightness, so the black around a head, of which there is more or less
    with the field of view, does not count. float [N, H, W, 1], 0..1 -> the same, 0..4.
    """

    def call(self, x):
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        square = ops.mean(x * x, axis=(1, 2, 3), keepdims=True)
        # The root, twice: there is no integer division on devices.
        root = ops.rsqrt(square + _DARKEST)
        return ops.minimum(x * (mean * root * root), _BRIGHTEST)


def build_compact(spec: InputSpec, width: float = 1.0) -> keras.Model:
    """uint8 [N, H, W, 1] -> probability of tumor, float [N, 1]; H and W divisible by 16.

    Args:
        width: factor on the numbers of filters, for tests.
    """

    def filters(count: int) -> int:
        return max(4, round(count * width))

    def conv(x, count, name, stride=1, size=3, activate=True):
        # Padding on all sides alike: "same" would shift the map by half a step at each stride.
        x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x) if stride > 1 else x
        x = layers.Conv2D(
            filters(count),
            size,
            stride,
            padding="valid" if stride > 1 else "same",
            use_bias=False,
            name=name,
        )(x)
        x = layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(x)
        return layers.ReLU(name=f"{name}_relu")(x) if activate else x

    def residual(x, count, name):
        added = layers.Add(name=f"{name}_add")([x, conv(x, count, name, activate=False)])
        return layers.ReLU(name=f"{name}_relu")(added)

    pixels = keras.Input(spec.shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    x = StandardBrightness(name="standard")(x)
    x = conv(x, 16, "stem", stride=2, size=5)
    x = conv(x, 32, "half", stride=2)
    x = residual(x, 32, "edges")
    x = conv(x, 64, "cells", stride=2)
    x = residual(x, 64, "parts")
    x = residual(x, 64, "wholes")
    around = conv(x, 64, "around", stride=2)
    around = residual(around, 64, "context")
    around = layers.UpSampling2D(2, interpolation="nearest", name="spread")(around)
    x = layers.Add(name="join")([x, around])
    x = conv(x, 32, "weigh")
    raw = layers.Conv2D(1, 1, name=RAW, dtype="float32")(x)
    evidence = StandingOut(name=EVIDENCE, dtype="float32")(raw)
    logits = StrongestCells(name="logits", dtype="float32")(evidence)
    return keras.Model(
        pixels, layers.Activation("sigmoid", name="tumor", dtype="float32")(logits), name="compact"
    )
