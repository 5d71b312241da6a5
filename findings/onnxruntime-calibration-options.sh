#!/usr/bin/env bash
# ONNX Runtime 1.32.0: two options of static quantization (quantize_static, MinMax, the default method) do not
# do what their documentation says. No warning is given.
#
#   CalibMaxIntermediateOutputs   "will produce the same result as all computing with None, but is more memory
#                                 efficient". Each full batch of images is thrown away uncounted. Only those
#                                 left over at the end are used (with none left over there is an error)
#   CalibMovingAverageConstant    "constant smoothing factor" of the moving average. It changes nothing: the
#                                 minima and maxima of all images get the same weight, whatever it is
#
# One would expect the same range with and without the first, and another range for another factor. Ranges
# that are too small cut off: with batches of three the answer for the image of 10 is 1.
# The causes, in calibrate.py: collect_data clears a full batch without compute_data (issue 18893; pull 20226,
# closed; pull 32577, open), and compute_data takes np.nanmean. The factor is for CalibStridedMinMax alone.
#
# A product with 1, calibrated on ten images of 10 9 8 ... 1. Seen on 2026-11-30 (Python 3.11, x86-64):
#   no option: greatest value 10, answer for 10 is 10
#   CalibMaxIntermediateOutputs=4: greatest value 2, answer for 10 is 2
#   CalibMaxIntermediateOutputs=3: greatest value 1, answer for 10 is 1
#   CalibMovingAverageConstant=0.01: greatest value 5.5, answer for 10 is 5.5
#   CalibMovingAverageConstant=1: greatest value 5.5, answer for 10 is 5.5
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
from onnxruntime.quantization import CalibrationDataReader, quantize_static

logging.disable(logging.WARNING)
IMAGES = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = iter(IMAGES)

    def get_next(self):
        value = next(self.left, None)
        return None if value is None else {"x": np.full((1, 1), value, np.float32)}


graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"], "product")],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1])],
    [numpy_helper.from_array(np.ones((1, 1), np.float32), "w")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)


def quantized(options):
    """The greatest value of the input that fits, and the answer for 10."""
    quantize_static(model, "q.onnx", Images(), extra_options=options)
    numbers = {
        each.name: numpy_helper.to_array(each).item()
        for each in onnx.load("q.onnx").graph.initializer
        if each.name in ("x_scale", "x_zero_point")
    }
    greatest = numbers["x_scale"] * (127 - numbers["x_zero_point"])
    answer = onnxruntime.InferenceSession("q.onnx").run(None, {"x": np.full((1, 1), 10, np.float32)})
    return round(greatest, 2), round(answer[0].item(), 2)


CASES = {
    "no option": ({}, 10),
    "CalibMaxIntermediateOutputs=4": ({"CalibMaxIntermediateOutputs": 4}, 2),
    "CalibMaxIntermediateOutputs=3": ({"CalibMaxIntermediateOutputs": 3}, 1),
    "CalibMovingAverageConstant=0.01": (
        {"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.01},
        5.5,
    ),
    "CalibMovingAverageConstant=1": ({"CalibMovingAverage": True, "CalibMovingAverageConstant": 1.0}, 5.5),
}
same = True
for name, (options, seen) in CASES.items():
    greatest, answer = quantized(options)
    print(f"{name}: greatest value {greatest:g}, answer for 10 is {answer:g}")
    same &= (greatest, answer) == (seen, seen)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
