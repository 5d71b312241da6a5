#!/usr/bin/env bash
# OpenCV 5.0.0.93 (cv2.dnn) resizes by the sizes before and after, and not by the `scales` that an ONNX
# Resize is given. The two differ wherever a size times its scale is no whole number.
#
# ONNX takes positions from `scales` where they are given. The output has the right shape, but with
# nearest neighbours other pixels, and with linear interpolation other values. One would expect the
# answers of ONNX Runtime 1.32.0 and of onnx's own reference. (By `sizes` all agree.)
#
# Rows of 0 to 8, each resized by 0.6 to a length of 5. Seen on 2026-11-30 (Python 3.11, x86-64):
#   nearest, half_pixel    ONNX Runtime 0 2 4 5 7                  OpenCV 0 2 4 6 8
#   linear, half_pixel     ONNX Runtime 0.333 2 3.667 5.333 7      OpenCV 0.4 2.2 4 5.8 7.6
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
from onnx.reference import ReferenceEvaluator

picture = np.tile(np.arange(9, dtype=np.float32), (1, 1, 10, 1))
scales = numpy_helper.from_array(np.array([1, 1, 1, 0.6], np.float32), "s")
SEEN = {
    "nearest": ([0, 2, 4, 5, 7], [0, 2, 4, 6, 8]),
    "linear": ([0.333, 2, 3.667, 5.333, 7], [0.4, 2.2, 4, 5.8, 7.6]),
}
same = True
for mode, seen in SEEN.items():
    node = helper.make_node(
        "Resize", ["x", "", "s"], ["y"], mode=mode, coordinate_transformation_mode="half_pixel"
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, picture.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 10, 5])],
        [scales],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    feeds = {"x": picture}
    right = onnxruntime.InferenceSession("m.onnx").run(None, feeds)[0]
    assert np.allclose(right, ReferenceEvaluator("m.onnx").run(None, feeds)[0], atol=1e-3)
    network = cv2.dnn.readNetFromONNX("m.onnx")
    network.setInput(picture)
    found = network.forward()
    assert found.shape == right.shape
    print(f"{mode}: ONNX Runtime", right[0, 0, 5], "| OpenCV", found[0, 0, 5])
    same &= all(
        np.allclose(values[0, 0, 5], expected, atol=2e-3)
        for values, expected in zip((right, found), seen, strict=True)
    )
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
