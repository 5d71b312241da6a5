"""Operations that reckon shapes, in the content of an exported file of batch 1: none may be left.

LiteRT.js 2.5.3 answered garbage, without an error, for files that had them.
"""

import onnx
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils


def in_tflite(payload: bytes) -> list[str]:
    """SHAPE, PACK and RANGE; STRIDED_SLICE of whole numbers; and tensors of an open size."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(payload))
    found = []
    for graph in model.subgraphs:
        for operator in graph.operators:
            kind = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
            source = graph.tensors[operator.inputs[0]]
            whole = source.type == schema.TensorType.INT32
            if kind in ("SHAPE", "PACK", "RANGE") or (kind == "STRIDED_SLICE" and whole):
                found.append(kind)
        found += [
            f"open size of {tensor.name.decode()}"
            for tensor in graph.tensors
            if tensor.shapeSignature is not None and -1 in tensor.shapeSignature
        ]
    return found


def in_onnx(payload: bytes) -> list[str]:
    """Shape, Size and Range; and an input or output of an open size."""
    graph = onnx.load_from_string(payload).graph
    found = [node.op_type for node in graph.node if node.op_type in ("Shape", "Size", "Range")]
    ends = [*graph.input, *graph.output]
    open_ = [
        one.name for one in ends if not all(d.dim_value for d in one.type.tensor_type.shape.dim)
    ]
    return found + [f"open size of {name}" for name in open_]


def of(path) -> list[str]:
    """Of a file, by its suffix."""
    read = in_tflite if path.suffix == ".tflite" else in_onnx
    return read(path.read_bytes())
