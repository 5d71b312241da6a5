"""The proof that weights were read right: the backbone and the file's own graph answer alike."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from train.networks.weight_files.keras_graph import Node, ancestors
from train.networks.weight_files.stored_layers import Graph
from train.phantom.make import make_phantom

_SEEDS = (0, 1)


def largest_difference(
    base: keras.Model, nodes: Sequence[Node], graph: Graph, keys: Mapping[str, str]
) -> float:
    """How far a file's graph is from the backbone, of the largest answer, on two phantoms.

    Compared are the last layers with weights, behind ReLU; what is before the first such layer is
    not.

    Args:
        nodes: the graph of the backbone.
        keys: of the stored layer for each of the backbone's.

    Raises:
        NotRun: the file's graph cannot be run.
    """
    first, last = first_layer(nodes, keys), _last(nodes, keys)
    answers = [base.get_layer(name).output for name in last]
    return min(
        _difference(base, start, answers, graph, keys[first], [keys[name] for name in last])
        for start in _starts(base, first)
    )


def _starts(base: keras.Model, first: str) -> list:
    """The tensors that a graph's first layer may be given: converters put padding into it."""
    names = [layer.name for layer in base.layers]
    starts = [base.get_layer(first).input]
    for layer in reversed(base.layers[: names.index(first)]):
        if isinstance(layer, keras.layers.ZeroPadding2D) and layer.output is starts[-1]:
            starts.append(layer.input)
    return starts


def _difference(base, start, answers, graph: Graph, first: str, wanted: Sequence[str]) -> float:
    shown = pictures(base.inputs[0].shape[1:])
    if start is not base.inputs[0]:
        shown = keras.ops.convert_to_numpy(keras.Model(base.inputs[0], start)(shown))
    shown = shown.astype(np.float32)
    mine = keras.tree.flatten(keras.Model(start, answers)(shown))
    others = graph.outputs(shown, first, wanted)
    worst = 0.0
    for one, other in zip(mine, others, strict=True):
        one, other = (np.maximum(keras.ops.convert_to_numpy(x), 0) for x in (one, other))
        if one.shape != other.shape:
            return float("inf")
        worst = max(worst, float(np.abs(one - other).max() / max(float(one.max()), 1e-12)))
    return worst


def pictures(shape: tuple[int, int, int]) -> np.ndarray:
    """Two phantoms, one with a lesion, uint8 [2, height, width, channels]."""
    height, width, channels = shape
    heads = []
    for seed in _SEEDS:
        head = make_phantom(seed, lesion=bool(seed), size=max(height, width, 64)).pixels
        rows = np.linspace(0, len(head) - 1, height).round().astype(int)
        columns = np.linspace(0, head.shape[1] - 1, width).round().astype(int)
        heads.append(head[np.ix_(rows, columns)])
    return np.repeat(np.stack(heads)[..., None], channels, axis=-1)


def first_layer(nodes: Sequence[Node], keys: Mapping[str, str]) -> str:
    """The backbone's layer that pixels reach first, of those with weights."""
    return next(node.name for node in nodes if node.name in keys)


def _last(nodes: Sequence[Node], keys: Mapping[str, str]) -> list[str]:
    """The layers with weights above no other one."""
    weighted = [place for place, node in enumerate(nodes) if node.name in keys]
    above = set()
    for place in weighted:
        above |= ancestors(nodes, nodes[place].inputs)
    return [nodes[place].name for place in weighted if place not in above]
