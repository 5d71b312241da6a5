"""A float .tflite file from elsewhere, by way of ONNX."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from edge.console.messages import counted
from export.adopt.onnx_source import network_of
from export.adopt.opened import Opened
from export.convert.keras_conversion import OPSET
from export.converter_output import quiet
from export.errors import ExportError


def open_tflite(file: Path) -> Opened:
    """The network of a file, and the file in LiteRT.

    Raises:
        ExportError: it is quantized, cannot be loaded, or cannot be rebuilt.
    """
    run = _interpreter(file)
    import tf2onnx

    try:
        with quiet():
            model, _ = tf2onnx.convert.from_tflite(str(file), opset=OPSET)
    except Exception as error:  # of no common type
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise ExportError(f"{file}: tf2onnx cannot read it ({reason})") from error
    return network_of(model, file)._replace(original=run)


def _interpreter(file: Path) -> Callable[[np.ndarray], np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quiet():
            interpreter = Interpreter(model_path=str(file), num_threads=1)
            interpreter.allocate_tensors()
    except Exception as error:  # of no common type
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        raise ExportError(f"{file}: LiteRT cannot load it ({reason}); copy it again") from error
    whole = [
        detail["name"]
        for detail in interpreter.get_tensor_details()
        if detail["dtype"] in (np.int8, np.uint8, np.int16) and detail["quantization"][0]
    ]
    if whole:
        raise ExportError(
            f"{file}: is quantized already ({whole[0]!s:.60} for one tensor); give the float model "
            "that it was made of"
        )
    entry, out = interpreter.get_input_details(), interpreter.get_output_details()
    if len(entry) != 1 or len(out) != 1:
        raise ExportError(
            f"{file}: has {counted(len(entry), 'input')} and {counted(len(out), 'output')}; a "
            "classifier of single scans has one of each"
        )

    def run(pictures: np.ndarray) -> np.ndarray:
        found = []
        for one in pictures:
            interpreter.set_tensor(entry[0]["index"], one[None].astype(entry[0]["dtype"]))
            interpreter.invoke()
            found.append(interpreter.get_tensor(out[0]["index"]).reshape(-1))
        return np.stack(found)

    return run
