"""What tf2onnx leaves in a graph that no engine can load, made whole or refused with its reason."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from export.errors import ExportError


@contextmanager
def calls_inlined() -> Iterator[None]:
    """Functions inside a function become part of it while it is traced.

    Keras puts grouped convolutions into one that is compiled by itself; tf2onnx leaves the call.
    """
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def captured(function) -> dict[str, np.ndarray]:
    """Constants that a concrete function holds without being variables: Normalization's."""
    return {
        inner.name: outer.numpy()
        for outer, inner in function.graph.captures
        if inner.dtype.name not in ("resource", "variant")
    }


def mend(graph, constants: Mapping[str, np.ndarray]) -> None:
    """Change the graph in place.

    Args:
        constants: that tf2onnx made inputs of, by their names.

    Raises:
        ExportError: it has operations that ONNX does not have.
    """
    from onnx import numpy_helper

    used = {name for node in graph.node for name in node.input}
    for entry in [entry for entry in graph.input if entry.name in constants]:
        graph.input.remove(entry)
        if entry.name in used:
            graph.initializer.append(numpy_helper.from_array(constants[entry.name], entry.name))
    for node in [node for node in graph.node if node.op_type in _LESS_ONE]:
        less_one(graph, node)
    _refuse_unknown(graph)


_LESS_ONE = {"Erfc": "Erf", "Expm1": "Exp"}
"""What ONNX does not have, and the operation that it is, but for a subtraction of or from 1."""


def less_one(graph, node) -> None:
    """Erfc(x) becomes 1 - Erf(x), Expm1(x) Exp(x) - 1: off by some 1e-7 in float32 near 0."""
    from onnx import helper, numpy_helper

    known = _LESS_ONE[node.op_type]
    one, inner = f"{node.name}/one", f"{node.name}/{known.lower()}"
    if all(constant.name != one for constant in graph.initializer):
        graph.initializer.append(numpy_helper.from_array(np.float32(1), one))
    sides = [one, inner] if known == "Erf" else [inner, one]
    at = list(graph.node).index(node)
    graph.node.remove(node)
    graph.node.insert(at, helper.make_node("Sub", sides, node.output, name=node.name))
    graph.node.insert(at, helper.make_node(known, node.input, [inner], name=inner))


def _refuse_unknown(graph) -> None:
    import onnx

    unknown = {
        node.op_type: node.name
        for node in graph.node
        if node.domain not in ("", "ai.onnx") or not onnx.defs.has(node.op_type)
    }
    if unknown:
        where = ", ".join(f"{kind} (in {name})" for kind, name in sorted(unknown.items()))
        raise ExportError(f"ONNX has no {where}, and tf2onnx puts nothing in its place")
