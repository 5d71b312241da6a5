#!/usr/bin/env bash
# OpenVINO 2026.4.1: an average pool that counts its padding (ONNX: count_include_pad=1, PyTorch's default
# for AvgPool2d) pads with the wrong number once it runs in 8 bits. It pads with the integer 0, and takes
# the zero point off only afterwards. So the padding is minus zero point times scale, and not 0.
#
# Edges and corners become darker, or negative. With zero point 0 (after a Relu, uint8) nothing is wrong.
# Zero points come with SiLU, HardSwish, LeakyRelu and no activation. NNCF's preset MIXED is for these.
#
# One would expect the answer of ONNX Runtime 1.32.0: ONNX dequantizes, then pads with 0, then averages.
# AvgPoolTransformation moves zero point and scale behind the pool, and does not look at exclude_pad.
#
# A row of ones, a pool of 3, padded by 1 at both ends; uint8, scale 0.02.
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   zero point 0     ONNX Runtime 0.667 1 1 0.667    OpenVINO 0.667 1 1 0.667
#   zero point 10    ONNX Runtime 0.667 1 1 0.667    OpenVINO 0.6 1 1 0.6
#   zero point 100   ONNX Runtime 0.667 1 1 0.667    OpenVINO 0 1 1 0
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

row = np.ones((1, 1, 1, 4), np.float32)
SEEN = {0: [0.667, 1, 1, 0.667], 10: [0.6, 1, 1, 0.6], 100: [0, 1, 1, 0]}
same = True
for zero_point, seen in SEEN.items():
    pool = {"kernel_shape": [1, 3], "pads": [0, 1, 0, 1], "count_include_pad": 1}
    graph = helper.make_graph(
        [
            helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
            helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
            helper.make_node("AveragePool", ["d"], ["y"], **pool),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, row.shape)],
        [
            numpy_helper.from_array(np.float32(0.02), "scale"),
            numpy_helper.from_array(np.uint8(zero_point), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": row})[0].ravel()
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = openvino.Core().compile_model("m.onnx", "CPU", options)
    found = compiled({"x": row})[0].ravel()
    print(f"zero point {zero_point}: ONNX Runtime", *right.round(3), "| OpenVINO", *found.round(3))
    same &= np.allclose(right, SEEN[0], atol=2e-3) and np.allclose(found, seen, atol=2e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
