"""GELU in an ONNX graph: frameworks write it out with the error function, Keras has it as a layer.

GELU(x) = x (1 + erf(x / sqrt 2)) / 2, as sums and products in any order. Also by `Erfc`, which ONNX
does not have, and tf2onnx leaves in a graph.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper, numpy_helper

from export.convert.onnx_mends import less_one

_HALF_ROOT = 1 / math.sqrt(2)
_NEAR = 1e-4
"""Of constants: some files hold them as float16 did."""


def mend_erfc(model: onnx.ModelProto) -> None:
    """Put what ONNX has in place of `Erfc` and of TFLite's own GELU."""
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "Erfc"]:
        less_one(graph, node)
    for node in [node for node in graph.node if node.op_type == "TFL_GELU"]:
        if any(one.name == "approximate" and one.i for one in node.attribute):
            continue  # by tanh: another function
        _write_out(graph, node)


class _Multiple(NamedTuple):
    """A tensor as a multiple of another one, whose axes may be in another order."""

    of: str
    factor: float
    axes: tuple[int, ...]
    """As `Transpose` takes them; empty: as they are."""


def with_gelu(graph: onnx.GraphProto) -> None:
    """Put one operator `Gelu` in place of each that is written out; others stay as they are."""
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Erf"]:
        made_by = {name: one for one in graph.node for name in one.output}
        x = _multiple(node.input[0], made_by, constants)
        if not math.isclose(abs(x.factor), _HALF_ROOT, rel_tol=_NEAR):
            continue
        last = _end(node, x, graph, made_by, constants)
        if last is None:
            continue
        at, name = list(graph.node).index(last), last.name or node.name
        graph.node.remove(last)
        given = x.of
        if x.axes:
            given = f"{last.output[0]}/turned"
            turned = helper.make_node("Transpose", [x.of], [given], perm=x.axes, name=given)
            graph.node.insert(at, turned)
            at += 1
        graph.node.insert(at, helper.make_node("Gelu", [given], last.output, name=name))
        _clear(graph)


def _multiple(name: str, made_by: Mapping, constants: Mapping) -> _Multiple:
    """Of what a tensor is a multiple."""
    factor, axes = 1.0, ()
    while (node := made_by.get(name)) is not None:
        number, other = _with_number(node, constants)
        if node.op_type == "Neg":
            factor = -factor
        elif node.op_type == "Transpose" and node.attribute:
            own = tuple(helper.get_attribute_value(node.attribute[0]))
            axes = tuple(own[axis] for axis in axes) if axes else own
        elif node.op_type == "Mul" and number is not None:
            factor *= number
        elif node.op_type == "Div" and number and other == node.input[0]:
            factor /= number
        else:
            break
        name = other
    return _Multiple(name, factor, () if axes == tuple(range(len(axes))) else axes)


def _end(erf, x: _Multiple, graph, made_by: Mapping, constants: Mapping):
    """The operator that gives GELU(x), if what follows makes it of erf(+-x / sqrt 2)."""
    # What a tensor is: offset + slope erf(x / sqrt 2), times x if that was multiplied in.
    offset, slope, node, times_x = 0.0, math.copysign(1, x.factor), erf, False
    while True:
        if times_x and all(math.isclose(one, 0.5, rel_tol=_NEAR) for one in (offset, slope)):
            return node
        users = [one for one in graph.node if node.output[0] in one.input]
        if len(users) != 1:
            return None
        given, node = node.output[0], users[0]
        number, _ = _with_number(node, constants)
        first = node.input[0] == given
        if node.op_type == "Neg":
            offset, slope = -offset, -slope
        elif number is not None and node.op_type in ("Add", "Sub") and not times_x:
            turn = -1 if node.op_type == "Sub" and not first else 1
            shift = -number if node.op_type == "Sub" and first else number
            offset, slope = turn * offset + shift, turn * slope
        elif number and (node.op_type == "Mul" or (node.op_type == "Div" and first)):
            scale = number if node.op_type == "Mul" else 1 / number
            offset, slope = offset * scale, slope * scale
        elif number is None and node.op_type == "Mul" and not times_x:
            other = _multiple(node.input[1] if first else node.input[0], made_by, constants)
            if (other.of, other.axes) != (x.of, x.axes):
                return None
            offset, slope, times_x = offset * other.factor, slope * other.factor, True
        else:
            return None


def _with_number(node, constants: Mapping[str, np.ndarray]) -> tuple[float | None, str]:
    """The one number among an operator's two inputs, None if there is none, and the other input."""
    if len(node.input) == 2:
        for name, other in (tuple(node.input), tuple(reversed(node.input))):
            if name in constants and constants[name].size == 1 and other not in constants:
                return float(constants[name].ravel()[0]), other
    return None, node.input[0] if node.input else ""


def _clear(graph: onnx.GraphProto) -> None:
    """Take away operators whose outputs nobody takes."""
    wanted = {one.name for one in graph.output}
    for node in reversed(list(graph.node)):
        if wanted.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            wanted.update(node.input)


def _write_out(graph: onnx.GraphProto, node) -> None:
    names = {one: f"{node.output[0]}/{one}" for one in ("root", "half", "one")}
    numbers = {"root": _HALF_ROOT, "half": 0.5, "one": 1.0}
    for one, number in numbers.items():
        graph.initializer.append(numpy_helper.from_array(np.float32(number), names[one]))
    x, start = node.input[0], node.output[0]
    steps = [
        ("Mul", [x, names["root"]], f"{start}/scaled"),
        ("Erf", [f"{start}/scaled"], f"{start}/erf"),
        ("Add", [f"{start}/erf", names["one"]], f"{start}/sum"),
        ("Mul", [f"{start}/sum", x], f"{start}/product"),
        ("Mul", [f"{start}/product", names["half"]], start),
    ]
    at = list(graph.node).index(node)
    graph.node.remove(node)
    for kind, inputs, output in reversed(steps):
        graph.node.insert(at, helper.make_node(kind, inputs, [output], name=output))
