"""A Keras network from elsewhere without networks inside it and without its last activation.

Layers are copied, so that they can be named, computed in float32 and left out.
"""

from pathlib import Path

import keras
from keras import layers

from export.errors import ExportError
from export.onnx_to_keras.layer_names import LayerNames

_LAST = ("sigmoid", "softmax")
_ONLY_WHEN_FITTED = (
    "Dropout",
    "SpatialDropout2D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomContrast",
    "RandomBrightness",
)
"""Layers that do something while a network is fitted alone."""


def is_graph(operation) -> bool:
    """Whether it is a network whose layers stand in a known order, of whatever class."""
    return isinstance(operation, keras.Sequential) or hasattr(operation, "_run_through_graph")


def flattened(model: keras.Model, file: Path) -> tuple[keras.Model, str]:
    """Float32 [N, H, W, C] -> logits [N, outputs], and the activation that was taken off.

    Raises:
        ExportError: several inputs or outputs, or outputs that are no list of numbers.
    """
    for what, found in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(found) != 1:
            raise ExportError(
                f"{file}: has {len(found)} {what}; a classifier of single scans has one"
            )
    if len(model.outputs[0].shape) != 2:
        raise ExportError(
            f"{file}: gives an output of {len(model.outputs[0].shape)} axes instead of "
            "[scans, outputs]; it is no classifier of whole scans"
        )
    try:
        copier = _Copier(*_last(model))
    except _LastError as error:
        raise ExportError(
            f"{file}: ends in {error}, of which nobody can tell how it means a probability; end it "
            "in a sigmoid, a softmax or nothing (logits)"
        ) from None
    picture = keras.Input(model.inputs[0].shape[1:], dtype="float32", name="picture")
    (logits,) = keras.tree.flatten(copier.through(model, picture))
    network = keras.Model(picture, logits, name="network")
    for old, new in copier.pairs:
        new.set_weights(old.get_weights())
    return network, copier.activation


class _LastError(Exception):
    """The last activation is another one; its name."""


class _Copier:
    """Copies layers, each once, in the order of the graph."""

    def __init__(self, last: layers.Layer | None, activation: str):
        self.activation = activation
        self.pairs: list[tuple[layers.Layer, layers.Layer]] = []
        self._last, self._names = last, LayerNames()
        self._copies: dict[int, object] = {}

    def through(self, model: keras.Model, *tensors):
        """What the network makes of tensors, by copies of its layers."""
        graph = model._functional if isinstance(model, keras.Sequential) else model
        return graph._run_through_graph(list(tensors), operation_fn=self._copy)

    def _copy(self, operation):
        if is_graph(operation):
            return lambda *given, **_: self._unpacked(operation, given)
        if id(operation) not in self._copies:
            self._copies[id(operation)] = self._made(operation)
        return self._copies[id(operation)]

    def _unpacked(self, model: keras.Model, given):
        found = self.through(model, *keras.tree.flatten(given))
        return found[0] if isinstance(found, list | tuple) and len(found) == 1 else found

    def _made(self, operation):
        if not isinstance(operation, layers.Layer):
            # A bare operation, such as x / 255; two nested networks may name theirs alike.
            config = operation.get_config() | {"name": self._names.of(operation.name)}
            return type(operation).from_config(config)
        kind = type(operation).__name__
        if kind in _ONLY_WHEN_FITTED:
            return lambda x, **_: x
        if operation is self._last and kind in ("Activation", "Softmax"):
            return lambda x, **_: x
        config = operation.get_config() | {"name": self._names.of(operation.name)}
        if "dtype" in config:
            config["dtype"] = "float32"
        if operation is self._last:
            config["activation"] = "linear"
        copy = type(operation).from_config(config)
        if operation.weights:
            self.pairs.append((operation, copy))
        return copy


def _last(model: keras.Model) -> tuple[layers.Layer | None, str]:
    """The layer that ends in a sigmoid or softmax, and which of the two; None and "none"."""
    layer = model
    while isinstance(layer, keras.Model):
        graph = layer._functional if isinstance(layer, keras.Sequential) else layer
        layer = graph.outputs[0]._keras_history.operation
        while type(layer).__name__ in _ONLY_WHEN_FITTED and not isinstance(layer, keras.Model):
            layer = layer.input._keras_history.operation
    if type(layer).__name__ == "Softmax":
        return layer, "softmax"
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    if name in _LAST:
        return layer, name
    if name not in ("", "linear"):
        raise _LastError(name)
    return None, "none"
