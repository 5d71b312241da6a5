#!/usr/bin/env bash
# OpenVINO 2026.4.1 reduces over all axes where an ONNX ReduceLogSumExp or ReduceLogSum of opset 13 to 17
# names some. Up to opset 12 and from 18 on, where `axes` became an input, it heeds them.
#
# And of an AveragePool with ceil_mode and count_include_pad it also counts what lies beyond the padding.
#
# One would expect ONNX Runtime 1.32.0's answers, or an error. Nothing is said.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), of [[0 1] [2 3]] over the last axis:
#   ReduceLogSumExp, opset 12, 18   ONNX Runtime 1.313 3.313    OpenVINO 1.313 3.313
#   ReduceLogSumExp, opset 13, 17   ONNX Runtime 1.313 3.313    OpenVINO 3.44 (one number)
#   AveragePool of 1 2 3 4 5        ONNX Runtime 2 4 2.5        OpenVINO 2 4 1.667
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

FULL = {"INFERENCE_PRECISION_HINT": "f32"}


def both(kind, x, opset, given=None, **options):
    """What ONNX Runtime and OpenVINO make of one operator."""
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"] if given is None else ["x", "axes"], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [] if given is None else [numpy_helper.from_array(np.array(given, np.int64), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0]
    found = openvino.Core().compile_model("m.onnx", "CPU", FULL)([x])[0]
    print(f"{kind}, opset {opset}: ONNX Runtime {right.round(3)} | OpenVINO {found.round(3)}")
    return right.ravel(), found.ravel()


square = np.array([[0, 1], [2, 3]], np.float32)
row = np.arange(1, 6, dtype=np.float32).reshape(1, 1, 1, 5)
pool = {
    "kernel_shape": [1, 3],
    "strides": [1, 2],
    "pads": [0, 0, 0, 1],
    "ceil_mode": 1,
    "count_include_pad": 1,
}
of_both, of_all = [1.3133, 3.3133], [3.4402]
same = True
for (right, found), wanted, seen in (
    (both("ReduceLogSumExp", square, 12, axes=[1], keepdims=0), of_both, of_both),
    (both("ReduceLogSumExp", square, 13, axes=[1], keepdims=0), of_both, of_all),
    (both("ReduceLogSumExp", square, 17, axes=[1], keepdims=0), of_both, of_all),
    (both("ReduceLogSumExp", square, 18, given=[1], keepdims=0), of_both, of_both),
    (both("ReduceLogSum", square + 1, 17, axes=[1], keepdims=0), np.log([3, 7]), [np.log(10)]),
    (both("AveragePool", row, 19, **pool), [2, 4, 2.5], [2, 4, 5 / 3]),
):
    same &= np.allclose(right, wanted, atol=1e-3)
    same &= len(found) == len(seen) and np.allclose(found, seen, atol=1e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
