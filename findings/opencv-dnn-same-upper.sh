#!/usr/bin/env bash
# OpenCV 5.0.0.93 (cv2.dnn) reads auto_pad SAME_UPPER of an ONNX file as SAME_LOWER: where the padding is
# uneven, the spare pixel goes to the front and not to the end. Conv, MaxPool and AveragePool all do so.
# tf2onnx 1.17.0 writes SAME_UPPER for padding="same" where it does not know the size of the input.
#
# The output has the right shape, and the picture is moved by a pixel at each such layer. One would
# expect the answer of ONNX Runtime 1.32.0.
#
# A row of 1 to 8, a kernel of 3, stride 2. Seen on 2026-11-30 (Python 3.11, x86-64):
#   Conv          ONNX Runtime 321 543 765 87     OpenCV 210 432 654 876
#   MaxPool       ONNX Runtime 3 5 7 8            OpenCV 2 4 6 8
#   AveragePool   ONNX Runtime 2 4 6 7.5          OpenCV 1.5 3 5 7
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

row = np.arange(1, 9, dtype=np.float32).reshape(1, 1, 1, 8)
kernel = numpy_helper.from_array(np.array([1, 10, 100], np.float32).reshape(1, 1, 1, 3), "k")
pads = {"auto_pad": "SAME_UPPER", "strides": [1, 2]}
LAYERS = {
    "Conv": (["x", "k"], {}),
    "MaxPool": (["x"], {"kernel_shape": [1, 3]}),
    "AveragePool": (["x"], {"kernel_shape": [1, 3]}),
}
SEEN = {
    "Conv": ([321, 543, 765, 87], [210, 432, 654, 876]),
    "MaxPool": ([3, 5, 7, 8], [2, 4, 6, 8]),
    "AveragePool": ([2, 4, 6, 7.5], [1.5, 3, 5, 7]),
}
same = True
for name, (inputs, options) in LAYERS.items():
    graph = helper.make_graph(
        [helper.make_node(name, inputs, ["y"], **pads, **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 4])],
        [kernel] if "k" in inputs else [],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": row})[0].ravel().tolist()
    network = cv2.dnn.readNetFromONNX("m.onnx")
    network.setInput(row)
    found = network.forward().ravel().tolist()
    print(f"{name}: ONNX Runtime", *right, "| OpenCV", *found)
    same &= (right, found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
