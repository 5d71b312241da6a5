"""int8 ONNX (QDQ, per channel), by ONNX Runtime's own calibrators, quantizer and debugger."""

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from export.converter_output import quiet
from export.quantize.calibration_methods import (
    BINS,
    DEBUG_SCANS,
    PERCENTILE,
    QUANTIZED_BINS,
    channel_error,
    histograms,
)
from export.quantize.float_layers import Node, head, layer_of, layers
from export.quantize.operations import onnx_in_float
from export.quantize.quantizer import HEAT_MAP
from train.networks.registry import LOGITS

INPUT = "pixels"
"""Name of the input."""


_RESHAPING = ("Reshape", "Flatten", "Squeeze", "Transpose")
"""Behind these, what a layer gives is no longer in its channels."""


class OnnxInt8:
    """An ONNX model on its way to int8 (`export.quantize.quantizer.Quantizer`)."""

    has_older = False

    def __init__(
        self, payload: bytes, pixels: np.ndarray, method: str | None, names: Sequence[str]
    ):
        """Take a float32 file with outputs `logits` and maybe `heat_map`.

        Args:
            pixels: to calibrate with, uint8 [N, H, W, C].
            method: of the heat map, or None.
            names: of the Keras layers that have weights.
        """
        self._payload, self._pixels, self._method, self._names = payload, pixels, method, names
        self._ranges: dict[str, object] = {}

    @quiet()
    def convert(
        self, method: str = "min-max", kept: Sequence[str] = (), older: bool = False
    ) -> bytes:
        from onnxruntime.quantization import QuantType
        from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
        from onnxruntime.quantization.quant_utils import load_model_with_shape_infer

        if method not in self._ranges:
            self._ranges[method] = self._calibrate(method)
        with tempfile.TemporaryDirectory() as folder:
            prepared, quantized = Path(folder, "p"), Path(folder, "q")
            prepared.write_bytes(self._prepared)
            # As `quantize_static`, which would calibrate anew each time.
            quantizer = QDQQuantizer(
                load_model_with_shape_infer(prepared),
                True,  # per channel
                False,  # all 8 bits
                QuantType.QInt8,
                QuantType.QUInt8,
                self._ranges[method],
                [],
                self._floating(kept),
                _operations(),
                {},
            )
            quantizer.quantize_model()
            quantizer.model.save_model_to_file(str(quantized))
            return quantized.read_bytes()

    @quiet()
    def errors(self, method: str) -> dict[str, float]:
        from onnxruntime.quantization.qdq_loss_debug import (
            collect_activations,
            create_activation_matching,
            modify_model_output_intermediate_tensors,
        )

        with tempfile.TemporaryDirectory() as folder:
            found = []
            for name, payload in (("q", self.convert(method)), ("f", self._prepared)):
                plain, open_ = Path(folder, name), Path(folder, f"{name}-open")
                plain.write_bytes(payload)
                modify_model_output_intermediate_tensors(plain, open_)
                found.append(collect_activations(str(open_), _Reader(self._pixels[:DEBUG_SCANS])))
        # Where layers were folded, what another one makes may bear this one's name.
        made = _channels_made(self._prepared)
        # tf2onnx may name a layer's input, brought into another order of axes, after the layer.
        turned = {out for node in self._nodes if node.kind == "Transpose" for out in node.outputs}
        named: dict[str, float] = {}
        behind: dict[str, float] = {}
        for tensor, values in create_activation_matching(*found).items():
            layer, errors = layer_of(tensor, self._names), named
            if layer not in self._layers:
                layer, errors = self._behind.get(tensor), behind
            if layer in self._channels and tensor not in turned and "float" in values:
                channels = self._channels[layer]
                if made.get(tensor, channels) != channels:
                    continue
                error = channel_error(
                    *([v.reshape(channels, -1) for v in values[k]] for k in ("post_qdq", "float"))
                )
                errors[layer] = max(errors.get(layer, 0.0), error)
        return behind | named

    def left_in_float(self, payload: bytes, kept: Sequence[str] = ()) -> list[str]:
        return onnx_in_float(payload, self._floating(kept))

    def _floating(self, kept: Sequence[str]) -> list[str]:
        return [*self._head, *(node for layer in kept for node in self._layers[layer])]

    def _calibrate(self, method: str):
        from onnxruntime.quantization import CalibrationMethod
        from onnxruntime.quantization.calibrate import create_calibrator

        kinds = {
            "min-max": CalibrationMethod.MinMax,
            "percentile": CalibrationMethod.Percentile,
            "entropy": CalibrationMethod.Entropy,
        }
        options = {"symmetric": False, "percentile": PERCENTILE}
        if method == "entropy":
            options |= {"num_bins": BINS, "num_quantized_bins": QUANTIZED_BINS}
        with tempfile.TemporaryDirectory() as folder:
            prepared = Path(folder, "p")
            prepared.write_bytes(self._prepared)
            calibrator = create_calibrator(
                prepared,
                _operations(),
                str(Path(folder, "a")),
                kinds[method],
                extra_options=options,
            )
            if method != "min-max":
                if "min-max" not in self._ranges:
                    self._ranges["min-max"] = self._calibrate("min-max")
                seen = self._ranges["min-max"].data.items()
                calibrator.collector = histograms(
                    method,
                    {
                        name: tuple(float(np.ravel(bound)[0]) for bound in found.range_value)
                        for name, found in seen
                        if name in calibrator.tensors_to_calibrate
                    },
                )
            for i in range(len(self._pixels)):  # all at once, every activation is in memory
                calibrator.collect_data(_Reader(self._pixels[i : i + 1]))
            return calibrator.compute_data()

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
    def _graph(self):
        import onnx

        return onnx.load_from_string(self._prepared).graph

    @cached_property
    def _nodes(self) -> list[Node]:
        return [Node(n.name, n.op_type, tuple(n.input), tuple(n.output)) for n in self._graph.node]

    @cached_property
    def _head(self) -> list[str]:
        return head(self._nodes, LOGITS, HEAT_MAP, self._method)

    @cached_property
    def _layers(self) -> dict[str, list]:
        return layers(self._nodes, self._head, self._names)

    @cached_property
    def _behind(self) -> dict[str, str]:
        """The layer of each tensor that is in its channels, whatever its name.

        Where a normalization is folded into a convolution, what it gives has another layer's name
        or none, and the ReLU behind it alone is quantized.
        """
        nodes = {node.name: node for node in self._nodes}
        return {
            out: layer
            for layer, own in self._layers.items()
            for name in own
            if nodes[name].kind not in _RESHAPING
            for out in nodes[name].outputs
        }

    @cached_property
    def _channels(self) -> dict[str, int]:
        """Of what each layer gives, which the debugger flattens."""
        sizes = {constant.name: constant.dims for constant in self._graph.initializer}
        found = {}
        for node in self._nodes:
            layer = layer_of(node.name, self._names) or node.name
            if layer in self._layers and len(node.inputs) > 1 and node.inputs[1] in sizes:
                # Conv [out, in, h, w]; Gemm and MatMul [in, out].
                found[layer] = sizes[node.inputs[1]][0 if node.kind == "Conv" else -1]
        return found


def _operations() -> list[str]:
    """The kinds that are quantized, as `quantize_static` chooses them."""
    from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry

    return list({*QLinearOpsRegistry, *QDQRegistry})


class _Reader:
    """`onnxruntime.quantization.CalibrationDataReader`, less its abstract class."""

    def __init__(self, stack: np.ndarray):
        self._scans = iter(stack)

    def get_next(self):
        pixels = next(self._scans, None)
        return None if pixels is None else {INPUT: pixels[None]}

    def __iter__(self):
        return iter(self.get_next, None)


def _channels_made(payload: bytes) -> dict[str, int]:
    """How many channels each tensor has of which that is known, by its name."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(payload)).graph
    shapes = {one.name: one.type.tensor_type.shape.dim for one in graph.value_info}
    return {name: dim[1].dim_value for name, dim in shapes.items() if len(dim) > 1}
