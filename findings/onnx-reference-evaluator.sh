#!/usr/bin/env bash
# onnx 1.23.2: the ReferenceEvaluator, by which others check their engines, computes five operators
# otherwise than the standard's own text has them, and raises nothing.
#
#   ConvTranspose    with groups: every group gets the bias of the first (it is handed all of B)
#   MaxPool          SAME_LOWER with a stride: the size is rounded down. The text: ceil(input / stride)
#   LRN              the channels are counted by the size of the batch. With a batch of 1 the neighbours are
#                    summed up for the first channel alone (mended upstream in 2026, pull 8331)
#   LpNormalization  p=1 divides by the sum of the signed values, not by that of the absolute ones (pull 8427)
#   LogSoftmax       the log of a Softmax that has come to 0: -inf, and a warning of NumPy's (pull 8423)
#
# One would expect the formula of the text, which ONNX Runtime 1.32.0 computes.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   ConvTranspose    1 2, weights 1, bias 10 20    ONNX Runtime 11 22           reference 11 12
#   MaxPool          1 2 3 4 5, two by two         ONNX Runtime 1 3 5           reference 3 5
#   LRN              1 1 1, size 1                 ONNX Runtime 0.5 0.5 0.5     reference 0.5 1 1
#   LpNormalization  1 -3                          ONNX Runtime 0.25 -0.75      reference -0.5 1.5
#   LogSoftmax       0 200                         ONNX Runtime -200 0          reference -inf 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 \
    onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

np.seterr(divide="ignore")
node = helper.make_node
CASES = {  # its node, its weights, the input and its shape, the shape of the output
    "ConvTranspose": (
        node("ConvTranspose", ["x", "w", "b"], ["y"], group=2),
        {"w": np.ones((2, 1, 1, 1)), "b": [10, 20]},
        [1, 2],
        (1, 2, 1, 1),
        (1, 2, 1, 1),
    ),
    "MaxPool": (
        node("MaxPool", ["x"], ["y"], kernel_shape=[1, 2], strides=[1, 2], auto_pad="SAME_LOWER"),
        {},
        [1, 2, 3, 4, 5],
        (1, 1, 1, 5),
        (1, 1, 1, 3),
    ),
    "LRN": (
        node("LRN", ["x"], ["y"], size=1, alpha=1.0, beta=1.0, bias=1.0),
        {},
        [1, 1, 1],
        (1, 3, 1, 1),
        (1, 3, 1, 1),
    ),
    "LpNormalization": (node("LpNormalization", ["x"], ["y"], p=1), {}, [1, -3], (1, 2), (1, 2)),
    "LogSoftmax": (node("LogSoftmax", ["x"], ["y"]), {}, [0, 200], (1, 2), (1, 2)),
}
SEEN = {
    "ConvTranspose": ([11, 22], [11, 12]),
    "MaxPool": ([1, 3, 5], [3, 5]),
    "LRN": ([0.5, 0.5, 0.5], [0.5, 1, 1]),
    "LpNormalization": ([0.25, -0.75], [-0.5, 1.5]),
    "LogSoftmax": ([-200, 0], [-np.inf, 0]),
}
same = True
for name, (layer, weights, values, taken, given) in CASES.items():
    x = np.array(values, np.float32).reshape(taken)
    graph = helper.make_graph(
        [layer],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, taken)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, given)],
        [numpy_helper.from_array(np.asarray(value, np.float32), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    right = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    found = ReferenceEvaluator(model).run(None, {"x": x})[0]
    right, found = right.ravel().tolist(), found.ravel().tolist()
    print(f"{name}: ONNX Runtime", *right, "| reference", *found)
    same &= (right, found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
