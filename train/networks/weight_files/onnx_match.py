"""Which convolution of an ONNX file is which of a backbone, and its weights as Keras has them.

Converters fold batch normalization into the convolution before it. What is folded is put into a
normalization that does nothing else: the same outputs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from train.networks.weight_files.keras_graph import Node
from train.networks.weight_files.match import Found, Mismatch, wanted_of
from train.networks.weight_files.onnx_graph import Normalization, Unit


@dataclass(frozen=True)
class _Place:
    """A convolution of the backbone."""

    name: str
    shapes: tuple[tuple[int, ...], ...]
    above: frozenset[int]
    pooled: bool
    norm: str | None
    """The layer of its batch normalization."""


def matches(base: keras.Model, graph: Sequence[Node], units: Sequence[Unit]) -> Iterator[Found]:
    """The ways in which a file's convolutions may be a backbone's, the likeliest first.

    Args:
        graph: of the backbone.

    Raises:
        Mismatch: they cannot be.
    """
    places = _places(base, graph)
    if len(units) < len(places):
        raise Mismatch(0, f"it has {len(units)} convolutions, and must have {len(places)}")
    tried: list[list[int]] = []
    for order in (list(range(len(places))), _by_neighbours(places, units)):
        if order is not None and order not in tried:
            tried.append(order)
    wrong: Mismatch | None = None
    right = 0
    for order in tried:
        try:
            found = _found(base, places, [units[one] for one in order], order)
        except Mismatch as error:
            wrong = wrong or error
            continue
        right += 1
        yield found
    if not right and wrong:
        raise wrong


def _places(base: keras.Model, graph: Sequence[Node]) -> list[_Place]:
    """The convolutions of a backbone in their order."""
    shapes = {layer.name: layer.shapes for layer in wanted_of(base)}
    kernels = {name: tuple(shape for shape in of if len(shape) == 4) for name, of in shapes.items()}
    norms = {
        graph[node.inputs[0]].name: node.name for node in graph if node.kind == "BatchNormalization"
    }
    found: list[_Place] = []
    above: list[frozenset[int]] = []
    for node in graph:
        united = frozenset().union(*(above[one] for one in node.inputs))
        if kernels.get(node.name):
            pooled = _is_pooled(graph, node)
            found.append(
                _Place(node.name, kernels[node.name], united, pooled, norms.get(node.name))
            )
            united = frozenset([len(found) - 1])
        above.append(united)
    return found


def _is_pooled(graph: Sequence[Node], node: Node) -> bool:
    before = graph[node.inputs[0]]
    while before.kind == "ZeroPadding2D" and before.inputs:
        before = graph[before.inputs[0]]
    return "Pooling" in before.kind


def _by_neighbours(places: Sequence[_Place], units: Sequence[Unit]) -> list[int] | None:
    """The order in which units stand where the backbone's convolutions stand among theirs."""
    mine, others = _colours(places), _colours(units)
    order, taken = [], set()
    for colour in mine:
        free = [one for one, other in enumerate(others) if other == colour and one not in taken]
        if not free:
            return None
        order.append(free[0])
        taken.add(free[0])
    return order


def _colours(graph: Sequence) -> list[int]:
    """Alike are those whose shapes, and whose neighbours' neighbours' shapes, are alike.

    InceptionV3's blocks have two branches of one convolution each, alike but for a pooling.
    """
    below: list[set[int]] = [set() for _ in graph]
    for place, one in enumerate(graph):
        for other in one.above:
            below[other].add(place)
    colours = [hash((one.shapes, one.pooled)) for one in graph]
    for _ in range(len(graph)):
        colours = [
            hash(
                (
                    colours[place],
                    tuple(sorted(colours[other] for other in one.above)),
                    tuple(sorted(colours[other] for other in below[place])),
                )
            )
            for place, one in enumerate(graph)
        ]
    return colours


def _found(
    base: keras.Model, places: Sequence[_Place], units: Sequence[Unit], order: Sequence[int]
) -> Found:
    arrays, keys = {}, {}
    wanted = {layer.name: layer for layer in base.layers}
    for place, unit, key in zip(places, units, order, strict=True):
        if place.shapes != unit.shapes:
            raise Mismatch(
                len(keys), f"a convolution is {unit.shapes}, where {place.name} is {place.shapes}"
            )
        keys[place.name] = str(key)
        kernels, bias, norm = list(unit.kernels), unit.bias, unit.norm
        if place.norm is None:
            if norm is not None:
                factor, bias = _affine(norm, bias)
                kernels[-1], norm = kernels[-1] * factor, None
            has_bias = len(wanted[place.name].weights) > len(kernels)
            if bias is not None and not has_bias:
                raise Mismatch(len(keys), f"{place.name} has no bias, and its convolution one")
            zeros = np.zeros(kernels[-1].shape[-1], np.float32)
            arrays[place.name] = [*kernels, *([zeros if bias is None else bias] * has_bias)]
            continue
        keys[place.norm] = str(key)
        layer = wanted[place.norm]
        if norm is not None and (layer.scale or np.all(norm.gamma == 1)):
            mean = norm.mean if bias is None else norm.mean - bias
            # Another epsilon is another variance.
            variance = norm.variance + (norm.epsilon - layer.epsilon)
            gamma, beta = norm.gamma, norm.beta
        else:
            if norm is not None:
                factor, bias = _affine(norm, bias)
                kernels[-1] = kernels[-1] * factor
            mean = np.zeros(kernels[-1].shape[-1], np.float32)
            beta = mean if bias is None else bias
            gamma = np.ones_like(mean)
            variance = gamma - layer.epsilon
        arrays[place.norm] = [*([gamma] if layer.scale else []), beta, mean, variance]
        spare = len(wanted[place.name].weights) - len(kernels)
        arrays[place.name] = [*kernels, *([np.zeros_like(mean)] * spare)]
    return Found(arrays, keys)


def _affine(norm: Normalization, bias: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """What a normalization does, as a factor and an offset behind a convolution without bias."""
    factor = norm.gamma / np.sqrt(norm.variance + norm.epsilon)
    return factor, norm.beta + ((0 if bias is None else bias) - norm.mean) * factor
