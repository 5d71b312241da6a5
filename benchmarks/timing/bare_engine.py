"""What a user would otherwise write: an engine alone, around the same file.

Each function returns a call that takes uint8 pixels [height, width, channels] and gives the model's
raw output, the way the engine's own documentation calls it.
"""

from collections.abc import Callable

import numpy as np

from edge.console.streams import silenced
from edge.inference.openvino_engine import import_openvino

Call = Callable[[np.ndarray], np.ndarray]


def bare(engine: str, model: str, threads: int) -> Call:
    """A call through a key of `edge.inference.engines.ENGINES` or "tf.lite", without `edge`."""
    with silenced():
        if engine == "onnxruntime":
            return _onnxruntime(model, threads)
        if engine == "openvino":
            return _openvino(model, threads)
        if engine == "litert":
            from ai_edge_litert.interpreter import Interpreter
        elif engine == "tflite-runtime":
            from tflite_runtime.interpreter import Interpreter
        else:
            import warnings

            import tensorflow as tf

            warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")
            Interpreter = tf.lite.Interpreter
        return _interpreter(Interpreter(model_path=model, num_threads=threads))


def _onnxruntime(model: str, threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels[None]})[0]


def _openvino(model: str, threads: int) -> Call:
    openvino = import_openvino()
    core = openvino.Core()
    graph = core.read_model(model)
    graph.reshape([1, *(size.get_length() for size in list(graph.inputs[0].partial_shape)[1:])])
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",  # as the other engines compute
    }
    compiled = core.compile_model(graph, "CPU", settings)
    return lambda pixels: compiled(pixels[None])[0]


def _interpreter(interpreter) -> Call:
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    result = interpreter.get_output_details()[0]["index"]

    def call(pixels: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(entry, pixels[None])
        interpreter.invoke()
        return interpreter.get_tensor(result)

    return call
