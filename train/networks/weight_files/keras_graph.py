"""The graph of a Keras model, read from its configuration as data.

Keras would make objects of whatever classes a configuration names. Here a few layers are known by
their names, with a few plain settings each; a graph that needs another one is not run, and says so.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from train.networks.weight_files.stored_layers import TOLERANCE, NotRun, StoredLayer

_SETTINGS = {
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups"),
    "SeparableConv2D": ("filters", "kernel_size", "strides", "padding", "depth_multiplier"),
    "BatchNormalization": ("epsilon", "center", "scale"),
    "Activation": (),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "ZeroPadding2D": ("padding",),
    "Add": (),
    "Concatenate": (),
}
"""What is taken of a layer's configuration; the rest changes nothing that it answers."""
_ACTIVATIONS = ("linear", "relu", "relu6", "softmax", "sigmoid", "tanh", "swish", "silu")
_ALIKE = re.compile(
    "Random.*|Dropout|SpatialDropout2D|GaussianNoise|GaussianDropout|Resizing|CenterCrop|"
    "ZeroPadding2D"
)
"""Kinds that leave a plain colour as it is, when nothing is learned."""
_MODELS = ("Functional", "Model", "Sequential")
_MOST_NODES = 20_000


@dataclass(frozen=True)
class Node:
    """A layer of a model, or of a model in it."""

    key: str
    """Of the `StoredLayer` that has its weights."""
    name: str
    kind: str
    """The name of its class."""
    config: Mapping[str, Any]
    inputs: tuple[int, ...]
    """Positions among the nodes."""


@dataclass
class _Reader:
    by_names: bool
    """Keys after the names of layers, as Keras 2 has them; else after their classes."""
    nodes: list[Node] = field(default_factory=list)

    def model(self, name: str, config: Any, path: str, given: Sequence[int] | None) -> list[int]:
        """Add a model's nodes; gives those of its outputs.

        Args:
            given: what it is called with; None: it has inputs of its own.
        """
        sequential = name == "Sequential"
        layers = config["layers"] if isinstance(config, dict) else config
        counts: dict[str, int] = {}
        ends: dict[str, list[int]] = {}
        last = list(given or [])
        waiting = list(given or [])
        for layer in layers:
            kind, own = str(layer["class_name"]), layer["config"]
            own_name = str(layer.get("name") or (own.get("name") if isinstance(own, dict) else ""))
            stem = snake_case(kind)
            number = counts.get(stem, -1) + 1
            counts[stem] = number
            if self.by_names:
                key = f"{path.split('/')[0]}/{own_name}" if path else own_name
            else:
                key = f"{path}layers/{stem}" + (f"_{number}" if number else "")
            if kind == "InputLayer" and given is not None:
                if not waiting:
                    raise ValueError(f"has a model in it that is called without its {own_name}")
                ends[own_name] = [waiting.pop(0)]
                continue
            inputs = last if sequential else self._inputs(layer, ends)
            if kind in _MODELS:
                inner = key if self.by_names else f"{key}/"
                last = self.model(kind, own, inner, inputs or None)
            else:
                if len(self.nodes) >= _MOST_NODES:
                    raise ValueError(f"has more than {_MOST_NODES} layers")
                self.nodes.append(
                    Node(key, own_name, kind, own if isinstance(own, dict) else {}, tuple(inputs))
                )
                last = [len(self.nodes) - 1]
            ends[own_name] = last
        if sequential or not isinstance(config, dict) or "output_layers" not in config:
            return last
        return [position for name in _named(config["output_layers"]) for position in ends[name]]

    def _inputs(self, layer: Mapping[str, Any], ends: dict[str, list[int]]) -> list[int]:
        calls = layer.get("inbound_nodes") or []
        if not calls:
            return []
        # A layer that is called twice: what it was called with first.
        return [position for name in _called_with(calls[0]) for position in ends[name]]


def nodes(config: Any, by_names: bool = False) -> list[Node]:
    """The layers of a model and of all models in it, each behind those that it is called with.

    Args:
        config: {"class_name": ..., "config": ...}, as Keras 2 and 3 write it.
        by_names: whether layers have their weights under their names, or after their classes.

    Raises:
        ValueError: it is damaged, or no functional or sequential model.
    """
    try:
        kind = str(config["class_name"])
        if kind not in _MODELS:
            raise ValueError(f"is a model of a class of its own ({kind})")
        reader = _Reader(by_names)
        reader.model(kind, config["config"], "", None)
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"has a damaged configuration ({error!s:.100})") from error
    return reader.nodes


def snake_case(kind: str) -> str:
    """The name under which Keras 3 keeps the weights of a class: Conv2D is conv2d."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w)(?=[A-Z][a-z])", "_", kind).lower()


def ancestors(graph: Sequence[Node], wanted: Iterable[int], stop: Iterable[int] = ()) -> set[int]:
    """The nodes that some hang on, with these themselves; not what is above those of `stop`."""
    found, stop = set(), set(stop)
    waiting = list(wanted)
    while waiting:
        position = waiting.pop()
        if position not in found:
            found.add(position)
            if position not in stop:
                waiting.extend(graph[position].inputs)
    return found


@dataclass(frozen=True)
class KerasGraph:
    """A model that can be run from one of its layers on."""

    nodes: Sequence[Node]
    layers: Mapping[str, StoredLayer]
    """Those that have weights, by their keys."""
    tolerance: float = TOLERANCE

    def outputs(self, pictures: np.ndarray, first: str, wanted: Sequence[str]) -> list[np.ndarray]:
        """See `stored_layers.Graph`."""
        places = {node.key: place for place, node in enumerate(self.nodes)}
        start = self._given_to(first)
        return _run(self.nodes, {start: pictures}, [places[key] for key in wanted], self.layers)

    def colours(self, pixels: np.ndarray, first: str) -> np.ndarray:
        """See `stored_layers.Graph`."""
        return _colours(self.nodes, self._given_to(first), pixels)

    def _given_to(self, key: str) -> int:
        for node in self.nodes:
            if node.key == key and len(node.inputs) == 1:
                return node.inputs[0]
        raise NotRun(f"its configuration has no layer {key}")


def _run(graph, values, wanted, arrays) -> list[np.ndarray]:
    values = dict(values)
    for place in sorted(ancestors(graph, wanted, values)):
        if place in values:
            continue
        node = graph[place]
        if not node.inputs:
            raise NotRun(f"{node.name} is another input of it")
        inputs = [values[one] for one in node.inputs]
        values[place] = _answer(node, inputs, arrays.get(node.key))
    return [np.asarray(keras.ops.convert_to_numpy(values[place])) for place in wanted]


def _answer(node: Node, inputs: list, stored: StoredLayer | None):
    config = node.config
    if node.kind not in _SETTINGS:
        if re.fullmatch("Random.*|Dropout|SpatialDropout2D|Gaussian.*|ActivityReg.*", node.kind):
            return inputs[0]
        raise NotRun(f"its layer {node.name} is a {node.kind}")
    if config.get("data_format", "channels_last") not in ("channels_last", None):
        raise NotRun(f"its layer {node.name} has its channels first")
    settings = {key: config[key] for key in _SETTINGS[node.kind] if key in config}
    if not all(map(_plain, settings.values())):
        raise NotRun(f"its layer {node.name} has settings that are no numbers")
    if "activation" in config:
        settings["activation"] = _activation(node)
    if "use_bias" in config:
        settings["use_bias"] = bool(config["use_bias"])
    try:
        layer = getattr(keras.layers, node.kind)(**settings)
        answer = layer(inputs if node.kind in ("Add", "Concatenate") else inputs[0])
        if layer.weights:
            if stored is None:
                raise NotRun(f"the weights of its layer {node.name} are not in it")
            layer.set_weights(stored.read())
            answer = layer(inputs[0])
    except (ValueError, TypeError) as error:
        raise NotRun(f"its layer {node.name} does not run ({error!s:.100})") from error
    return answer


def _colours(graph, start: int, pixels: np.ndarray) -> np.ndarray:
    """What plain colours become on their way from the input to a node."""
    values: dict[int, np.ndarray] = {}
    for place in sorted(ancestors(graph, [start])):
        node = graph[place]
        given = [values[one] for one in node.inputs]
        if not given:
            shape = node.config.get("batch_shape") or node.config.get("batch_input_shape") or [3]
            if node.kind != "InputLayer" or shape[-1] != 3:
                raise NotRun(f"its input {node.name} takes no colour pictures")
            values[place] = pixels.astype(np.float64)
        elif node.kind == "Rescaling":
            scale, offset = (node.config.get(key, 0) for key in ("scale", "offset"))
            if not (_plain(scale) and _plain(offset)):
                raise NotRun(f"its layer {node.name} has settings that are no numbers")
            values[place] = given[0] * np.array(scale, float) + np.array(offset, float)
        elif node.kind == "ReverseChannels" and len(given) == 1:
            values[place] = given[0][:, ::-1]
        elif _ALIKE.fullmatch(node.kind) and len(given) == 1:
            values[place] = given[0]
        else:
            raise NotRun(f"its layer {node.name} is a {node.kind}")
    return values[start]


def _activation(node: Node) -> str:
    activation = node.config["activation"]
    if isinstance(activation, dict):
        activation = activation.get("config")
    if activation not in _ACTIVATIONS:
        raise NotRun(f"its layer {node.name} has an activation that is not known here")
    return activation


def _plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float) or value in ("same", "valid")


def _called_with(call: Any) -> list[str]:
    """The layers whose outputs a layer is called with, in either version's words."""
    if isinstance(call, list | tuple) and call and isinstance(call[0], str):
        return [call[0]]
    if isinstance(call, dict) and call.get("class_name") == "__keras_tensor__":
        return [str(call["config"]["keras_history"][0])]
    inner = call.values() if isinstance(call, dict) else call
    if isinstance(call, str) or not isinstance(inner, Iterable):
        return []
    return [name for one in inner for name in _called_with(one)]


def _named(layers: Any) -> list[str]:
    """The names of `output_layers`: of one, or of several."""
    if layers and isinstance(layers[0], str):
        return [layers[0]]
    return [one[0] for one in layers]
