#!/usr/bin/env bash
# onnx2kerastl 0.0.32 (ONNX to Keras) returns another network for twelve operators, without an error:
#
#   MaxPool, pads             the border is 0, not less than all else: where all is negative, 0 is the largest
#   AveragePool, pads         the border's zeros are counted, though count_include_pad is 0
#   ceil_mode                 ignored: a row and a column fewer. Of AveragePool as well
#   auto_pad SAME_UPPER       of Conv, ignored: "VALID"
#   MaxPool, dilations        ignored
#   ConvTranspose, pads       taken away in front alone: of (0 0 1 1) nothing
#   Gemm, alpha and beta      ignored
#   Selu, alpha and gamma     ignored
#   Softmax, opset 11         over one axis, where it then is over all from that axis on
#   LRN                       over as many channels on each side as the size, not half of it
#   Pad, "edge"               the border is mirrored
#   Flatten, axis 2           as axis 1
#
# One would expect ONNX Runtime's answers, or an error: for many operators (ReduceMin, LSTM, Tile) there is one. It was
# tried with TensorFlow 2.15, for the package needs tensorflow-addons, which does not load with Keras 3.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):   ONNX Runtime 1.32.0         the Keras network
#   MaxPool, pads, of -1 to -25               3x3: -1 -2 -4 -6            3x3: 0 0 0 0
#   AveragePool, pads, of 1 to 25             3x3: 4 5.5 7 11.5           3x3: 1.78 3.67 3.11 7.67
#   MaxPool, ceil_mode, of 5 x 5              3x3                         2x2
#   AveragePool, ceil_mode                    3x3                         2x2
#   Conv, auto_pad, of 5 x 5                  5x5                         4x4
#   MaxPool, dilations, of 0 to 24            3x3: 12 13 14 17            4x4: 6 7 8 9
#   ConvTranspose, pads, of 5 x 5             6x6                         7x7
#   Gemm, alpha 0.5, of 1 2                   0.5 1                       1 2
#   Selu of -1 1                              -0.531 0.7                  -1.11 1.05
#   Softmax, opset 11, of 2 x 3 zeros         0.167 each                  0.5 each
#   LRN of three ones, size 3                 0.75 0.667 0.75             0.667 0.667 0.667
#   Pad, "edge", of 0 to 8                    0 0 0 1                     4 3 3 4
#   Flatten, axis 2, of 1 x 2 x 3 x 1         2x3                         1x6
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx2kerastl==0.0.32 tensorflow==2.15.1 \
    keras==2.15.0 tensorflow-addons==0.23.0 onnx==1.16.2 onnxruntime==1.32.0 numpy==1.26.4
cat > "$work/try.py" <<'PY'
import contextlib
import io
import logging
import sys
import warnings

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

warnings.simplefilter("ignore")
with contextlib.redirect_stderr(io.StringIO()):
    from onnx2kerastl import onnx_to_keras
logging.disable(logging.CRITICAL)


def floats(*values):
    return np.array(values, np.float32)


def graph(kind, x, version=13, weights=(), **attributes):
    names = [f"w{number}" for number in range(len(weights))]
    made = helper.make_graph(
        [helper.make_node(kind, ["x", *names], ["y"], name="one", **attributes)],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(w, name) for w, name in zip(weights, names, strict=True)],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", version)], ir_version=8)


def picture(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


five, corner = picture(1, 1, 5, 5), {"kernel_shape": [2, 2], "strides": [2, 2]}
around = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
CASES = {
    "MaxPool, pads": ("MaxPool", -1 - five, around),
    "AveragePool, pads": ("AveragePool", five + 1, around),
    "MaxPool, ceil_mode": ("MaxPool", five, corner | {"ceil_mode": 1}),
    "AveragePool, ceil_mode": ("AveragePool", five, corner | {"ceil_mode": 1}),
    "Conv, auto_pad": (
        "Conv",
        five,
        {"auto_pad": "SAME_UPPER", "weights": [np.ones((1, 1, 2, 2), np.float32)]},
    ),
    "MaxPool, dilations": (
        "MaxPool",
        five,
        {"kernel_shape": [2, 2], "strides": [1, 1], "dilations": [2, 2]},
    ),
    "ConvTranspose, pads": (
        "ConvTranspose",
        five,
        {"pads": [0, 0, 1, 1], "weights": [np.ones((1, 1, 3, 3), np.float32)]},
    ),
    "Gemm": ("Gemm", floats([1, 2]), {"alpha": 0.5, "weights": [np.eye(2, dtype=np.float32)]}),
    "Selu": ("Selu", floats([-1, 1]), {"alpha": 1.2, "gamma": 0.7}),
    "Softmax, opset 11": (
        "Softmax",
        np.zeros((1, 2, 3), np.float32),
        {"version": 11, "axis": 1},
    ),
    "LRN": (
        "LRN",
        np.ones((1, 3, 1, 1), np.float32),
        {"size": 3, "alpha": 0.5, "beta": 1.0, "bias": 1.0},
    ),
    "Pad, edge": (
        "Pad",
        picture(1, 1, 3, 3),
        {"mode": "edge", "weights": [np.array([0, 0, 2, 2, 0, 0, 2, 2])]},
    ),
    "Flatten, axis 2": ("Flatten", picture(1, 2, 3, 1), {"axis": 2}),
    "MaxPool without pads": ("MaxPool", five, corner),
}


def shown(values):
    numbers = " ".join(f"{each:.3g}" for each in values.ravel()[:4])
    return f"{'x'.join(map(str, values.shape))}: {numbers}"


same = True
for name, (kind, x, options) in CASES.items():
    model = graph(kind, x, **options)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    right = session.run(None, {"x": x})[0]
    with contextlib.redirect_stdout(io.StringIO()):
        network = onnx_to_keras(
            model, ["x"], input_shapes=[list(x.shape[1:])], verbose=False, name_policy="renumerate"
        )
        network = getattr(network, "converted_model", network)
    found = np.asarray(network(x))
    print(f"{name}: ONNX Runtime {shown(right)} | Keras {shown(found)}")
    alike = found.shape == right.shape and np.allclose(found, right, atol=1e-4)
    same &= alike == (name == "MaxPool without pads")
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py 2> errors.txt || { tail -5 errors.txt; exit 1; }
