"""From a Keras model to the bytes of a .tflite or .onnx file, without a manifest.

Which paths work and which break silently was measured: `from_keras_model` is sound where
`from_concrete_functions` loses the variables, and `tf2onnx.from_function` where its `from_keras`
fails on Sequential models.
"""

import io
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from edge.quiet import silenced
from train.models import LOGITS, logits_model

OPSET = 17
"""ONNX operator set: the newest that tf2onnx 1.17 writes without warnings; ONNX Runtime >= 1.13."""
_INPUT = "pixels"


class Converter:
    """One model, converted as often as asked; what conversions share is done once."""

    def __init__(self, model: keras.Model, batch: int | None = 1):
        """Take a model as `train` builds it, ending in an activation behind the layer `logits`.

        Args:
            batch: scans of one call; None for any number, which only ONNX can have.
        """
        self._model = logits_model(model, batch)

    def convert(self, format: str, precision: str, calibration: np.ndarray | None) -> bytes:
        """A file that takes uint8 pixels [batch, H, W, C] and gives float32 logits.

        Args:
            format: "tflite" or "onnx".
            precision: one that `export.targets` lists for the format.
            calibration: uint8 [N, H, W, C], for int8.
        """
        # Keras prints the signature of what it saves; the converters warn of what is intended.
        with silenced(), redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if format == "tflite":
                return _tflite(self._model, precision, calibration)
            if precision == "fp16":
                return _halve_onnx(self._onnx_fp32)
            if precision == "int8":
                return _quantize_onnx(self._onnx_fp32, calibration)
            return self._onnx_fp32

    @cached_property
    def _onnx_fp32(self) -> bytes:
        return _onnx(self._model)


def _tflite(model: keras.Model, precision: str, calibration: np.ndarray | None) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "dynamic":
        # tflite-runtime 2.14 refuses dense layers quantized by channel (FULLY_CONNECTED v12).
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    if precision == "int8":
        converter.representative_dataset = lambda: ([pixels[None]] for pixels in calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        # Pixels go in as they are (the graph begins with a cast), logits come out as numbers.
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.float32
    return converter.convert()


def _onnx(model: keras.Model) -> bytes:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec(model.input.shape, tf.uint8, name=_INPUT)]
    function = tf.function(lambda pixels: {LOGITS: model(pixels)}, input_signature=signature)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    _renumber(proto.graph)
    return proto.SerializeToString(deterministic=True)


def _renumber(graph) -> None:
    """Count anew the numbers in names like `pool__17`.

    tf2onnx takes them from a counter of the process; so the same model becomes the same bytes.
    """
    numbers: dict[str, str] = {}

    def name(old: str) -> str:
        stem, mark, number = old.partition("__")
        if not mark:
            return old
        return numbers.setdefault(old, f"{stem}__{len(numbers)}{number.lstrip('0123456789')}")

    graph.doc_string = ""  # "converted from <lambda>_2369"
    for node in graph.node:
        node.name = name(node.name)
        node.input[:] = map(name, node.input)
        node.output[:] = map(name, node.output)
    for value in [*graph.initializer, *graph.value_info, *graph.input, *graph.output]:
        value.name = name(value.name)


def _halve_onnx(payload: bytes) -> bytes:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Logits stay float32, as everywhere; pixels are uint8 and cast inside.
    half = convert_float_to_float16(onnx.load_from_string(payload), keep_io_types=True)
    return half.SerializeToString(deterministic=True)


def _quantize_onnx(payload: bytes, calibration: np.ndarray) -> bytes:
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._scans: Iterator[np.ndarray] = iter(calibration)

        def get_next(self):
            pixels = next(self._scans, None)
            return None if pixels is None else {_INPUT: pixels[None]}

    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, quantized = (str(Path(folder, name)) for name in ("f", "p", "q"))
        Path(plain).write_bytes(payload)
        # Every shape is static: symbolic inference (and its dependency, SymPy) has nothing to do.
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            quantized,
            Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return Path(quantized).read_bytes()
