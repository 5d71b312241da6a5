#!/usr/bin/env bash
# onnx 1.23.2: `version_converter.convert_version` makes another resize of an older file. Resize of opset
# 10 and Upsample of opset 9 place pixels by their corners ("asymmetric"). From opset 11 on the place is
# an attribute, and the converter leaves it out, so it becomes "half_pixel". Hardmax changes, too: until
# opset 12 it takes all axes together, and the converter leaves that behind (of Softmax it does not).
#
# The checker is content and the shape is right. One would expect the same answers before and after.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), in ONNX Runtime 1.32.0, opset 10 -> opset 13:
#   Resize, linear, twice as wide, of 0 10    0 5 10 10 -> 0 2.5 7.5 10
#   Upsample of opset 9, the same             0 5 10 10 -> 0 2.5 7.5 10
#   Hardmax, axis 1, of [[1 4] [3 2]]         0 1 0 0 -> 0 1 1 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, version_converter

SCALES = [numpy_helper.from_array(np.array([1, 1, 1, 2], np.float32), "s")]
ROW = np.array([0, 10], np.float32).reshape(1, 1, 1, 2)
SQUARE = np.array([[[1, 4], [3, 2]]], np.float32)


def run(model, x):
    """What ONNX Runtime makes of it."""
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x})[0].ravel().tolist()


same = True
for kind, opset, x, constants, options, before, after in (
    ("Resize", 10, ROW, SCALES, {"mode": "linear"}, [0, 5, 10, 10], [0, 2.5, 7.5, 10]),
    ("Upsample", 9, ROW, SCALES, {"mode": "linear"}, [0, 5, 10, 10], [0, 2.5, 7.5, 10]),
    ("Hardmax", 10, SQUARE, [], {"axis": 1}, [0, 1, 0, 0], [0, 1, 1, 0]),
):
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *(one.name for one in constants)], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        constants,
    )
    old = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6)
    old = onnx.shape_inference.infer_shapes(old)
    new = version_converter.convert_version(old, 13)
    found = run(old, x), run(new, x)
    print(f"{kind}, opset {opset} -> 13:", *found)
    same &= found == (before, after)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
