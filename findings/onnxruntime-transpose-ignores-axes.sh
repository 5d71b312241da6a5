#!/usr/bin/env bash
# ONNX Runtime 1.32.0 pads and resizes other axes than an ONNX file says, where a Transpose stands before
# a Pad or a Resize that names its axes (since opset 18). Networks that keep channels last have such
# pairs. To move the Transpose behind, it reorders the amounts as if there was one for each
# axis in their order, and leaves `axes` alone (HandlePad and HandleResize of its transpose optimizer).
#
# The output even has another shape than shape inference says. Here all axes are named, in another order.
#
# One would expect the answer that onnx's ReferenceEvaluator and ONNX Runtime without optimizations have.
#
# A picture of 4 x 6 x 1, channels last; to channels first, padded or resized in its width, and back.
# Seen on 2026-11-30 (Python 3.11, x86-64), shapes of the output:
#   Pad, axes 0 1 3 2, 1 each side right 1 4 8 1    ORT_ENABLE_BASIC 1 6 6 1    ORT_ENABLE_ALL 1 6 6 1
#   Resize, axes 0 1 3 2, width by 2  right 1 4 12 1   ORT_ENABLE_BASIC 1 4 12 1   ORT_ENABLE_ALL 1 8 6 1
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

x = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1)
node = helper.make_node
NETWORKS = {
    "Pad": (
        node("Pad", ["a", "amounts", "", "axes"], ["b"]),
        {"amounts": np.array([0, 0, 1, 0] * 2), "axes": np.array([0, 1, 3, 2])},
        [1, 4, 8, 1],
    ),
    "Resize": (
        node("Resize", ["a", "", "amounts"], ["b"], mode="nearest", axes=[0, 1, 3, 2]),
        {"amounts": np.array([1, 1, 2, 1], np.float32)},
        [1, 4, 12, 1],
    ),
}
SEEN = {
    "Pad": [[1, 4, 8, 1], [1, 4, 8, 1], [1, 6, 6, 1], [1, 6, 6, 1]],
    "Resize": [[1, 4, 12, 1], [1, 4, 12, 1], [1, 4, 12, 1], [1, 8, 6, 1]],
}


def infer(file, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    options.log_severity_level = 4  # "Expected shape from model does not match", a warning when it runs
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


same = True
for name, (middle, constants, shape) in NETWORKS.items():
    graph = helper.make_graph(
        [
            node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]),
            middle,
            node("Transpose", ["b"], ["y"], perm=[0, 2, 3, 1]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    found = {"reference": ReferenceEvaluator("m.onnx").run(None, {"x": x})[0]}
    for level in ("ORT_DISABLE_ALL", "ORT_ENABLE_BASIC", "ORT_ENABLE_ALL"):
        found[level] = infer("m.onnx", level)
    shapes = [list(value.shape) for value in found.values()]
    print(name, *(f"| {key}: {shape}" for key, shape in zip(found, shapes)))
    same &= shapes == SEEN[name] and np.array_equal(found["reference"], found["ORT_DISABLE_ALL"])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
