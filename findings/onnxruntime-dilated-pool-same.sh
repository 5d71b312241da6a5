#!/usr/bin/env bash
# ONNX Runtime 1.32.0: MaxPool and AveragePool with auto_pad SAME_UPPER or SAME_LOWER and dilations pad as if
# there were no dilation. The output is smaller than it has to be, and each value is of another window.
#
# One would expect as many values as the row has: SAME makes ceil(input / stride) of them. The pads are
# (output - 1) * stride + (kernel - 1) * dilation + 1 - input, says ONNX of both operators. ONNX Runtime
# leaves the dilation out of the pads, and not out of the size (pool_attributes.h, ComputeSizePadDilations).
# Behind a global pool, as in the last line, the shape does not tell. Of Conv it says "Dilation not
# supported", which is an error.
#
# A row of 1 to 8, a kernel of 3, dilation 2. Seen on 2026-11-30 (Python 3.11, x86-64):
#   MaxPool SAME_UPPER       by the formula 3 4 5 6 7 8 7 8         ONNX Runtime 4 5 6 7 8 7
#   AveragePool SAME_UPPER   by the formula 2 3 3 4 5 6 6 7         ONNX Runtime 3 3 4 5 6 6
#   MaxPool, then GlobalAveragePool   by the formula 6              ONNX Runtime 6.167
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

N, KERNEL, DILATION = 8, 3, 2
row = np.arange(1, N + 1, dtype=np.float32)
before = (KERNEL - 1) * DILATION // 2  # an even sum of pads: half of them stand in front
windows = [
    [row[at] for at in range(i - before, i - before + KERNEL * DILATION, DILATION) if 0 <= at < N]
    for i in range(N)
]
same = True
for name, reduce in {"MaxPool": np.max, "AveragePool": np.mean}.items():
    right = [float(reduce(window)) for window in windows]
    for pad in ("SAME_UPPER", "SAME_LOWER"):
        options = {"auto_pad": pad, "kernel_shape": [1, KERNEL], "dilations": [1, DILATION]}
        graph = helper.make_graph(
            [helper.make_node(name, ["x"], ["y"], **options)],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, N])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, N])],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        found = session.run(None, {"x": row.reshape(1, 1, 1, N)})[0].ravel().tolist()
        print(f"{name} {pad}: by the formula", *right, "| ONNX Runtime", *found)
        # the windows of ONNX Runtime start at -1 (kernel 3 without dilation), and there are 8 + 2 - 5 + 1
        theirs = [
            float(reduce([row[at] for at in range(i - 1, i + 4, DILATION) if 0 <= at < N])) for i in range(6)
        ]
        same &= found == theirs and found != right

right = np.mean([max(window) for window in windows])
options = {"auto_pad": "SAME_UPPER", "kernel_shape": [1, KERNEL], "dilations": [1, DILATION]}
graph = helper.make_graph(
    [
        helper.make_node("MaxPool", ["x"], ["pooled"], **options),
        helper.make_node("GlobalAveragePool", ["pooled"], ["y"]),
    ],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, N])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 1])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(model.SerializeToString())
found = session.run(None, {"x": row.reshape(1, 1, 1, N)})[0].item()
print(f"MaxPool, then GlobalAveragePool: by the formula {right:g} | ONNX Runtime {found:.4g}")
same &= right == 6 and abs(found - 37 / 6) < 1e-4
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
