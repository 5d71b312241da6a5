"""An ONNX graph rebuilt of Keras layers, so that it goes the way of every other network.

From Keras both formats are written, layers can stay in float, and a heat map can be had. Whether
the rebuilt network is the same is not left to this code: `export.adopt.source` compares outputs.
"""

import tempfile
from pathlib import Path
from typing import Any

import keras
import onnx
from onnx import helper, numpy_helper

from export.converter_output import quiet
from export.onnx_to_keras.gelu import with_gelu
from export.onnx_to_keras.layer_names import LayerNames
from export.onnx_to_keras.node import Node
from export.onnx_to_keras.operators_with_weights import LAYERS
from export.onnx_to_keras.tensors import CHANNELS_LAST, NHWC, RebuildError, Tensor

_LAST = {"Softmax": "softmax", "LogSoftmax": "softmax", "Sigmoid": "sigmoid"}
"""Operators that may stand last, and which activation they are."""
_PASSED = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze")


def rebuild(model: onnx.ModelProto) -> tuple[keras.Model, str, bool]:
    """The network of a graph with a fixed batch of 1 and one picture for its input.

    Returns:
        The network, float32 [N, H, W, C] -> logits [N, outputs]; its last activation ("sigmoid",
        "softmax" or "none"), which is left out; and whether the graph has its channels first.

    Raises:
        RebuildError: it has what cannot be rebuilt.
    """
    graph = _folded(model).graph
    with_gelu(graph)
    values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    (entry,) = [one for one in graph.input if one.name not in values]
    shape = shape_of(entry)
    first = channels_first(shape)
    order = CHANNELS_LAST if first else NHWC
    pixels = keras.Input([shape[axis] for axis in order[1:]], name="picture")
    values[entry.name] = Tensor(pixels, order)
    shapes = {one.name: shape_of(one) for one in [*graph.value_info, *graph.output]}
    activation, stop = _last(graph)
    names = LayerNames()
    for number, proto in enumerate(graph.node):
        if proto.output[0] == stop:
            values[stop] = values[proto.input[0]]
            continue
        values[proto.output[0]] = _layer(proto, values, shapes, names)
        if not isinstance(values[proto.output[0]], Tensor):
            raise RebuildError(f"its operator {number} ({proto.op_type}) gives no tensor")
    found = values[graph.output[0].name]
    if found.rank != 2 and not found.flat:
        raise RebuildError(f"it gives {found.rank} axes instead of [scans, outputs]")
    return keras.Model(pixels, found.value, name="network"), activation, first


def shape_of(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    """The sizes of a tensor's axes; 0 where one is not fixed."""
    return tuple(one.dim_value for one in value.type.tensor_type.shape.dim)


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether a picture [N, ., ., .] has its channels before rows and columns."""
    return shape[1] in (1, 3) and shape[3] not in (1, 3)


def _layer(proto, values: dict[str, Any], shapes: dict, names: LayerNames):
    make = LAYERS.get(proto.op_type)
    if make is None or proto.domain not in ("", "ai.onnx"):
        raise RebuildError(
            f"its operator {proto.op_type} is none of those that can be rebuilt in Keras "
            f"({', '.join(sorted(LAYERS))})"
        )
    if len([name for name in proto.output if name]) > 1 and proto.op_type != "Dropout":
        raise RebuildError(f"its operator {proto.op_type} has several outputs")
    node = Node(
        proto.op_type,
        tuple(values[name] if name else None for name in proto.input),
        {one.name: helper.get_attribute_value(one) for one in proto.attribute},
        names.of_node(proto.name, proto.op_type),
        shapes.get(proto.output[0], ()),
    )
    try:
        return make(node)
    except RebuildError as error:
        where = f" ({proto.name})" if proto.name else ""
        raise RebuildError(f"its operator {proto.op_type}{where} is {error}") from None


def _last(graph: onnx.GraphProto) -> tuple[str, str | None]:
    """The last activation, and the tensor that it gives; what only passes it on may follow."""
    made_by = {name: node for node in graph.node for name in node.output}
    name = graph.output[0].name
    while name in made_by:
        node = made_by[name]
        if node.op_type in _LAST:
            return _LAST[node.op_type], name
        if node.op_type not in _PASSED:
            break
        name = node.input[0]
    return "none", None


@quiet()
def _folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with all that is constant worked out, and the shape of every tensor."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "folded.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(made)
        try:
            onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's have no common type
            reason = str(error).strip().splitlines()[0][:300]
            raise RebuildError(f"ONNX Runtime cannot load it ({reason})") from error
        return onnx.shape_inference.infer_shapes(onnx.load(made))
