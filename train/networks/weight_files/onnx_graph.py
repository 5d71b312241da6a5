"""ONNX files: their convolutions with the normalization behind them, and how they are run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.errors import TrainError
from train.networks.weight_files.stored_layers import TOLERANCE, TOLERANCE_HALF, NotRun

_SIDE = 64
"""Of the plain pictures for a graph that takes any size."""


@dataclass(frozen=True)
class Normalization:
    """Batch normalization behind a convolution."""

    gamma: np.ndarray
    beta: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float


@dataclass(frozen=True)
class Unit:
    """A convolution, and what belongs to it."""

    kernels: tuple[np.ndarray, ...]
    """In Keras' layout; two of a separable one."""
    bias: np.ndarray | None
    norm: Normalization | None
    above: frozenset[int]
    """The units that it is given, by their positions."""
    pooled: bool
    """Whether what it is given comes out of a pooling."""
    given: str
    """The tensor that it is given."""
    answer: str
    """The tensor behind it, its normalization, and its ReLU if that follows at once."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the kernels."""
        return tuple(kernel.shape for kernel in self.kernels)


class OnnxGraph:
    """An ONNX file, read.

    Raises:
        TrainError: `onnx` is not installed.
        ValueError: the file is damaged, or keeps its weights elsewhere or in 8 bits.
    """

    def __init__(self, file: Path):
        try:
            import onnx
        except ImportError as error:
            raise TrainError(
                f"{file}: reading .onnx needs the package onnx: pip install 'mri-edge[export]'"
            ) from error
        try:
            self._model = onnx.load(file, load_external_data=False)
        except OSError:
            raise
        except Exception as error:
            # What protobuf's parsers raise depends on how it was built.
            raise ValueError("is truncated, damaged or no ONNX file; copy it again") from error
        graph = self._model.graph
        if not graph.node:
            raise ValueError("is truncated, damaged or no ONNX file; copy it again")
        if any(one.data_location == onnx.TensorProto.EXTERNAL for one in graph.initializer):
            raise ValueError(
                "keeps its weights in another file; put them into it: "
                "onnx.save(onnx.load(FILE), NEW)"
            )
        self._constants = {one.name: one for one in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and len(node.output) == 1:
                for one in node.attribute:
                    if one.name == "value":
                        self._constants[node.output[0]] = one.t
            elif node.op_type == "Identity" and node.input[0] in self._constants:
                self._constants[node.output[0]] = self._constants[node.input[0]]
        self._users: dict[str, list] = {}
        for node in graph.node:
            for name in node.input:
                self._users.setdefault(name, []).append(node)
        self._makers = {name: node for node in graph.node for name in node.output}
        half = onnx.TensorProto.FLOAT16
        self._half = any(
            one.data_type == half and len(one.dims) == 4 for one in self._constants.values()
        )
        self.tolerance = TOLERANCE_HALF if self._half else TOLERANCE
        self.units = self._read_units()

    def _read_units(self) -> list[Unit]:
        units: list[Unit] = []
        above: dict[str, frozenset[int]] = {}
        """Of each tensor, the nearest units that it hangs on."""
        merged: set[str] = set()
        for node in self._model.graph.node:
            if node.op_type == "Conv" and node.output[0] not in merged:
                if node.input[1] not in self._constants:
                    raise ValueError(
                        f"its convolution {node.output[0]} has no plain weights: they are "
                        "quantized or computed; give a float32 model"
                    )
                kernels, last = [self._kernel(node)], node
                behind = self._only_user(node.output[0])
                if kernels[0].shape[3] != 1 or not self._is_depthwise(node):
                    behind = None
                elif behind is not None and behind.op_type == "Conv" and len(node.input) < 3:
                    kernels.append(self._kernel(behind))
                    merged.add(behind.output[0])
                    last = behind
                answer, norm = last.output[0], None
                user = self._only_user(answer)
                if user is not None and user.op_type == "BatchNormalization":
                    norm, answer = self._normalization(user), user.output[0]
                else:
                    norm, answer = self._written_out(answer, kernels[-1].shape[-1])
                user = self._only_user(answer)
                if user is not None and user.op_type == "Relu":
                    answer = user.output[0]
                bias = self._array(last.input[2]) if len(last.input) > 2 else None
                given = above.get(node.input[0], frozenset())
                pooled = self._is_pooled(node.input[0])
                units.append(Unit(tuple(kernels), bias, norm, given, pooled, node.input[0], answer))
                above[last.output[0]] = frozenset([len(units) - 1])
            elif node.op_type != "Conv":
                united = frozenset().union(*(above.get(name, frozenset()) for name in node.input))
                for name in node.output:
                    above[name] = united
        return units

    def _is_pooled(self, name: str) -> bool:
        maker = self._makers.get(name)
        while maker is not None and maker.op_type in ("Pad", "Transpose", "Identity"):
            maker = self._makers.get(maker.input[0])
        return maker is not None and maker.op_type.endswith("Pool")

    def _only_user(self, name: str):
        users = self._users.get(name, [])
        return users[0] if len(users) == 1 else None

    def _array(self, name: str) -> np.ndarray:
        from onnx import numpy_helper

        if name not in self._constants:
            raise ValueError(f"its weights {name} are computed; give a plain float32 model")
        try:
            array = numpy_helper.to_array(self._constants[name])
        except Exception as error:
            raise ValueError(f"is damaged: {name} cannot be read ({error!s:.80})") from error
        if array.dtype.kind != "f":
            raise ValueError(f"its weights {name} are {array.dtype}; give a float32 model")
        return array.astype(np.float32)

    def _is_depthwise(self, node) -> bool:
        groups = next((one.i for one in node.attribute if one.name == "group"), 1)
        return groups > 1 and groups == self._array(node.input[1]).shape[0]

    def _kernel(self, node) -> np.ndarray:
        array = self._array(node.input[1])
        if array.ndim != 4:
            raise ValueError(f"its convolution {node.output[0]} is not of pictures")
        # Output, input, rows, columns; of a depthwise one every output has one input.
        return array.transpose((2, 3, 0, 1) if self._is_depthwise(node) else (2, 3, 1, 0))

    def _normalization(self, node) -> Normalization:
        epsilon = next((one.f for one in node.attribute if one.name == "epsilon"), 1e-5)
        return Normalization(*map(self._array, node.input[1:5]), epsilon)

    def _written_out(self, name: str, channels: int) -> tuple[Normalization | None, str]:
        """A normalization that tf2onnx wrote as a factor and a summand a channel, and what is
        behind it; where neither follows a tensor, none and that tensor."""
        found = {"Mul": np.ones(channels, np.float32), "Add": np.zeros(channels, np.float32)}
        answer = name
        for kind in found:
            user = self._only_user(answer)
            if user is None or user.op_type != kind:
                continue
            other = next((one for one in user.input if one != answer), None)
            if other not in self._constants:
                continue  # two branches that are added or multiplied
            array = self._array(other)
            if array.shape not in ((1, channels, 1, 1), (channels, 1, 1)):
                continue
            found[kind], answer = array.reshape(channels), user.output[0]
        if answer == name:
            return None, name
        zeros, ones = np.zeros(channels, np.float32), np.ones(channels, np.float32)
        return Normalization(found["Mul"], found["Add"], zeros, ones, 0.0), answer

    def outputs(self, pictures: np.ndarray, first: str, wanted: Sequence[str]) -> list[np.ndarray]:
        """See `stored_layers.Graph`; a key is the position of a unit."""
        units = [self.units[int(key)] for key in wanted]
        given = pictures.transpose(0, 3, 1, 2)
        found = self._run(self.units[int(first)].given, given, [unit.answer for unit in units])
        return [array.transpose(0, 2, 3, 1).astype(np.float32) for array in found]

    def colours(self, pixels: np.ndarray, first: str) -> np.ndarray:
        """See `stored_layers.Graph`."""
        constant = self._constants
        inputs = [one for one in self._model.graph.input if one.name not in constant]
        if len(inputs) != 1:
            raise NotRun("it has several inputs")
        sizes = [one.dim_value for one in inputs[0].type.tensor_type.shape.dim]
        if len(sizes) != 4 or 3 not in (sizes[1], sizes[3]):
            raise NotRun("its input is no colour picture")
        last = sizes[3] == 3
        rows, columns = sizes[1:3] if last else sizes[2:]
        pictures = np.broadcast_to(
            pixels[:, None, None, :], (len(pixels), rows or _SIDE, columns or _SIDE, 3)
        )
        pictures = pictures if last else pictures.transpose(0, 3, 1, 2)
        target = self.units[int(first)].given
        rows = []
        for one in pictures:  # its batch may be fixed to 1
            (answer,) = self._run(inputs[0].name, np.ascontiguousarray(one[None]), [target])
            rows.append(answer[0, :, answer.shape[2] // 2, answer.shape[3] // 2])
        return np.array(rows, float)

    def _run(self, given: str, value: np.ndarray, wanted: Sequence[str]) -> list[np.ndarray]:
        """Run what lies between some tensors."""
        if list(wanted) == [given]:
            return [value]
        import onnx
        from onnx import helper

        graph, needed, nodes = self._model.graph, set(wanted), []
        for node in reversed(graph.node):
            if any(name in needed and name != given for name in node.output):
                nodes.append(node)
                needed.update(node.input)
        inputs = {one.name: one.type.tensor_type.elem_type for one in graph.input}
        floats = onnx.TensorProto.FLOAT16 if self._half else onnx.TensorProto.FLOAT
        kind = inputs.get(given, floats)
        part = helper.make_graph(
            nodes[::-1],
            "part",
            [helper.make_tensor_value_info(given, kind, None)],
            [helper.make_empty_tensor_value_info(name) for name in wanted],
            [one for one in graph.initializer if one.name in needed],
        )
        model = helper.make_model(part, opset_imports=self._model.opset_import)
        model.ir_version = self._model.ir_version
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            session = onnxruntime.InferenceSession(
                model.SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # which prints to standard output and tries the same again
            )
            dtype = helper.tensor_dtype_to_np_dtype(kind)
            return session.run(list(wanted), {given: value.astype(dtype)})
        except Exception as error:
            # ONNX Runtime has no one class of its own for what it cannot run.
            raise NotRun(f"ONNX Runtime does not run it ({error!s:.150})") from error
