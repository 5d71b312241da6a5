"""Which part of a network learns, and where it can be cut in two: the frozen part and the rest."""

import keras
from keras import layers

from train.errors import TrainError
from train.networks.backbones import FEATURES

ALL = "all"
"""As a prefix: nothing is frozen."""


def freeze_base(model: keras.Model) -> None:
    """Let only the layers behind the backbone learn."""
    learning = False
    for layer in model.layers:
        learning = learning or layer.name == FEATURES
        layer.trainable = learning


def unfreeze(model: keras.Model, prefix: str, norms: bool) -> None:
    """Let the first layer whose name starts with `prefix`, and all behind it, learn.

    Args:
        norms: whether batch normalization learns, too. With pretrained weights it is better left:
            the statistics of a few scans would overwrite those of ImageNet
            (keras.io/guides/transfer_learning).

    Raises:
        TrainError: no layer's name starts so.
    """
    names = [layer.name for layer in model.layers]
    base = names[1 : names.index(FEATURES)]
    if prefix != ALL and not any(name.startswith(prefix) for name in base):
        weighted = [name for name in base if model.get_layer(name).weights]
        stems = dict.fromkeys(name.split("_")[0] for name in weighted)
        raise TrainError(
            f"--unfreeze {prefix}: no layer of {model.name} starts so; there are "
            f"{', '.join(stems)}, or {ALL}"
        )
    learning = prefix == ALL
    for layer in model.layers:
        learning = learning or layer.name.startswith(prefix)
        norm = isinstance(layer, layers.BatchNormalization)
        layer.trainable = learning and (norms or not norm)


def cut(model: keras.Model, last: str | None = None) -> tuple[keras.Model | None, keras.Model]:
    """The largest frozen part that all else hangs on by one tensor, and the rest.

    Args:
        last: name of the layer that the rest ends with; None: that of the model.

    Returns:
        (frozen, rest), which share the layers of `model`, with
        rest(frozen(pixels)) == model(pixels); frozen is None if the first layers learn.
    """
    output = model.get_layer(last).output if last else model.output
    learning = [bool(layer.trainable_variables) for layer in model.layers]
    first = learning.index(True)
    # Layers without weights before any that has are no work worth keeping.
    weighted = [bool(layer.weights) for layer in model.layers]
    for layer in reversed(model.layers[:first]):
        if not any(weighted[: model.layers.index(layer) + 1]):
            break
        try:
            rest = keras.Model(layer.output, output, name="rest")
        except ValueError:
            continue  # another path leads around this layer
        return keras.Model(model.input, layer.output, name="frozen"), rest
    return None, keras.Model(model.input, output, name="rest")
