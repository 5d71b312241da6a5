#!/usr/bin/env bash
# ONNX Runtime 1.32.0: static quantization (quantize_static) makes three operators something else, each in one
# of its two formats. No warning is given.
#
#   Pad, QOperator       the output keeps the range of the input: a constant beyond it is cut off
#   Resize, cubic, QDQ   the same: what the cubic overshoots next to an edge is cut off, as if it were clipped
#   Softmax, QOperator   without `axis`, before opset 13: the axis is 1 there, and becomes -1. After a
#                        global pool (batch, classes, 1, 1) each class then has a probability of 1
#
# One would expect the float network's answer, to within a step of 8 bits. Calibrated on the input itself, and
# the output's range was measured, too. With QDQ Pad has a range of its own unless the constant is 0.
# The causes, in quantization/operators: QPad gives the output the scale of its input, as QDQDirect8BitOp does
# to Resize, whatever its mode. QLinearSoftmax gets no axis where the node has none (its own default is -1).
#
# Seen on 2026-11-30 (Python 3.11, x86-64), rounded:
#   Pad with -5, QOperator: float -5 -1 0 1 -5 | quantized -1 -1 0 1 -1
#   Pad with -5, QDQ: float -5 -1 0 1 -5 | quantized -5 -1 0 1 -5
#   Resize, cubic, QDQ: float -0.1 0.3 0.9 0.8 0.2 0.1 0.7 1.1 | quantized 0 0.3 0.9 0.8 0.2 0.1 0.7 1
#   Softmax, QOperator: float 0 0.1 0.8 | quantized 1 1 1
#   Softmax, QDQ: float 0 0.1 0.8 | quantized 0 0.1 0.8
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    sympy==1.14.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import logging
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

logging.disable(logging.WARNING)


class Once(CalibrationDataReader):
    def __init__(self, inputs):
        self.left = iter([inputs])

    def get_next(self):
        return next(self.left, None)


def answers(kind, options, constants, opset, x, form):
    """The answers of a 1 x 1 convolution that changes nothing and one operator behind it."""
    constants = {"w": np.eye(x.shape[1], dtype=np.float32)[:, :, None, None], **constants}
    inputs = ["a", *(name if name in constants else "" for name in options.pop("inputs", []))]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["a"], "same"),
            helper.make_node(kind, inputs, ["y"], "operator", **options),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "c", "h", "w"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "float.onnx")
    quantize_static("float.onnx", "int8.onnx", Once({"x": x}), quant_format=QuantFormat[form])
    runs = (onnxruntime.InferenceSession(name).run(None, {"x": x}) for name in ("float.onnx", "int8.onnx"))
    return [(np.round(found.ravel().astype(float), 1) + 0).tolist() for (found,) in runs]


def pad():
    pads = np.array([0, 0, 0, 1, 0, 0, 0, 1])
    constants = {"pads": pads, "value": np.array(-5, np.float32)}
    return "Pad", {"inputs": ["pads", "value"]}, constants, 13, [[[[-1, 0, 1]]]]


def resize():
    constants = {"scales": np.array([1, 1, 1, 2], np.float32)}
    return "Resize", {"inputs": ["", "scales"], "mode": "cubic"}, constants, 13, [[[[0, 1, 0, 1]]]]


def softmax():
    return "Softmax", {}, {}, 11, [[[[0]], [[1]], [[3]]]]


PADDED, CUT = [-5, -1, 0, 1, -5], [-1, -1, 0, 1, -1]
CUBIC, SHARES = [-0.1, 0.3, 0.9, 0.8, 0.2, 0.1, 0.7, 1.1], [0, 0.1, 0.8]
CASES = (
    ("Pad with -5", pad, "QOperator", PADDED, CUT),
    ("Pad with -5", pad, "QDQ", PADDED, PADDED),
    ("Resize, cubic", resize, "QDQ", CUBIC, [0, *CUBIC[1:-1], 1]),
    ("Softmax", softmax, "QOperator", SHARES, [1, 1, 1]),
    ("Softmax", softmax, "QDQ", SHARES, SHARES),
)
same = True
for name, case, form, right, seen in CASES:
    *parts, x = case()
    found = answers(*parts, np.array(x, np.float32), form)
    numbers = [" ".join(f"{value:g}" for value in each) for each in found]
    print(f"{name}, {form}: float {numbers[0]} | quantized {numbers[1]}")
    same &= found == [right, seen]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
