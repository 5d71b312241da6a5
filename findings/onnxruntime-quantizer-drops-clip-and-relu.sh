#!/usr/bin/env bash
# ONNX Runtime 1.32.0: static quantization drops a Clip or Relu behind a quantized layer. It counts on the
# range of the 8 bits to do its work. In two cases nothing does, and no warning is given:
#
#   Clip to 0.5..1.0       the range of a tensor is made to hold 0 in any case. It reaches from 0 to 1,
#                          so the lower bound is gone. In both formats, QDQ and QOperator.
#   y = a + Conv(Relu(a))  a goes into the sum as well, so it must keep its own range. QOperator looks
#                          (adjust_tensor_ranges), leaves the range alone, and drops the Relu all the
#                          same (QuantizeClipRelu). QDQ keeps it. Pre-activation residual blocks are so.
#
# One would expect the float network's answer, to within a step of 8 bits. Calibrated on the input itself.
# QDQKeepRemovableActivations=True keeps the Clip, in QDQ alone; its text names no such case.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), rounded:
#   Clip, float          0.5 0.5 0.5 0.75 1     QDQ 0 0.25 0.5 0.75 1    QOperator 0 0.25 0.5 0.75 1
#   block, float         0 0 0 4 8              QDQ 0 0 0 4 8            QOperator 0 0 0 2 4
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

logging.disable(logging.WARNING)  # advice to optimize the file before
one = np.ones((1, 1, 1, 1), np.float32)
node = helper.make_node
NETWORKS = {
    "Clip": (
        [
            node("Conv", ["x", "one"], ["a"], name="first"),
            node("Clip", ["a", "low", "high"], ["b"], name="clip"),
            node("Conv", ["b", "one"], ["y"], name="second"),
        ],
        {"one": one, "low": np.float32(0.5), "high": np.float32(1)},
        [0, 0.25, 0.5, 0.75, 1],
    ),
    "block": (  # a is x and -x; the second convolution adds up Relu(x) and Relu(-x)
        [
            node("Conv", ["x", "both"], ["a"], name="first"),
            node("Relu", ["a"], ["b"], name="relu"),
            node("Conv", ["b", "add"], ["c"], name="second"),
            node("Add", ["a", "c"], ["z"], name="sum"),
            node("Conv", ["z", "former"], ["y"], name="last"),
        ],
        {
            "both": np.array([1, -1], np.float32).reshape(2, 1, 1, 1),
            "add": np.ones((2, 2, 1, 1), np.float32),
            "former": np.array([1, 0], np.float32).reshape(1, 2, 1, 1),
        },
        [-4, -2, 0, 2, 4],
    ),
}
SEEN = {
    "Clip": ([0.5, 0.5, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 1]),
    "block": ([0, 0, 0, 4, 8], [0, 0, 0, 4, 8], [0, 0, 0, 2, 4]),
}


class Once(CalibrationDataReader):
    def __init__(self, row):
        self.rows = iter([{"x": row}])

    def get_next(self):
        return next(self.rows, None)


same = True
for name, (nodes, values, numbers) in NETWORKS.items():
    row = np.array(numbers, np.float32).reshape(1, 1, 1, -1)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, row.shape)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "float.onnx")
    files = {"float": "float.onnx"}
    for kind in (QuantFormat.QDQ, QuantFormat.QOperator):
        files[kind.name] = f"{kind.name}.onnx"
        quantize_static("float.onnx", files[kind.name], Once(row), quant_format=kind)
    found = []
    for kind, file in files.items():
        out = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"x": row})
        found.append((np.round(out[0].ravel() * 4) / 4 + 0.0).tolist())
        print(f"{name}, {kind}:", *found[-1])
    same &= tuple(found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
