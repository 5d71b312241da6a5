"""The network of a run, made of one from elsewhere: pixels in, and the two labels of a run out."""

import keras
import numpy as np
from keras import layers

from export.adopt.conventions import Convention
from export.adopt.labels import Labels
from train.networks.log_odds import TumorLogOdds
from train.networks.registry import LOGITS


def build_adopted(
    network: keras.Model, convention: Convention, labels: Labels
) -> tuple[keras.Model, str]:
    """uint8 [N, H, W, C] -> the probability of tumor, [N, 1], or of (no tumor, tumor), [N, 2].

    Args:
        network: float32 [N, H, W, C], scaled by `convention` -> logits [N, outputs].

    Returns:
        The model, with its scaling and its layer `logits`, and the transform of its last layer.
    """
    pixels = keras.Input(network.input.shape[1:], dtype="uint8", name="pixels")
    x = convention.layers(pixels)
    negative = np.flatnonzero(labels.is_negative)
    outputs, last = network.output.shape[1], network.layers[-1]
    if outputs <= 2 and isinstance(last, layers.Dense):
        body = keras.Model(network.input, last.input)
        weights = last.get_weights()
        if negative[0] != 0:
            # Tumor second, or up: the order of a run's labels.
            weights = [one[..., ::-1] if outputs == 2 else -one for one in weights]
        head = layers.Dense.from_config(last.get_config() | {"name": LOGITS})
        logits = head(_through(body, x))
        head.set_weights(weights)
    else:
        outputs = 1
        logits = TumorLogOdds(negative.tolist(), name=LOGITS)(_through(network, x))
    transform = "sigmoid" if outputs == 1 else "softmax"
    last = layers.Activation(transform, dtype="float32", name="tumor")(logits)
    return keras.Model(pixels, last, name="adopted"), transform


def _through(network: keras.Model, x: keras.KerasTensor) -> keras.KerasTensor:
    """The network's own layers on another tensor: no network within the network."""
    (found,) = keras.tree.flatten(network._run_through_graph([x]))
    return found
