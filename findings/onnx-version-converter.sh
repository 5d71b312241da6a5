#!/usr/bin/env bash
# onnx 1.23.2: `version_converter.convert_version` returns a file of another opset that computes something
# else, without a word.
#
#   Resize, Upsample      up: opset 10 and 9 place pixels by their corners ("asymmetric"). From opset 11 on the
#                         place is an attribute; the converter leaves it out, so it becomes "half_pixel"
#   Hardmax               up: until opset 12 it takes all axes from `axis` on together, and the converter leaves
#                         that behind (of Softmax it does not)
#   Softmax, LogSoftmax   down: opset 13 takes one axis. The converter keeps `axis`, which in opset 12 means this
#                         axis and all behind it. (Hardmax gets an error there.)
#
# The checker is content and the shape is right. One would expect the same answers before and after. Upstream had
# the rule for Softmax down in onnx issue 6340 (transpose, softmax, transpose back), before pull 6608 added it.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), in ONNX Runtime 1.32.0:
#   opset 10 -> 13   Resize, linear, twice as wide, of 0 10    0 5 10 10 -> 0 2.5 7.5 10
#                    Upsample of opset 9, the same             0 5 10 10 -> 0 2.5 7.5 10
#                    Hardmax, axis 1, of [[1 4] [3 2]]         0 1 0 0 -> 0 1 1 0
#   opset 13 -> 12   Softmax, axis 1, of [[1 2] [3 4]]         0.119 0.119 0.881 0.881 -> 0.032 0.087 0.237 0.644
#                    LogSoftmax, the same                      -2.13 -2.13 -0.13 -0.13 -> -3.44 -2.44 -1.44 -0.44
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
RISING = np.array([[[1, 2], [3, 4]]], np.float32)
LINEAR, AXIS = {"mode": "linear"}, {"axis": 1}


def run(model, x):
    """What ONNX Runtime makes of it."""
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return np.round(session.run(None, {"x": x})[0].astype(np.float64), 3).ravel().tolist()


same = True
for kind, opset, target, x, constants, options, before, after in (
    ("Resize", 10, 13, ROW, SCALES, LINEAR, [0, 5, 10, 10], [0, 2.5, 7.5, 10]),
    ("Upsample", 9, 13, ROW, SCALES, LINEAR, [0, 5, 10, 10], [0, 2.5, 7.5, 10]),
    ("Hardmax", 10, 13, SQUARE, [], AXIS, [0, 1, 0, 0], [0, 1, 1, 0]),
    ("Softmax", 13, 12, RISING, [], AXIS, [0.119, 0.119, 0.881, 0.881], [0.032, 0.087, 0.237, 0.644]),
    ("LogSoftmax", 13, 12, RISING, [], AXIS, [-2.127, -2.127, -0.127, -0.127], [-3.44, -2.44, -1.44, -0.44]),
):
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *(one.name for one in constants)], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        constants,
    )
    old = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    old = onnx.shape_inference.infer_shapes(old)
    new = version_converter.convert_version(old, target)
    found = run(old, x), run(new, x)
    print(f"{kind}, opset {opset} -> {target}:", *found)
    same &= found == (before, after)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
