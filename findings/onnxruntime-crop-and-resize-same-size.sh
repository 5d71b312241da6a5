#!/usr/bin/env bash
# ONNX Runtime 1.32.0: a Resize that crops (coordinate_transformation_mode="tf_crop_and_resize") does not crop where its
# output is as large as its input. The whole picture comes back, unchanged. No error, no warning. Where only the height
# stays the same, the width is cropped and the height is not.
#
# It is how a network zooms in on a region, e.g. on the brain within its slice, and keeps the size; or how it mirrors,
# with a region from 1 to 0. One would expect ONNX's formula: pixel i lies at start * (size - 1) + i * (end - start) *
# (size - 1) / (new size - 1). One pixel more or less, and ONNX Runtime has the crop.
# onnx's ReferenceEvaluator 1.23.2 follows the formula. It does so at every optimization level, so it is no fusion: most
# likely a resize by a factor of 1 counts as none, and the region is not looked at. (That was not looked up.)
#
# The middle half of 1 2 3 4 5, from 0.25 to 0.75. Seen on 2026-12-01 (Python 3.11, x86-64):
#   to 4 pixels            by the formula 2 2.67 3.33 4          ONNX Runtime 2 2.67 3.33 4
#   to 5 pixels            by the formula 2 2.5 3 3.5 4          ONNX Runtime 1 2 3 4 5
#   to 6 pixels            by the formula 2 2.4 2.8 3.2 3.6 4    ONNX Runtime 2 2.4 2.8 3.2 3.6 4
#   mirrored, 5 pixels     by the formula 5 4 3 2 1              ONNX Runtime 1 2 3 4 5
#   rows 1 2 3 and 7 8 9, the upper row alone and the left half of it, to 2 x 2:
#                          by the formula 1 2, 1 2               ONNX Runtime 1 2, 7 8
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
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

LEVELS = onnxruntime.GraphOptimizationLevel
ROW = np.arange(1, 6, dtype=np.float32).reshape(1, 1, 1, 5)
ROWS = np.array([[1, 2, 3], [7, 8, 9]], np.float32).reshape(1, 1, 2, 3)


def by_formula(line, start, end, size):
    """`line` from `start` to `end`, in `size` pixels, linear."""
    last = len(line) - 1
    places = start * last + np.arange(size) * (end - start) * last / (size - 1)
    return np.interp(places, np.arange(len(line)), line)


def answer(values):
    return np.round(np.asarray(values, np.float64), 2).ravel().tolist()


CASES = {  # the picture, its region (top, left, bottom, right), its new size, and whether it is cropped as asked
    "to 4 pixels": (ROW, (0, 0.25, 1, 0.75), (1, 4), True),
    "to 5 pixels": (ROW, (0, 0.25, 1, 0.75), (1, 5), False),
    "to 6 pixels": (ROW, (0, 0.25, 1, 0.75), (1, 6), True),
    "mirrored": (ROW, (0, 1, 1, 0), (1, 5), False),
    "two rows": (ROWS, (0, 0, 0, 0.5), (2, 2), False),
}
same = True
for name, (picture, (top, left, bottom, right), size, cropped) in CASES.items():
    roi = np.array([0, 0, top, left, 1, 1, bottom, right], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node(
                "Resize",
                ["x", "roi", "", "size"],
                ["y"],
                mode="linear",
                coordinate_transformation_mode="tf_crop_and_resize",
            )
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, picture.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 1, *size))],
        [numpy_helper.from_array(roi, "roi"), numpy_helper.from_array(np.array([1, 1, *size]), "size")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    if name == "two rows":
        expected = answer([by_formula(picture[0, 0, 0], left, right, size[1])] * 2)
    else:
        expected = answer(by_formula(picture.ravel(), left, right, size[1]))
    reference = answer(ReferenceEvaluator(model).run(None, {"x": picture})[0])
    found = []
    for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_ALL):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        found.append(answer(session.run(None, {"x": picture})[0]))
    print(f"{name}: by the formula", *expected, "| reference", *reference, "| ONNX Runtime", *found[0])
    same &= reference == expected and found[0] == found[1] and (found[0] == expected) == cropped
    if not cropped:
        same &= found[0] == ([1, 2, 7, 8] if name == "two rows" else [1, 2, 3, 4, 5])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
