#!/usr/bin/env bash
# Two tools that make ONNX files smaller return another network for valid files, without a word: onnxslim
# 0.1.98 (slim) and onnxoptimizer 0.4.2 (optimize, with the passes that it runs by default).
#
#   onnxslim, Conv and Mul          three factors along the width (or height) of a picture with three channels
#                                   are taken for one factor per channel (convmul.py squeezes their shape)
#   onnxoptimizer, Pad and MaxPool  zeros, which win over negative pixels, become a padding that never wins
#   onnxoptimizer, Pad and AveragePool  the padding that the pool had itself did not count, and then counts
#   onnxoptimizer, Shape and Slice  where Shape has a `start`, the slice is taken from the whole shape
#
# One would expect the answer that the file gave before. Upstream knows of the two pads in onnxoptimizer since
# January 2026 (issues 263, 269; pull 318).
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   Conv and Mul         1 10 100 1 10 100 1 10 100     after it 1 1 1 10 10 10 100 100 100
#   Pad and MaxPool      0 -1 0                         after it -1 -1 -2
#   Pad and AveragePool  3 6 12 10 9                    after it 2 6 12 10 6
#   Shape and Slice      4 5                            after it 3 4
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxslim==0.1.98 onnxoptimizer==0.4.2 \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxoptimizer
import onnxruntime
import onnxslim
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
sides = np.array([0, 0, 0, 1, 0, 0, 0, 1], np.int64)
three = {"kernel_shape": [1, 3]}
CASES = {  # its nodes, its weights, the input, the shape of the output, the tool
    "Conv and Mul": (
        [node("Conv", ["x", "ones"], ["a"]), node("Mul", ["a", "factors"], ["y"])],
        {"ones": np.ones((3, 1, 1, 1), np.float32), "factors": np.array([1, 10, 100], np.float32)},
        np.ones((1, 1, 1, 3), np.float32),
        (1, 3, 1, 3),
        "onnxslim",
    ),
    "Pad and MaxPool": (
        [node("Pad", ["x", "sides"], ["a"]), node("MaxPool", ["a"], ["y"], **three)],
        {"sides": sides},
        np.array([-1, -2, -3], np.float32).reshape(1, 1, 1, 3),
        (1, 1, 1, 3),
        "onnxoptimizer",
    ),
    "Pad and AveragePool": (
        [node("Pad", ["x", "sides"], ["a"]), node("AveragePool", ["a"], ["y"], pads=[0, 1, 0, 1], **three)],
        {"sides": sides},
        np.array([6, 12, 18], np.float32).reshape(1, 1, 1, 3),
        (1, 1, 1, 5),
        "onnxoptimizer",
    ),
    "Shape and Slice": (
        [node("Shape", ["x"], ["s"], start=1), node("Slice", ["s", "one", "end"], ["y"])],
        {"one": np.array([1], np.int64), "end": np.array([3], np.int64)},
        np.zeros((2, 3, 4, 5), np.float32),
        (2,),
        "onnxoptimizer",
    ),
}
TOOLS = {"onnxslim": onnxslim.slim, "onnxoptimizer": onnxoptimizer.optimize}
SEEN = {
    "Conv and Mul": ([1, 10, 100] * 3, [1, 1, 1, 10, 10, 10, 100, 100, 100]),
    "Pad and MaxPool": ([0, -1, 0], [-1, -1, -2]),
    "Pad and AveragePool": ([3, 6, 12, 10, 9], [2, 6, 12, 10, 6]),
    "Shape and Slice": ([4, 5], [3, 4]),
}


def answer(model, x):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {"x": x})[0].ravel().tolist()


same = True
for name, (nodes, weights, x, shape, tool) in CASES.items():
    kind = TensorProto.INT64 if "Shape" in name else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", kind, shape)],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    before = answer(model, x)
    after = answer(TOOLS[tool](model), x)
    print(f"{tool}, {name}:", *before, "| after it", *after)
    same &= (before, after) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
