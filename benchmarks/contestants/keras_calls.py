"""The full Keras model: the ways of calling it, and what it makes of scans.

Imports Keras: only where it is installed, and after `train.hardware.backend.start`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from edge import Classifier
from train.evaluation.keras_predictions import tumor_probabilities
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
    model: keras.Model, manifest: RunManifest, classifier: Classifier, files: Sequence[Path]
) -> np.ndarray:
    """Calibrated probability of tumor of each file, float64 [N], prepared by `edge`."""
    parts = []
    for start in range(0, len(files), _AT_ONCE):
        pixels = [classifier.pixels(file) for file in files[start : start + _AT_ONCE]]
        parts.append(tumor_probabilities(model, manifest, np.stack(pixels)))
    return np.concatenate(parts)
