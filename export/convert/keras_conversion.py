"""From a Keras model to the bytes of a .tflite or .onnx file, without a manifest.

Which paths work and which break silently was measured: `from_saved_model` is sound where
`from_concrete_functions` loses the variables, and `tf2onnx.from_function` where its `from_keras`
fails on Sequential models.
"""

import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from export.convert import onnx_mends
from export.convert.channel_order import without_reversal
from export.convert.heat_map_output import heat_map_of, two_outputs
from export.convert.onnx_names import renumber
from export.converter_output import quiet
from export.errors import ExportError
from export.quantize.int8_onnx import INPUT, OnnxInt8
from export.quantize.int8_tflite import TfliteInt8
from export.quantize.quantizer import Quantizer
from export.quantize.tflite_converter import converted
from train.networks.gate_head import GateHead
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
        gate: GateHead | None = None,
    ):
        """Take a model as `train` builds it, ending in an activation behind the layer `logits`.

        Args:
            positive: index of the tumor label, for the heat map.
            batch: scans of one call; None for any number, which only ONNX can have.
            types: of tumor, told as a further output; None: none are.
            gate: what the reject gate goes by, a further output; None: it is not in the graph.
        """
        self.heat_map = heat_map_of(model)
        self._model, self._positive, self._batch = without_reversal(model), positive, batch
        self._types, self._gate = types, gate

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
        """What makes int8 files of a format, calibrated with uint8 [N, H, W, C].

        Raises:
            ExportError: the format has no int8 of such a model.
        """
        loops = [
            layer.name
            for layer in self._model._flatten_layers()
            if isinstance(layer, keras.layers.RNN)
        ]
        if loops and format == "tflite":
            # TensorFlow's calibrator ends the process on it (a segmentation fault).
            raise ExportError(f"its layer {loops[0]} is a loop, which TFLite has no int8 for here")
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
        more = transposed, self._types, self._gate
        return two_outputs(self._model, self._positive, self._batch, *more)

    @property
    def _saved(self) -> Path:
        """The network as a SavedModel, which is half of TFLite's work, whatever the precision."""
        return Path(self._saved_model.name)

    @cached_property
    def _saved_model(self) -> tempfile.TemporaryDirectory:
        model = self._network(transposed=True)
        folder = tempfile.TemporaryDirectory()
        with quiet():
            archive = keras.export.ExportArchive()
            archive.track(model)
            archive.add_endpoint("serve", *_function(model))
            archive.write_out(folder.name, verbose=False)
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
    return converted(converter)


@quiet()
def _onnx(model: keras.Model) -> bytes:
    import tensorflow as tf
    import tf2onnx

    call, signature = _function(model)
    with onnx_mends.calls_inlined():
        function = tf.function(call, input_signature=signature)
        constants = onnx_mends.captured(function.get_concrete_function())
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    onnx_mends.mend(proto.graph, constants)
    # Logits first, as a model without a heat map has them.
    proto.graph.output.sort(key=lambda output: (output.name != LOGITS, output.name))
    renumber(proto.graph)
    return proto.SerializeToString(deterministic=True)


def _function(model: keras.Model) -> tuple[Callable, list]:
    """The network as a function of pixels with named outputs, and its signature.

    `Model.export` would leave the batch open whatever the model says. Then shapes are reckoned in
    the graph (SHAPE, STRIDED_SLICE, PACK), which some engines get wrong without an error.
    """
    import tensorflow as tf

    def call(pixels):
        # Layers such as RandomFlip change pixels at random unless told that this is no training.
        outputs = model(pixels, training=False)
        return outputs if isinstance(outputs, dict) else {LOGITS: outputs}

    return call, [tf.TensorSpec(model.input.shape, tf.uint8, name=INPUT)]


@quiet()
def _halve_onnx(payload: bytes) -> bytes:
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    # Logits stay float32, as everywhere; pixels are uint8 and cast inside.
    half = convert_float_to_float16(onnx.load_from_string(payload), keep_io_types=True)
    return half.SerializeToString(deterministic=True)
