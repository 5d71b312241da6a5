"""Which channels of a network can go, and which must go together.

A channel is made by one filter of a convolution (or unit of a dense layer), runs through layers
that treat each channel by itself, and ends where another convolution or dense layer mixes it with
others. Where two branches are added, channel i of both is one: they stay or go together.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from train.errors import TrainError
from train.networks.registry import LOGITS

MIXING = (layers.Dense, layers.Conv2D, layers.SeparableConv2D)
"""Layers of which every output depends on every input channel."""
_BY_CHANNEL = (
    layers.Activation,
    layers.AveragePooling2D,
    layers.BatchNormalization,
    layers.Dropout,
    layers.GlobalAveragePooling2D,
    layers.GlobalMaxPooling2D,
    layers.MaxPooling2D,
    layers.ReLU,
    layers.LeakyReLU,
    layers.UpSampling2D,
    layers.ZeroPadding2D,
)
_ADDING = (layers.Add, layers.Average, layers.Maximum, layers.Subtract)


@dataclass(frozen=True)
class Group:
    """Channels of the same kind: each of `size` can go, and takes its place in all layers along."""

    numbers: np.ndarray
    """Of the channels, int64 [size]."""
    producers: dict[str, np.ndarray]
    """Of mixing layers: the output that is channel i, int64 [size]."""
    consumers: dict[str, np.ndarray]
    """Of mixing layers: the inputs that are channel i, int64 [size, inputs of a channel]."""

    @property
    def size(self) -> int:
        """Number of channels."""
        return len(self.numbers)

    @property
    def name(self) -> str:
        """Of the layers that make them."""
        return "+".join(self.producers)


@dataclass(frozen=True)
class Channels:
    """Of a whole network."""

    groups: tuple[Group, ...]
    inputs: dict[str, np.ndarray]
    """Of each layer with weights: the number of each of its input channels, int64."""
    outputs: dict[str, np.ndarray]
    """The same of its output channels; equal numbers are one channel."""


def is_mixing(layer: layers.Layer) -> bool:
    """Whether it is a layer from which outputs can be removed."""
    if isinstance(layer, layers.Conv2D):
        return layer.groups == 1
    return isinstance(layer, MIXING) and not isinstance(layer, layers.DepthwiseConv2D)


def find_channels(model: keras.Model) -> Channels:
    """Number the channels of a flat functional model and group those that are alike.

    Raises:
        TrainError: none can be removed.
    """
    found = _Numbers()
    known: dict[int, np.ndarray] = {}
    inputs, outputs = {}, {}
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            known[id(layer.output)] = found.fixed(layer.output.shape[-1])
            continue
        given = layer.input if isinstance(layer.input, (list, tuple)) else [layer.input]
        numbers = [known[id(tensor)] for tensor in given]
        made = _through(layer, numbers, found)
        known[id(layer.output)] = made
        if layer.weights:
            inputs[layer.name], outputs[layer.name] = numbers[0], made
    for tensor in model.outputs:
        found.fix(known[id(tensor)])
    found.fix(outputs[LOGITS])
    inputs = {name: found.roots(numbers) for name, numbers in inputs.items()}
    outputs = {name: found.roots(numbers) for name, numbers in outputs.items()}
    mixing = [layer.name for layer in model.layers if is_mixing(layer)]
    groups = _groups(mixing, inputs, outputs, found)
    if not groups:
        raise TrainError(f"{model.name}: has no channel that can be removed")
    return Channels(groups, inputs, outputs)


class _Numbers:
    """Numbers of channels, of which some turn out to be the same (union-find) or unremovable."""

    def __init__(self):
        self._parent: list[int] = []
        self._fixed: set[int] = set()

    def new(self, count: int) -> np.ndarray:
        start = len(self._parent)
        self._parent += range(start, start + count)
        return np.arange(start, start + count)

    def fixed(self, count: int) -> np.ndarray:
        numbers = self.new(count)
        self.fix(numbers)
        return numbers

    def fix(self, numbers: np.ndarray) -> None:
        """These cannot be removed."""
        self._fixed.update(numbers.tolist())

    def root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, one: np.ndarray, other: np.ndarray) -> None:
        for a, b in zip(one.tolist(), other.tolist(), strict=True):
            self._parent[self.root(b)] = self.root(a)

    def roots(self, numbers: np.ndarray) -> np.ndarray:
        return np.array([self.root(number) for number in numbers.tolist()], np.int64)

    @property
    def fixed_roots(self) -> set[int]:
        return {self.root(number) for number in self._fixed}


def _through(layer: layers.Layer, given: list[np.ndarray], found: _Numbers) -> np.ndarray:
    """The channels of a layer's output."""
    first, shape = given[0], layer.output.shape
    if is_mixing(layer):
        return found.new(shape[-1])
    if isinstance(layer, layers.DepthwiseConv2D):
        if layer.depth_multiplier == 1:
            return first
    elif isinstance(layer, _ADDING):
        if len({len(numbers) for numbers in given}) == 1:
            for other in given[1:]:
                found.join(first, other)
            return first
    elif isinstance(layer, layers.Concatenate):
        if layer.axis in (-1, len(shape) - 1):
            return np.concatenate(given)
    elif isinstance(layer, layers.Flatten):
        return np.tile(first, shape[-1] // len(first))  # the channel is what changes fastest
    elif isinstance(layer, _BY_CHANNEL) and not _is_softmax(layer):
        return first
    # What is not known may do anything with its channels.
    for numbers in given:
        found.fix(numbers)
    return found.fixed(shape[-1])


def _is_softmax(layer: layers.Layer) -> bool:
    return getattr(layer, "activation", None) is keras.activations.softmax


def _groups(
    mixing: list[str],
    inputs: dict[str, np.ndarray],
    outputs: dict[str, np.ndarray],
    found: _Numbers,
) -> tuple[Group, ...]:
    fixed = found.fixed_roots
    places: dict[int, tuple[dict, dict]] = {}
    for name in mixing:
        for side, numbers in ((0, outputs[name]), (1, inputs[name])):
            for place, number in enumerate(numbers.tolist()):
                if number not in fixed:
                    places.setdefault(number, ({}, {}))[side].setdefault(name, []).append(place)
    alike: dict[tuple, list[int]] = {}
    for number, (made, used) in places.items():
        # Two outputs of one layer that are one channel, or a channel of no layer: left alone.
        if made and used and all(len(own) == 1 for own in made.values()):
            key = (tuple(made), tuple((name, len(own)) for name, own in used.items()))
            alike.setdefault(key, []).append(number)
    return tuple(
        Group(
            np.array(numbers),
            {name: np.array([places[n][0][name][0] for n in numbers]) for name in made},
            {name: np.array([places[n][1][name] for n in numbers]) for name, _ in used},
        )
        for (made, used), numbers in alike.items()
    )
