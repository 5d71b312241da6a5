#!/usr/bin/env bash
# OpenVINO 2026.4.1: an average pool with ceil_mode=1 that counts its padding (ONNX: count_include_pad=1,
# PyTorch's default for AvgPool2d) divides by the wrong number at the end of the picture. The network runs in
# float32; no error, no warning.
#
# With ceil_mode the last window may reach beyond picture and padding. What lies beyond is no padding and is
# not counted: onnx's ReferenceEvaluator and ONNX Runtime 1.32.0 have it so. OpenVINO's processor
# plugin divides by the whole kernel once there is any padding; without padding it counts right. So the last
# row and column come out too small, by a factor of up to the kernel's size.
#
# One would expect the answer of the other two, for ONNX files of any opset from 10 on.
# The cause: Pooling::getPoolingAlgorithm of the plugin chooses oneDNN's pooling_avg_include_padding, which
# always divides by the kernel's size, if any padding is not 0, and pooling_avg_exclude_padding if all are 0.
#
# A row of 1 to 6, stride 2, a kernel of 3, or of 2 with padding 1 and 0. With padding 1 and 1 the last window
# holds 6 and one zero of padding: 6 / 2.
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   no padding: reference 2 4 5.5 | ONNX Runtime 2 4 5.5 | OpenVINO 2 4 5.5
#   padding 1 and 1: reference 1 3 5 3 | ONNX Runtime 1 3 5 3 | OpenVINO 1 3 5 2
#   padding 1 and 0: reference 0.5 2.5 4.5 6 | ONNX Runtime 0.5 2.5 4.5 6 | OpenVINO 0.5 2.5 4.5 3
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
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

row = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 1, 6)
CASES = {
    "no padding": (3, [0, 0, 0, 0]),
    "padding 1 and 1": (3, [0, 1, 0, 1]),
    "padding 1 and 0": (2, [0, 1, 0, 0]),
}
SEEN = {
    "no padding": ([2, 4, 5.5], [2, 4, 5.5]),
    "padding 1 and 1": ([1, 3, 5, 3], [1, 3, 5, 2]),
    "padding 1 and 0": ([0.5, 2.5, 4.5, 6], [0.5, 2.5, 4.5, 3]),
}
core = openvino.Core()
same = True
for name, (size, pads) in CASES.items():
    node = helper.make_node(
        "AveragePool",
        ["x"],
        ["y"],
        kernel_shape=[1, size],
        strides=[1, 2],
        pads=pads,
        ceil_mode=1,
        count_include_pad=1,
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, "w"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    reference = ReferenceEvaluator(model).run(None, {"x": row})[0].ravel().tolist()
    right = onnxruntime.InferenceSession(data).run(None, {"x": row})[0].ravel().tolist()
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    network = core.compile_model(core.read_model(data), "CPU", options)
    found = network({"x": row})[0].ravel().tolist()
    print(f"{name}: reference", *reference, "| ONNX Runtime", *right, "| OpenVINO", *found)
    same &= reference == right and (right, found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
