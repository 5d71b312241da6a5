"""The full Keras model: the ways of calling it, and what it makes of scans.

Imports Keras: only where it is installed, and after `train.hardware.backend.start`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from edge import Classifier
from train.evaluation.keras_predictions import tumor_probabilities, type_shares
from train.networks.type_head import TypeHead
from train.run.run_folder import RunManifest

PREDICT, CALL, COMPILED = "predict", "model(x)", "tf.function"
_AT_ONCE = 256  # scans: 39 MB of pixels at 224x224x3


def calls(model: keras.Model) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Ways to call a model at batch 1, by name; each takes uint8 pixels [height, width, C]."""
    found = {PREDICT: lambda pixels: model.predict(pixels[None], verbose=0)}
    if keras.backend.backend() != "tensorflow":
        found[CALL] = lambda pixels: keras.ops.convert_to_numpy(model(pixels[None]))
        return found
    import tensorflow as tf

    compiled = tf.function(lambda x: model(x, training=False))
    found[CALL] = lambda pixels: model(pixels[None]).numpy()
    found[COMPILED] = lambda pixels: compiled(tf.constant(pixels[None])).numpy()
    return found


def probabilities(
    model: keras.Model,
    manifest: RunManifest,
    classifier: Classifier,
    files: Sequence[Path],
    head: TypeHead | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Of each file, prepared by `edge`: calibrated probability of tumor, float64 [N], and of each
    type, float64 [N, types]; None without a head that tells them."""
    parts, types = [], []
    for start in range(0, len(files), _AT_ONCE):
        pixels = np.stack([classifier.pixels(file) for file in files[start : start + _AT_ONCE]])
        parts.append(tumor_probabilities(model, manifest, pixels))
        if head:
            types.append(type_shares(model, head, manifest.types, pixels))
    return np.concatenate(parts), np.concatenate(types) if head else None
