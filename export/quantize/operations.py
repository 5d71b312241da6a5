"""Which operations a model file has, and which of them an int8 file computes in float."""

from collections.abc import Collection

_MOVES = (
    *("CAST", "QUANTIZE", "DEQUANTIZE", "RESHAPE", "EXPAND_DIMS", "SQUEEZE"),
    *("Cast", "QuantizeLinear", "DequantizeLinear", "Reshape", "Unsqueeze", "Squeeze"),
    *("Transpose", "Flatten", "Identity", "Constant"),
)
"""They compute nothing, or are what stands between int8 and float."""


def tflite_operations(payload: bytes) -> list[str]:
    """Kinds of operations of a .tflite file's content, in order, such as CONV_2D."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(payload))
    return [
        flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
        for graph in model.subgraphs
        for operator in graph.operators
    ]


def tflite_in_float(payload: bytes, asked: Collection[str]) -> list[str]:
    """Kinds of operations that an int8 .tflite file computes in float, but for those asked for.

    Args:
        asked: names of the first outputs of those that are to be in float.
    """
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(payload))
    found = set()
    for graph in model.subgraphs:
        for operator in graph.operators:
            kind = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
            first = graph.tensors[operator.outputs[0]]
            is_float = first.type == schema.TensorType.FLOAT32
            if is_float and kind not in _MOVES and first.name.decode() not in asked:
                found.add(kind)
    return sorted(found)


def onnx_in_float(payload: bytes, asked: Collection[str]) -> list[str]:
    """As `tflite_in_float`, of an int8 .onnx file; nodes are named by their names."""
    import onnx

    graph = onnx.load_from_string(payload).graph
    made_by = {output: node for node in graph.node for output in node.output}
    takers: dict[str, list] = {}
    for node in graph.node:
        for name in node.input:
            takers.setdefault(name, []).append(node)

    def is_int8(node) -> bool:
        """Between numbers of 8 bits on both sides, ONNX Runtime computes with 8 bits."""
        sources = [made_by[name] for name in node.input if name in made_by]
        before = any(source.op_type == "DequantizeLinear" for source in sources)
        after = [taker for name in node.output for taker in takers.get(name, ())]
        # A ReLU behind a convolution becomes part of it.
        fused = all(taker.op_type in ("Relu", "Clip", "QuantizeLinear") for taker in after)
        return (before and fused) or any(is_int8(s) for s in sources if node.op_type == "Relu")

    return sorted(
        {
            node.op_type
            for node in graph.node
            if node.op_type not in _MOVES and node.name not in asked and not is_int8(node)
        }
    )
