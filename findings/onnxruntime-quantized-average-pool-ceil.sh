#!/usr/bin/env bash
# ONNX Runtime 1.32.0: an average pool with ceil_mode=1 and count_include_pad=1 divides by another number
# once it is quantized. PyTorch's AvgPool2d(..., ceil_mode=True) is exported so: it counts padding by
# default. No padding need be there.
#
# With ceil_mode the last window may reach beyond the picture. What lies outside is no padding, and is not
# counted: ONNX's reference has it so, as have PyTorch and ONNX Runtime's own AveragePool of
# floats. The fused QLinearAveragePool (qlinear_pool.cc) divides by the whole kernel.
#
# The last column and row come out too small, by a factor of up to the kernel's size. One would expect the answer
# of the float network, or of the same file with the graph's optimizations off.
#
# A row of 1 to 8, a pool of 3, stride 3; scale 1/8, so nothing is lost by rounding.
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   float                               2 5 7.5
#   8 bits, ORT_DISABLE_ALL             2 5 7.5
#   8 bits, ORT_ENABLE_ALL (default)    2 5 5
#   8 bits, onnx's ReferenceEvaluator   2 5 7.5
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

row = np.arange(1, 9, dtype=np.float32).reshape(1, 1, 1, 8)
node = helper.make_node
pool = {"kernel_shape": [1, 3], "strides": [1, 3], "ceil_mode": 1, "count_include_pad": 1}
NODES = {
    "float": [node("AveragePool", ["x"], ["y"], **pool)],
    "8 bits": [
        node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        node("AveragePool", ["d"], ["e"], **pool),
        node("QuantizeLinear", ["e", "scale", "zero"], ["r"]),
        node("DequantizeLinear", ["r", "scale", "zero"], ["y"]),
    ],
}
SEEN = {
    "float, ORT_ENABLE_ALL": [2, 5, 7.5],
    "8 bits, ORT_DISABLE_ALL": [2, 5, 7.5],
    "8 bits, ORT_ENABLE_ALL": [2, 5, 5],
    "8 bits, reference": [2, 5, 7.5],
}


def infer(file, level):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # a warning that the float network needs no scale
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": row})[0].ravel().tolist()


for name, nodes in NODES.items():
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 3])],
        [
            numpy_helper.from_array(np.float32(0.125), "scale"),
            numpy_helper.from_array(np.uint8(0), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, f"{name}.onnx")
found = {
    "float, ORT_ENABLE_ALL": infer("float.onnx", "ORT_ENABLE_ALL"),
    "8 bits, ORT_DISABLE_ALL": infer("8 bits.onnx", "ORT_DISABLE_ALL"),
    "8 bits, ORT_ENABLE_ALL": infer("8 bits.onnx", "ORT_ENABLE_ALL"),
    "8 bits, reference": ReferenceEvaluator("8 bits.onnx").run(None, {"x": row})[0].ravel().tolist(),
}
for name, values in found.items():
    print(f"{name}:", *values)
sys.exit(found != SEEN)
PY
cd "$work" && ./venv/bin/python try.py
