"""The least that classifies a scan: what `edge-classify` is measured against.

python minimal_process.py ENGINE MODEL IMAGE, run as a file, so that nothing of this project is
imported. It stretches the whole picture to the input, whatever the model's preprocessing: what it
prints of a model that sees the head alone is no verdict, only its time counts.
"""

import sys

import numpy as np
from PIL import Image


def main(engine: str, model: str, scan: str) -> None:
    """Print the model's raw output for one scan."""
    if engine == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        print(session.run(None, {entry.name: _pixels(scan, entry.shape)})[0])
        return
    if engine == "openvino":
        print(_openvino(model, scan))
        return
    if engine == "litert":
        from ai_edge_litert.interpreter import Interpreter
    else:
        from tflite_runtime.interpreter import Interpreter
    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    interpreter.set_tensor(entry["index"], _pixels(scan, entry["shape"]))
    interpreter.invoke()
    print(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _openvino(model: str, scan: str) -> np.ndarray:
    # Else its import reports itself to Google Analytics.
    sys.modules["openvino.tools.ovc"] = None
    import openvino

    core = openvino.Core()
    graph = core.read_model(model)
    shape = [1, *(size.get_length() for size in list(graph.inputs[0].partial_shape)[1:])]
    graph.reshape(shape)
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1}
    compiled = core.compile_model(graph, "CPU", settings)
    return compiled(_pixels(scan, shape))[0]


def _pixels(scan: str, shape) -> np.ndarray:
    _, height, width, channels = shape
    image = Image.open(scan).convert("RGB" if channels == 3 else "L")
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    return pixels.reshape(1, height, width, channels)


if __name__ == "__main__":
    main(*sys.argv[1:])
