"""How much arithmetic a model is: multiply-adds and weights, counted from the file's own graph.

A .tflite file is counted through its engine, so on a device too; an .onnx file with the `onnx`
package, where that is installed. Counted are convolutions and matrix products; everything else
(activations, pooling, scaling) is left out, as is usual.
"""

from dataclasses import dataclass
from importlib import import_module
from math import prod

import numpy as np

from benchmarks.installed import is_installed
from edge.console.streams import silenced
from edge.inference.engines import ENGINES, installed


@dataclass(frozen=True)
class Layer:
    """One convolution or matrix product, for one scan."""

    operator: str
    """As the format calls it."""
    macs: int
    """Multiply-adds."""
    weight_bytes: int
    """Of its constants, as the engine reads them."""


def count(path: str, format: str, engine: str) -> tuple[Layer, ...] | None:
    """The layers of a model file; None where nothing here can count them."""
    if format == "tflite":
        return _tflite(path, engine)
    return _onnx(path) if is_installed("onnx") else None


def _tflite(path: str, engine: str) -> tuple[Layer, ...] | None:
    if engine == "openvino":  # which tells of what it made of the graph, not of the file
        engine = installed("tflite")[0]
        if engine == "openvino":
            return None
    module = import_module(ENGINES[engine][1])
    resolver = getattr(module, "OpResolverType", None)
    # A delegate would hide the operators that it took over.
    plain = resolver and {
        "experimental_op_resolver_type": resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    }
    with silenced():
        interpreter = module.Interpreter(model_path=path, **(plain or {}))
        interpreter.allocate_tensors()
    if not hasattr(interpreter, "_get_ops_details"):
        return None
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    layers = []
    for operator in interpreter._get_ops_details():
        inputs = [tensors.get(i) for i in operator["inputs"]]
        shapes = [None if t is None else [int(n) for n in t["shape"]] for t in inputs]
        macs = _tflite_macs(
            operator["op_name"], shapes, [int(n) for n in tensors[operator["outputs"][0]]["shape"]]
        )
        if macs:
            weights = inputs[1]
            size = prod(shapes[1]) * np.dtype(weights["dtype"]).itemsize
            layers.append(Layer(operator["op_name"], macs, size))
    return tuple(layers)


def _tflite_macs(operator: str, inputs: list, output: list[int]) -> int:
    """Shapes as in tensorflow/lite/schema and the kernels: weights are the second input."""
    if operator in ("CONV_2D", "FULLY_CONNECTED"):  # [out, height, width, in], [out, in]
        return prod(output) * prod(inputs[1][1:])
    if operator == "DEPTHWISE_CONV_2D":  # [1, height, width, channels]
        return prod(output) * prod(inputs[1][1:3])
    if operator == "TRANSPOSE_CONV":  # (shape, weights, input)
        return prod(inputs[2]) * prod(inputs[1][:3])
    if operator == "BATCH_MATMUL":
        return prod(output) * inputs[0][-1]
    return 0


def _onnx(path: str) -> tuple[Layer, ...] | None:
    import onnx

    model = onnx.load(path)
    for entry in model.graph.input:
        batch = entry.type.tensor_type.shape.dim[0]
        if not batch.HasField("dim_value"):
            batch.dim_value = 1
    graph = onnx.shape_inference.infer_shapes(model).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    widths = {
        t.name: onnx.helper.tensor_dtype_to_np_dtype(t.data_type).itemsize
        for t in graph.initializer
    }
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    stored = {}
    for node in graph.node:
        if node.op_type in ("DequantizeLinear", "Cast") and node.input[0] in widths:
            stored[node.output[0]] = widths[node.input[0]]
            shapes[node.output[0]] = shapes[node.input[0]]
    layers = []
    for node in graph.node:
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
            continue
        first, second = (shapes.get(name) for name in node.input[:2])
        output = shapes.get(node.output[0])
        if not first or not second or not output or 0 in (*first, *second, *output):
            return None
        if node.op_type == "Conv":  # weights [out, in / groups, height, width]
            macs = prod(output) * prod(second[1:])
        elif node.op_type == "ConvTranspose":  # weights [in, out / groups, height, width]
            macs = prod(first) * prod(second[1:])
        else:
            macs = prod(output) * first[-1]
        width = stored.get(node.input[1], widths.get(node.input[1], 0))
        layers.append(Layer(node.op_type, macs, prod(second) * width))
    return tuple(layers)
