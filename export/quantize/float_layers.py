"""What is float in an int8 file: parts of a graph, found alike in TFLite's and in ONNX's.

Where a model has a heat map, its head and the map stay in float, for they are small and the map
suffers most from int8. So do what brings a scan to one brightness and the layer that sees it.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

POOLING = ("MEAN", "GlobalAveragePool", "ReduceMean")
WEIGHTED = (
    *("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"),
    *("Conv", "ConvTranspose", "Gemm", "MatMul"),
)


class Node(NamedTuple):
    """An operation of a graph; tensors by their names."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def head(nodes: Sequence[Node], logits: str, heat_map: str | None, method: str | None) -> list[str]:
    """Names of the nodes that stay in float: from the pooling or the evidence on.

    Args:
        nodes: of the float graph, each after those whose outputs it takes.
        logits, heat_map: names of the graph's outputs.
        method: as `edge.model_file.manifest.HeatMapSpec` has it; None: nothing stays in float but
            what is reckoned from the logits of several labels.
    """
    if method is None:
        return _reckoned(nodes, logits)
    made_by = {name: node for node in nodes for name in node.outputs}
    if method == "grad-cam":
        # The last one: a backbone's own (squeeze and excitation) come before it.
        upstream = _upstream(made_by[logits], made_by)
        source = [node for node in nodes if node.name in upstream and node.kind in POOLING][-1]
    else:
        # The layer that gives the evidence, not what is reckoned from it.
        source = made_by[heat_map]
        while source.kind not in WEIGHTED:
            source = next(made_by[name] for name in source.inputs if name in made_by)
    body = _upstream(source, made_by) - {source.name}
    first = _standardised(nodes, body)
    return [node.name for node in nodes if node.name not in body or node.name in first]


def _reckoned(nodes: Sequence[Node], logits: str) -> list[str]:
    """What makes the log-odds of tumor of several labels (`train.networks.log_odds`), if there is.

    It is known by its logarithm. The layer that gives the labels' logits belongs to it, for a step
    of theirs in int8 is coarse where they are large: of an Xception from elsewhere 8 of 41 verdicts
    changed with that layer in int8, and 3 with it in float, in a file of the same 22.4 MB.
    """
    made_by = {name: node for node in nodes for name in node.outputs}
    found, waiting = {}, [logits]
    while waiting:
        node = made_by.get(waiting.pop())
        if node is not None and node.name not in found:
            found[node.name] = node.kind
            waiting += [] if node.kind in WEIGHTED else node.inputs
    return list(found) if {"LOG", "Log"} & set(found.values()) else []


def _standardised(nodes: Sequence[Node], body: Collection[str]) -> set[str]:
    """Names of the nodes that bring a scan to one brightness, and of the first layer that sees it.

    They are of a layer named `standard`, as the compact network has it, and what follows up to the
    second layer with weights. Where there is no second one in the body, that layer is int8.

    In int8 the factor is off by some percent in a dark scan: of the compact network's logits the
    largest error was 0.89 with it in int8 and 0.30 with it in float, which took no longer. And what
    it gives would have fewer steps in int8 than the scan has. With the first convolution in float
    half as many verdicts changed, at the same size (docs/measurements/all-sources.md).
    """
    own = {node.name for node in nodes if layer_of(node.name, ["standard"])}
    found = set(own)
    # How many layers with weights what comes of a standardised scan has passed, by tensor.
    passed: dict[str, int] = {}
    for node in nodes:
        behind = max((passed[name] for name in node.inputs if name in passed), default=None)
        if node.name in own:
            behind = behind or 0
        if behind is None:
            continue
        behind += node.kind in WEIGHTED
        passed.update(dict.fromkeys(node.outputs, behind))
        if behind < 2:
            found.add(node.name)
    left = (node for node in nodes if node.name in body and node.name not in found)
    return found if any(node.kind in WEIGHTED for node in left) else own


def _upstream(node: Node, made_by: dict[str, Node]) -> set[str]:
    """Names of the node and of all that it depends on."""
    found, waiting = set(), [node]
    while waiting:
        node = waiting.pop()
        if node.name not in found:
            found.add(node.name)
            waiting += [made_by[name] for name in node.inputs if name in made_by]
    return found


def layers(nodes: Sequence[Node], head: Sequence[str], names: Sequence[str]) -> dict[str, list]:
    """The quantized nodes of each layer with weights, in order.

    What comes behind a layer and has no weights (pooling, activation, addition) belongs to it, so
    that two neighbours that stay in float have nothing in int8 between them.

    Args:
        names: of the Keras layers that have weights.

    Returns:
        {Keras layer: its nodes' names}.
    """
    floating, owner, found = set(head), {}, {}
    for node in nodes:
        if node.kind in WEIGHTED:
            layer = layer_of(node.name, names) or node.name
        else:
            layer = next((owner[name] for name in node.inputs if name in owner), None)
        if layer is None or node.name in floating:
            continue
        owner.update(dict.fromkeys(node.outputs, layer))
        found.setdefault(layer, []).append(node.name)
    return found


def layer_of(name: str, names: Sequence[str]) -> str | None:
    """The Keras layer that a tensor or node is named after, as in `network/conv1_1/Relu:0`."""
    parts = re.split(r"[/;]", name)
    for part in parts:
        for layer in names:
            if re.fullmatch(rf"{re.escape(layer)}(_\d+)?", part):
                return layer
    return None
