#!/usr/bin/env bash
# onnx 1.23.2: the ReferenceEvaluator, by which others check their engines, computes eight operators
# otherwise than the standard's own text has them, and raises nothing.
#
#   ConvTranspose    with groups: every group gets the bias of the first (it is handed all of B)
#   MaxPool          SAME_LOWER with a stride: the size is rounded down. The text: ceil(input / stride)
#   MaxPool          Indices, of more than one channel: not counted through the whole input, as the text has it
#   MaxPool          Indices, storage_order=1: they are not column by column
#   LpPool           ceil_mode: the window that reaches beyond the picture is summed up as if it were full (it is
#                    an average times the size of the kernel)
#   QLinearConv      1D, a weight scale for each channel: a dimension too many, and each channel by both scales
#   Resize           pytorch_half_pixel to one pixel: the middle and not the first, if the size times the scale is
#                    not 1 exactly, as with 5 pixels and the scale 0.2 as float32
#   LRN              the channels are counted by the size of the batch. With a batch of 1 the neighbours are
#                    summed up for the first channel alone (mended upstream in 2026, pull 8331)
#   LpNormalization  p=1 divides by the sum of the signed values, not by that of the absolute ones (pull 8427)
#   LogSoftmax       the log of a Softmax that has come to 0: -inf, and a warning of NumPy's (pull 8423)
#
# One would expect the formula of the text, which ONNX Runtime 1.32.0 computes.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):
#   ConvTranspose    1 2, weights 1, bias 10 20    ONNX Runtime 11 22           reference 11 12
#   MaxPool          1 2 3 4 5, two by two         ONNX Runtime 1 3 5           reference 3 5
#   MaxPool          Indices, 3 1 and 2 4          ONNX Runtime 0 3             reference 0 2
#   MaxPool          Indices, 1 2 9 above 4 5 6    ONNX Runtime 3 4             reference 4 2
#   LpPool           1 2 3 4 5, two by two, p=1    ONNX Runtime 3 7 5           reference 3 7 10
#   QLinearConv      1 2, weights 1 1, scales 1 2  ONNX Runtime 1 2 2 4         reference 1 2 1 2 2 4 2 4
#   Resize           1 2 3 4 5 to one pixel        ONNX Runtime 1               reference 3
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
UINT8 = np.uint8
CASES = {  # its node, its constants, the input and its shape, the shape of the output
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
    "MaxPool, Indices": (
        node("MaxPool", ["x"], ["values", "y"], kernel_shape=[1, 2]),
        {},
        [3, 1, 2, 4],
        (1, 2, 1, 2),
        (1, 2, 1, 1),
    ),
    "MaxPool, storage_order": (
        node("MaxPool", ["x"], ["values", "y"], kernel_shape=[2, 2], storage_order=1),
        {},
        [1, 2, 9, 4, 5, 6],
        (1, 1, 2, 3),
        (1, 1, 1, 2),
    ),
    "LpPool": (
        node("LpPool", ["x"], ["y"], kernel_shape=[1, 2], strides=[1, 2], ceil_mode=1, p=1),
        {},
        [1, 2, 3, 4, 5],
        (1, 1, 1, 5),
        (1, 1, 1, 3),
    ),
    "QLinearConv": (
        node("QLinearConv", ["x", "s", "z", "w", "t", "u", "s", "z"], ["y"]),
        {"s": np.float32(1), "z": UINT8(0), "w": np.ones((2, 1, 1), UINT8), "t": [1, 2], "u": np.zeros(2, UINT8)},
        [1, 2],
        (1, 1, 2),
        (1, 2, 2),
    ),
    "Resize": (
        node("Resize", ["x", "", "s"], ["y"], mode="linear", coordinate_transformation_mode="pytorch_half_pixel"),
        {"s": [1, 1, 1, 0.2]},
        [1, 2, 3, 4, 5],
        (1, 1, 1, 5),
        (1, 1, 1, 1),
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
    "MaxPool, Indices": ([0, 3], [0, 2]),
    "MaxPool, storage_order": ([3, 4], [4, 2]),
    "LpPool": ([3, 7, 5], [3, 7, 10]),
    "QLinearConv": ([1, 2, 2, 4], [1, 2, 1, 2, 2, 4, 2, 4]),
    "Resize": ([1], [3]),
    "LRN": ([0.5, 0.5, 0.5], [0.5, 1, 1]),
    "LpNormalization": ([0.25, -0.75], [-0.5, 1.5]),
    "LogSoftmax": ([-200, 0], [-np.inf, 0]),
}
same = True
for name, (layer, constants, values, taken, given) in CASES.items():
    x = np.array(values, UINT8 if name == "QLinearConv" else np.float32).reshape(taken)
    kind = helper.np_dtype_to_tensor_dtype(x.dtype)
    arrays = {key: np.asarray(value) for key, value in constants.items()}
    graph = helper.make_graph(
        [layer],
        "g",
        [helper.make_tensor_value_info("x", kind, taken)],
        [helper.make_tensor_value_info("y", TensorProto.INT64 if "values" in layer.output else kind, given)],
        [
            numpy_helper.from_array(value if value.dtype == UINT8 else value.astype(np.float32), key)
            for key, value in arrays.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    right = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    found = ReferenceEvaluator(model).run(None, {"x": x})[0]
    right, found = right.ravel().tolist(), found.ravel().tolist()
    print(f"{name}: ONNX Runtime", *right, "| reference", *found)
    same &= (right, found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
