"""An ONNX file from elsewhere, and what other formats are turned into on their way to Keras."""

from pathlib import Path

import numpy as np
import onnx

from export.adopt.opened import Opened
from export.errors import ExportError
from export.onnx_to_keras.gelu import mend_erfc
from export.onnx_to_keras.graph import channels_first, rebuild, shape_of
from export.onnx_to_keras.tensors import RebuildError

_QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger")


def open_onnx(file: Path) -> Opened:
    """The network of a file, and the file in ONNX Runtime.

    Raises:
        ExportError: it is no ONNX file, or cannot be rebuilt.
    """
    try:
        model = onnx.load(file, load_external_data=False)
        mend_erfc(model)
        onnx.checker.check_model(model)
    except Exception as error:  # of no common type
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ExportError(f"{file}: is no whole ONNX file ({reason}); copy it again") from error
    return network_of(model, file)


def network_of(model: onnx.ModelProto, file: Path) -> Opened:
    """As `open_onnx`, of a graph that is in memory.

    Raises:
        ExportError: it cannot be rebuilt.
    """
    _check(model, file)
    mend_erfc(model)
    constants = {one.name for one in model.graph.initializer}
    (entry,) = [one for one in model.graph.input if one.name not in constants]
    entry.type.tensor_type.shape.dim[0].dim_value = 1
    for output in model.graph.output:
        if output.type.tensor_type.shape.dim:
            output.type.tensor_type.shape.dim[0].dim_value = 1
    first = channels_first(shape_of(entry))
    run = _session(model, file, entry.name, first)
    try:
        network, activation, _ = rebuild(model)
    except RebuildError as error:
        raise ExportError(
            f"{file}: cannot be rebuilt of Keras layers, which int8 and TFLite need: {error}; give "
            "the model in the format of the framework that it was trained with, if that is Keras"
        ) from error
    whole = entry.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    return Opened(network, activation, run, whole)


def _check(model: onnx.ModelProto, file: Path) -> None:
    graph = model.graph
    constants = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in constants]
    for what, found in (("inputs", inputs), ("outputs", graph.output)):
        if len(found) != 1:
            raise ExportError(
                f"{file}: has {len(found)} {what}; a classifier of single scans has one"
            )
    external = [one.name for one in graph.initializer if one.external_data]
    if external:
        raise ExportError(
            f"{file}: keeps its weights in other files ({external[0]} for one); save it as one "
            "file (onnx.save with save_as_external_data=False)"
        )
    if any(node.op_type in _QUANTIZED for node in graph.node):
        raise ExportError(f"{file}: is quantized already; give the float model that it was made of")
    kinds = {one.data_type for one in graph.initializer}
    if {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE} & kinds:
        raise ExportError(f"{file}: has weights that are not float32; export it in float32")
    for one in graph.initializer:
        values = onnx.numpy_helper.to_array(one)
        if values.dtype == np.float32 and not np.isfinite(values).all():
            bad = int((~np.isfinite(values)).sum())
            raise ExportError(
                f"{file}: {bad} of {values.size} weights of {one.name} are not finite numbers "
                "(NaN or infinite), so it answers nothing; train it anew"
            )
    shape = shape_of(inputs[0])
    if len(shape) != 4:
        raise ExportError(
            f"{file}: takes {len(shape)} axes instead of a picture's 4 (scans, rows, columns, "
            "channels)"
        )
    if 0 in shape[1:]:
        sizes = " x ".join(str(size or "any") for size in shape[1:])
        raise ExportError(
            f"{file}: takes pictures of {sizes}; height, width and channels must be fixed: export "
            "it with an input of the size that it was trained with"
        )
    if not {shape[1], shape[3]} & {1, 3}:
        raise ExportError(
            f"{file}: takes pictures of {min(shape[1], shape[3])} channels; only 1 (grey) and 3 "
            "(colour) can be made of a scan"
        )


def _session(model: onnx.ModelProto, file: Path, name: str, first: bool):
    """The graph in ONNX Runtime, one scan after another, on pictures with channels last."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # of no common type
        reason = str(error).strip().splitlines()[0][:300]
        raise ExportError(f"{file}: ONNX Runtime cannot load it ({reason})") from error
    wanted = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
    kind = session.get_inputs()[0].type
    if kind not in wanted:
        raise ExportError(f"{file}: takes {kind}; a picture of float32 or uint8 can be given")

    def run(pictures: np.ndarray) -> np.ndarray:
        if first:
            pictures = pictures.transpose(0, 3, 1, 2)
        pictures = np.ascontiguousarray(pictures.astype(wanted[kind]))
        found = [session.run(None, {name: one[None]})[0] for one in pictures]
        return np.concatenate(found).reshape(len(pictures), -1)

    return run
