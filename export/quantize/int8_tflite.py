"""int8 TFLite, by the converter's own calibrator, quantizer and debugger."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from export.converter_output import quiet
from export.quantize.calibration_methods import DEBUG_SCANS, channel_error, histograms
from export.quantize.float_layers import Node, head, layer_of, layers
from export.quantize.older_quantizer import quantize
from export.quantize.operations import tflite_in_float
from export.quantize.quantizer import HEAT_MAP
from export.quantize.tflite_converter import converted
from export.quantize.trial_run import check_survives
from train.networks.registry import LOGITS


class TfliteInt8:
    """A SavedModel on its way to int8 TFLite (`export.quantize.quantizer.Quantizer`)."""

    has_older = True

    def __init__(self, saved: Path, pixels: np.ndarray, method: str | None, names: Sequence[str]):
        """Take a model as `export.convert.heat_map_output.two_outputs` gives it, of batch 1, saved.

        Args:
            pixels: to calibrate with, uint8 [N, H, W, C].
            method: of the heat map, or None.
            names: of the Keras layers that have weights.
        """
        self._saved, self._pixels, self._method, self._names = saved, pixels, method, names
        self._ranges: dict[str, bytes] = {}

    @quiet()
    def convert(
        self, method: str = "min-max", kept: Sequence[str] = (), older: bool = False
    ) -> bytes:
        from tensorflow.lite.python.lite import _deduplicate_readonly_buffers

        if older:
            quantized = quantize(self._float(method), self._floating(kept))
        else:
            quantized = self._quantized(method, kept)
        # As the converter's own last step: the head and the map share their weights.
        made = _deduplicate_readonly_buffers(quantized)
        check_survives(made, self._pixels[0])
        return made

    def left_in_float(self, payload: bytes, kept: Sequence[str] = ()) -> list[str]:
        return tflite_in_float(payload, self._floating(kept))

    @quiet()
    def errors(self, method: str) -> dict[str, float]:
        import tensorflow as tf

        def error(wanted, quantized, scale, zero_point):
            found = (quantized.astype(np.float32) - zero_point) * scale
            return channel_error([np.moveaxis(found, -1, 0)], [np.moveaxis(wanted, -1, 0)])

        debugger = tf.lite.experimental.QuantizationDebugger(
            quant_debug_model_content=self._quantized(method, (), enable_numeric_verify=True),
            debug_dataset=lambda: ([pixels[None]] for pixels in self._pixels[:DEBUG_SCANS]),
            debug_options=tf.lite.experimental.QuantizationDebugOptions(
                layer_direct_compare_metrics={"channel_error": error}
            ),
        )
        debugger.run()
        found: dict[str, float] = {}
        for tensor, measures in debugger.layer_statistics.items():
            layer = layer_of(tensor.removeprefix("NumericVerify/").split(":")[0], self._names)
            if layer in self._layers:
                found[layer] = max(found.get(layer, 0.0), float(measures["channel_error"]))
        return found

    def _quantized(self, method: str, kept: Sequence[str], **debug) -> bytes:
        import tensorflow as tf
        from tensorflow.lite.python.convert import mlir_quantize

        return mlir_quantize(
            self._float(method),
            input_data_type=tf.uint8,
            output_data_type=tf.float32,
            denylisted_nodes=self._floating(kept),
            denylisted_ops=self._floating_kinds(kept),
            **debug,
        )

    def _floating(self, kept: Sequence[str]) -> list[str]:
        return [*self._head, *(node for layer in kept for node in self._layers[layer])]

    def _floating_kinds(self, kept: Sequence[str]) -> list[str]:
        """Kinds of operations of several outputs, all of which stay in float.

        The quantizer finds such an operation by no name (findings/
        tflite-denylisted-nodes-of-two-outputs.sh): the strongest cells of a map were picked in
        int8, in steps of 0.11 in log-odds.
        """
        nodes, floating = self._graph[0], set(self._floating(kept))
        several = {node.kind for node in nodes if len(node.outputs) > 1}
        quantized = {node.kind for node in nodes if node.name not in floating}
        return sorted(several - quantized)

    def _float(self, method: str) -> bytes:
        """The float file with the ranges of a method."""
        return self._calibrated if method == "min-max" else self._ranged(method)

    @cached_property
    def _marked(self) -> bytes:
        """The float file, in which each tensor that is to be quantized has a range, of one scan."""
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(str(self._saved))
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([pixels[None]] for pixels in self._pixels[:1])
        converter._experimental_calibrate_only = True
        return converted(converter)

    @cached_property
    def _calibrated(self) -> bytes:
        """The float file, with the smallest and the largest value of each tensor."""
        return self._with_ranges(self._extremes)

    @cached_property
    def _extremes(self) -> dict[str, tuple[float, float]]:
        """The smallest and the largest value of each tensor.

        TensorFlow's calibrator looks at an operation's input once it has run. Where it ran in place
        (an addition), the input's memory holds the output by then, and the range is of both: of
        pixels scaled to -1..1, 171 of 256 grey values were left.
        """
        found: dict[str, tuple[float, float]] = {}
        for tensors in self._activations():
            for name, values in tensors.items():
                low, high = found.get(name, (np.inf, -np.inf))
                found[name] = min(low, float(values.min())), max(high, float(values.max()))
        return found

    def _with_ranges(self, ranges: dict[str, Sequence[float]]) -> bytes:
        from tensorflow.lite.tools import flatbuffer_utils

        model = flatbuffer_utils.convert_bytearray_to_object(bytearray(self._marked))
        for tensor in model.subgraphs[0].tensors:
            if (name := tensor.name.decode()) in ranges:
                low, high = (float(bound) for bound in ranges[name][:2])
                if not np.isfinite([low, high]).all():
                    # As of 1 / sqrt(0), behind which a limit stands. LiteRT ends the process on an
                    # infinite step. Without a range it gets a neighbour's, or is refused.
                    tensor.quantization = None
                    continue
                tensor.quantization.min, tensor.quantization.max = [low], [high]
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))

    def _ranged(self, method: str) -> bytes:
        """The float file with ranges by another method, which TensorFlow does not have.

        The ranges are ONNX Runtime's, from its histograms of the same tensors.
        """
        if method not in self._ranges:
            finite = {
                name: ends for name, ends in self._extremes.items() if np.isfinite(ends).all()
            }
            collector = histograms(method, finite)
            for tensors in self._activations():
                collector.collect({name: [tensors[name]] for name in finite})
            found = collector.compute_collection_result()
            ranges = {
                name: found[name] if name in finite else self._extremes[name]
                for name in self._extremes
            }
            self._ranges[method] = self._with_ranges(ranges)
        return self._ranges[method]

    def _activations(self) -> Iterator[dict[str, np.ndarray]]:
        """Every calibrated tensor of one scan after another."""
        from tensorflow.lite.python.interpreter import Interpreter, OpResolverType
        from tensorflow.lite.tools import flatbuffer_utils

        model = flatbuffer_utils.convert_bytearray_to_object(bytearray(self._marked))
        wanted = [
            (index, tensor.name.decode())
            for index, tensor in enumerate(model.subgraphs[0].tensors)
            if tensor.quantization is not None and tensor.quantization.min is not None
        ]
        interpreter = Interpreter(
            model_content=self._marked,
            # A delegate keeps what it computes in between to itself.
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
        entry = interpreter.get_input_details()[0]["index"]
        for pixels in self._pixels:
            interpreter.set_tensor(entry, pixels[None])
            interpreter.invoke()
            yield {name: interpreter.get_tensor(index) for index, name in wanted}

    @cached_property
    def _head(self) -> list[str]:
        nodes, outputs = self._graph
        return head(nodes, outputs[LOGITS], outputs.get(HEAT_MAP), self._method)

    @cached_property
    def _layers(self) -> dict[str, list]:
        return layers(self._graph[0], self._head, self._names)

    @cached_property
    def _graph(self) -> tuple[list[Node], dict[str, str]]:
        """The float graph's operations, and its outputs' tensors by their names in the signature.

        Their order is the converter's own.
        """
        from tensorflow.lite.tools import flatbuffer_utils

        model = flatbuffer_utils.convert_bytearray_to_object(bytearray(self._marked))
        (graph,) = model.subgraphs
        names = [tensor.name.decode() for tensor in graph.tensors]
        nodes = []
        for operator in graph.operators:
            kind = flatbuffer_utils.opcode_to_name(model, operator.opcodeIndex)
            inputs = tuple(names[i] for i in operator.inputs if i >= 0)
            outputs = tuple(names[i] for i in operator.outputs)
            # The quantizer knows an operation by what it gives.
            nodes.append(Node(outputs[0], kind, inputs, outputs))
        (signature,) = model.signatureDefs
        return nodes, {out.name.decode(): names[out.tensorIndex] for out in signature.outputs}
