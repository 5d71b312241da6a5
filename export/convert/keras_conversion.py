"""From a Keras model to the bytes of a .tflite or .onnx file, without a manifest.

Which paths work and which break silently was measured: `from_saved_model` is sound where
`from_concrete_functions` loses the variables, and `tf2onnx.from_function` where its `from_keras`
fails on Sequential models.
"""

import tempfile
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from export.convert.heat_map_output import heat_map_of, two_outputs
from export.converter_output import quiet
from export.quantize.int8_onnx import INPUT, OnnxInt8
from export.quantize.int8_tflite import TfliteInt8
from export.quantize.quantizer import Quantizer
from train.networks.registry import LOGITS
from train.networks.type_head import TypeHead

OPSET = 17
"""ONNX operator set: the newest that tf2onnx 1.17 writes without warnings; ONNX Runtime >= 1.13."""


class Converter:
    """One model, converted as often as asked; what conversions share is done once."""

    def __init__(
        self,
        model: keras.Model,
        positive: int,
        batch: int | None = 1,
        types: TypeHead | None = None,
    ):
        """Take a model as `train` builds it, ending in an activation behind the layer `logits`.

        Args:
            positive: index of the tumor label, for the heat map.
            batch: scans of one call; None for any number, which only ONNX can have.
            types: of tumor, told as a further output; None: none are.
        """
        self.heat_map = heat_map_of(model)
        self._model, self._positive, self._batch = model, positive, batch
        self._types = types

    def convert(self, format: str, precision: str, calibration: np.ndarray | None) -> bytes:
        """A file that takes uint8 pixels [batch, H, W, C] and gives float32 logits [batch, units].

        A model that can have a heat map gives that, too: float32 [batch, rows, columns].

        Args:
            format: "tflite" or "onnx".
            precision: one that `export.targets` lists for the format.
            calibration: uint8 [N, H, W, C], for int8.

        Raises:
            KeyError: another format or precision, so that a new row of the table without a
                conversion is no other file under its name.
        """
        if precision == "int8":
            return self.int8(format, calibration).convert()
        if format == "tflite":
            return _tflite(self._saved, precision)
        as_onnx = {"fp32": lambda model: model, "fp16": _halve_onnx}[precision]
        return as_onnx(self._onnx_fp32)

    def int8(self, format: str, calibration: np.ndarray) -> Quantizer:
        """What makes int8 files of a format, calibrated with uint8 [N, H, W, C]."""
        names = [layer.name for layer in self._model.layers if layer.weights]
        more = calibration, self.heat_map.method, names
        return (
            TfliteInt8(self._saved, *more)
            if format == "tflite"
            else OnnxInt8(self._onnx_fp32, *more)
        )

    @cached_property
    def _onnx_fp32(self) -> bytes:
        return _onnx(self._network(transposed=False))

    def _network(self, transposed: bool) -> keras.Model:
        return two_outputs(self._model, self._positive, self._batch, transposed, self._types)

    @property
    def _saved(self) -> Path:
        """The network as a SavedModel, which is half of TFLite's work, whatever the precision."""
        return Path(self._saved_model.name)

    @cached_property
    def _saved_model(self) -> tempfile.TemporaryDirectory:
        model = self._network(transposed=True)
        folder = tempfile.TemporaryDirectory()
        with quiet():
            model.export(folder.name, verbose=False)
        return folder


@quiet()
def _tflite(saved: Path, precision: str) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    if precision not in ("fp32", "fp16", "dynamic"):
        raise KeyError(precision)
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "dynamic":
        # tflite-runtime 2.14 refuses dense layers quantized by channel (FULLY_CONNECTED v12).
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    return converter.convert()


@quiet()
def _onnx(model: keras.Model) -> bytes:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec(model.input.shape, tf.uint8, name=INPUT)]
    function = tf.function(lambda pixels: _named(model(pixels)), input_signature=signature)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    # Logits first, as a model without a heat map has them.
    proto.graph.output.sort(key=lambda output: (output.name != LOGITS, output.name))
    _renumber(proto.graph)
    return proto.SerializeToString(deterministic=True)


def _named(outputs) -> dict:
    return outputs if isinstance(outputs, dict) else {LOGITS: outputs}


def _renumber(graph) -> None:
    """Count anew the numbers in names like `pool__17`, and call constants by who takes them first.

    tf2onnx takes the numbers from a counter of the process and any of the names of equal constants;
    so the same model becomes the same bytes.
    """
    _order(graph)
    constants = {constant.name for constant in graph.initializer}
    numbers: dict[str, str] = {}

    def name(old: str) -> str:
        if old in numbers:
            return numbers[old]
        stem, mark, number = old.partition("__")
        if not mark:
            return old
        return numbers.setdefault(old, f"{stem}__{len(numbers)}{number.lstrip('0123456789')}")

    graph.doc_string = ""  # "converted from <lambda>_2369"
    for node in graph.node:
        node.name = name(node.name)
        for at, taken in enumerate(node.input):
            if taken in constants:
                numbers.setdefault(taken, f"{node.name}/{at}")
        node.input[:] = map(name, node.input)
        node.output[:] = map(name, node.output)
    for value in [*graph.initializer, *graph.value_info, *graph.input, *graph.output]:
        value.name = name(value.name)
    for values in (graph.initializer, graph.value_info):
        values.sort(key=lambda value: value.name)


def _order(graph) -> None:
    """Put each node right before the first that needs it; tf2onnx's order changes with chance."""
    made_by = {output: node for node in graph.node for output in node.output}
    ordered: dict[str, object] = {}

    def put(tensor: str) -> None:
        node = made_by.get(tensor)
        if node is not None and node.name not in ordered:
            for needed in node.input:
                put(needed)
            ordered[node.name] = node

    for output in graph.output:
        put(output.name)
    nodes = [type(node).FromString(node.SerializeToString()) for node in ordered.values()]
    del graph.node[:]
    graph.node.extend(nodes)


@quiet()
def _halve_onnx(payload: bytes) -> bytes:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Logits stay float32, as everywhere; pixels are uint8 and cast inside.
    half = convert_float_to_float16(onnx.load_from_string(payload), keep_io_types=True)
    return half.SerializeToString(deterministic=True)
