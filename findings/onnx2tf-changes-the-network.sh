#!/usr/bin/env bash
# onnx2tf 1.29.24 (ONNX to TFLite; the newest for Python 3.11) returns another network for six operators, without a
# word:
#
#   Resize, nearest    nearest_mode is not looked at. With the default "half_pixel" and at half the size every pixel is
#                      the right neighbour of the one that ONNX takes (round_prefer_floor, the default)
#   Resize, cubic      cubic_coeff_a is not looked at: it is always TensorFlow's -0.5. ONNX's default is -0.75
#   Resize, linear     0.6 times 8 pixels are 4 (4.8 rounded down). Then the places follow 4 / 8, and not 0.6
#   MaxPool            SAME_LOWER: a row is padded instead of a column. The output has another shape, and holds the
#                      least float32
#   AveragePool        SAME_LOWER: it is not padded, and the output is smaller
#   CumSum             of a picture: `axis` counts NCHW, and is used on NHWC. Channels, rows and columns are mixed up
#   Mod, fmod=1        the sign of the divisor; ONNX keeps that of the dividend, as C does
#   GlobalLpPool, p=1  the greatest sum of a column: tf.norm over two axes is a norm of matrices. ONNX adds up all
#
# One would expect ONNX Runtime's answers, or an error: Conv with SAME_LOWER gets one. An option that is off by default
# (-cotof) compares each layer with ONNX Runtime. Where several axes are of one size, onnx2tf can also take one for
# another; here that can only be axes of size 1, or the two of size 2 of CumSum, where 2 x 3 x 4 is wrong as well.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):            ONNX Runtime 1.23.0           onnx2tf, LiteRT 2.1.0
#   Resize, nearest, of 1 2 3 4 5 6 7 8 to four        1 3 5 7                       2 4 6 8
#   Resize, cubic, of 0 0 10 10 to eight, the middle   -1.05 2.27 7.73 11.05         -0.69 2.03 7.97 10.69
#   Resize, linear, of 1 2 3 4 5 6 7 8 by 0.6          1.33 3 4.67 6.33              1.5 3.5 5.5 7.5
#   MaxPool of 1 2 3 4, two by one                     1 2 3 4                       2 3 4 -3.4e38 -3.4e38 -3.4e38
#   AveragePool of 1 2 3 4, the same                   1 1.5 2.5 3.5                 1.5 2.5 3.5
#   CumSum of 1 2 and 3 4, along the channels          1 2 4 6                       1 3 3 7
#   Mod of -2 -1 0 1 by 3                              -2 -1 0 1                     1 2 0 1
#   GlobalLpPool of 1 2 3 4                            10                            4
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile onnx2tf==1.29.24 \
    tensorflow==2.19.0 onnxruntime==1.23.0 ai-edge-litert==2.1.0 onnx==1.19.1 numpy==1.26.4
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys

import numpy as np
import onnx
import onnx2tf
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper


def row(*values):
    return np.array(values, np.float32).reshape(1, 1, 1, -1)


def scales(wide):
    return {"": None, "s": np.array([1, 1, 1, wide], np.float32)}


def converted(model, x):
    """What LiteRT answers, in ONNX's order of axes."""
    onnx.save(model, "network.onnx")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        onnx2tf.convert(
            input_onnx_file_path="network.onnx",
            output_folder_path="made",
            not_use_onnxsim=True,  # one operator has nothing to simplify
            non_verbose=True,
        )
    network = Interpreter("made/network_float32.tflite")
    network.allocate_tensors()
    (into,), (out,) = network.get_input_details(), network.get_output_details()
    network.set_tensor(into["index"], np.moveaxis(x, 1, -1))
    network.invoke()
    return np.moveaxis(network.get_tensor(out["index"]), -1, 1)


def answer(values):
    return [float(f"{value:.3g}") for value in values.ravel()]


EIGHT, FOUR, LEAST = row(*range(1, 9)), row(1, 2, 3, 4), -3.4e38
LOWER = {"kernel_shape": [1, 2], "auto_pad": "SAME_LOWER"}
CASES = {  # operator, the input, its constants, its attributes, the answers of both
    "Resize, nearest": ("Resize", EIGHT, scales(0.5), {}, [1, 3, 5, 7], [2, 4, 6, 8]),
    "Resize, cubic": (
        "Resize",
        row(0, 0, 10, 10),
        scales(2),
        {"mode": "cubic"},
        [0, -0.352, -1.05, 2.27, 7.73, 11.1, 10.4, 10],
        [0, -0.219, -0.687, 2.03, 7.97, 10.7, 10.2, 10],
    ),
    "Resize, linear": (
        "Resize",
        EIGHT,
        scales(0.6),
        {"mode": "linear"},
        [1.33, 3, 4.67, 6.33],
        [1.5, 3.5, 5.5, 7.5],
    ),
    "MaxPool": ("MaxPool", FOUR, {}, LOWER, [1, 2, 3, 4], [2, 3, 4, LEAST, LEAST, LEAST]),
    "AveragePool": ("AveragePool", FOUR, {}, LOWER, [1, 1.5, 2.5, 3.5], [1.5, 2.5, 3.5]),
    "CumSum": (
        "CumSum",
        FOUR.reshape(1, 2, 2, 1),
        {"axis": np.array(1)},
        {},
        [1, 2, 4, 6],
        [1, 3, 3, 7],
    ),
    "Mod": ("Mod", row(-2, -1, 0, 1), {"divisor": np.float32(3)}, {"fmod": 1}, [-2, -1, 0, 1], [1, 2, 0, 1]),
    "GlobalLpPool": ("GlobalLpPool", FOUR, {}, {"p": 1}, [10], [4]),
}
same = True
for name, (kind, x, constants, options, right, wrong) in CASES.items():
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *constants], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items() if key],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    expected, found = answer(expected), answer(converted(model, x))
    print(f"{name}: ONNX Runtime", *expected, "| onnx2tf", *found)
    same &= (expected, found) == (right, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore try.py
