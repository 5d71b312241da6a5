"""Int8 files, by each format's own tools: what is quantized, and what stays in float.

Where a model has a heat map, its head and the map stay in float, for they are small and the map
suffers most: with everything in int8, its peak moved on a third of the scans and more.
"""

import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

_POOLING = ("MEAN", "GlobalAveragePool", "ReduceMean")
_SHAPING = ("RESHAPE", "SQUEEZE", "TRANSPOSE", "Reshape", "Squeeze", "Transpose", "Identity")


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
        method: as `edge.manifest.HeatMapSpec` has it; None: nothing stays in float.
    """
    if method is None:
        return []
    made_by = {name: node for node in nodes for name in node.outputs}
    if method == "grad-cam":
        # The last one: a backbone's own (squeeze and excitation) come before it.
        upstream = _upstream(made_by[logits], made_by)
        source = [node for node in nodes if node.name in upstream and node.kind in _POOLING][-1]
    else:
        source = made_by[heat_map]
        while source.kind in _SHAPING:
            source = made_by[source.inputs[0]]
    body = _upstream(source, made_by) - {source.name}
    return [node.name for node in nodes if node.name not in body or _standardises(node.name)]


def _standardises(name: str) -> bool:
    """Whether a node belongs to a layer named `standard`, which brings a scan to one brightness.

    In int8 its factor is off by some percent in a dark scan: of the compact network's logits the
    largest error was 0.89 with it in int8 and 0.30 with it in float, which took no longer.
    """
    return any(part.startswith("standard") for part in name.split("/"))


def _upstream(node: Node, made_by: dict[str, Node]) -> set[str]:
    """Names of the node and of all that it depends on."""
    found, waiting = set(), [node]
    while waiting:
        node = waiting.pop()
        if node.name not in found:
            found.add(node.name)
            waiting += [made_by[name] for name in node.inputs if name in made_by]
    return found


class TfliteInt8:
    """A Keras model on its way to int8 TFLite; calibrated once, quantized as often as asked."""

    def __init__(self, model: keras.Model, pixels: np.ndarray, method: str | None):
        """Take a model as `export.heat_map.two_outputs` gives it, of batch 1.

        Args:
            pixels: to calibrate with, uint8 [N, H, W, C].
            method: of the heat map, or None.
        """
        self._model, self._pixels, self._method = model, pixels, method

    def convert(self) -> bytes:
        """The int8 file: uint8 pixels in, float32 out."""
        import tensorflow as tf
        from tensorflow.lite.python.convert import mlir_quantize
        from tensorflow.lite.python.lite import _deduplicate_readonly_buffers

        quantized = mlir_quantize(
            self._calibrated,
            input_data_type=tf.uint8,
            output_data_type=tf.float32,
            denylisted_nodes=self._head,
        )
        # As the converter's own last step: the head and the map share their weights.
        return _deduplicate_readonly_buffers(quantized)

    @cached_property
    def _calibrated(self) -> bytes:
        """The float file, with the range of each tensor."""
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_keras_model(self._model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([pixels[None]] for pixels in self._pixels)
        converter._experimental_calibrate_only = True
        return converter.convert()

    @cached_property
    def _head(self) -> list[str]:
        from tensorflow.lite.tools import flatbuffer_utils

        model = flatbuffer_utils.convert_bytearray_to_object(bytearray(self._calibrated))
        (graph,) = model.subgraphs
        names = [tensor.name.decode() for tensor in graph.tensors]
        nodes = []
        for operator in graph.operators:
            kind = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
            inputs = tuple(names[i] for i in operator.inputs if i >= 0)
            outputs = tuple(names[i] for i in operator.outputs)
            # The quantizer knows an operation by what it gives.
            nodes.append(Node(outputs[0], kind, inputs, outputs))
        ranks = {len(graph.tensors[i].shape): names[i] for i in graph.outputs}
        return head(nodes, ranks[2], ranks.get(3), self._method)


class OnnxInt8:
    """An ONNX model on its way to int8 (QDQ, per channel)."""

    def __init__(self, payload: bytes, pixels: np.ndarray, method: str | None):
        """Take a float32 ONNX file with outputs `logits` and maybe `heat_map`.

        Args:
            pixels: to calibrate with, uint8 [N, H, W, C].
            method: of the heat map, or None.
        """
        self._payload, self._pixels, self._method = payload, pixels, method

    def convert(self) -> bytes:
        """The int8 file: uint8 pixels in, float32 out."""
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

        with tempfile.TemporaryDirectory() as folder:
            prepared, quantized = Path(folder, "p"), Path(folder, "q")
            prepared.write_bytes(self._prepared)
            quantize_static(
                prepared,
                quantized,
                _reader(self._pixels),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=self._head,
            )
            return quantized.read_bytes()

    @cached_property
    def _prepared(self) -> bytes:
        from onnxruntime.quantization.shape_inference import quant_pre_process

        with tempfile.TemporaryDirectory() as folder:
            plain, prepared = Path(folder, "f"), Path(folder, "p")
            plain.write_bytes(self._payload)
            # Every shape is static: symbolic inference (and its dependency, SymPy) has nothing to
            # do.
            quant_pre_process(plain, prepared, skip_symbolic_shape=True)
            return prepared.read_bytes()

    @cached_property
    def _head(self) -> list[str]:
        import onnx

        graph = onnx.load_from_string(self._prepared).graph
        nodes = [Node(n.name, n.op_type, tuple(n.input), tuple(n.output)) for n in graph.node]
        outputs = [output.name for output in graph.output]
        return head(nodes, outputs[0], outputs[-1], self._method)


def _reader(stack: np.ndarray):
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._scans: Iterator[np.ndarray] = iter(stack)

        def get_next(self):
            pixels = next(self._scans, None)
            return None if pixels is None else {INPUT: pixels[None]}

    return Reader()


INPUT = "pixels"
"""Name of an ONNX model's input."""
