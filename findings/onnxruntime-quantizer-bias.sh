#!/usr/bin/env bash
# ONNX Runtime 1.32.0: static quantization gives two kinds of layers another bias. No warning is given.
#
#   Gemm with beta    ONNX: y = alpha A B + beta C. The bias C is stored divided by beta, not times beta
#                     (quantize_bias_static_impl: the scale is times beta), and beta is set to 1. Both
#                     formats come to A B + C / beta.
#   shared bias       two convolutions that use one bias tensor (shared heads, or a file from which a tool
#                     took duplicates out). QOperator stores it once, at the scale of the first. The second
#                     multiplies the same integers by its own scale. QDQ makes a second copy.
#
# One would expect the float network's answer, to within a step of 8 bits. Calibrated on the input itself.
#
# Gemm: x + 3 * 2 for x = 0 1 2. Shared bias: (x + 1) + (8 x + 1) for x = 0 0.5 1.
# Seen on 2026-11-30 (Python 3.11, x86-64), rounded:
#   Gemm with beta, float   6 7 8      QDQ 0.75 1.75 2.75     QOperator 0.75 1.75 2.75
#   shared bias, float      2 6.5 11   QDQ 2 6.5 11           QOperator 9 10.5 11
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    sympy==1.14.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import logging
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

logging.disable(logging.WARNING)  # advice to optimize the file before
node = helper.make_node
NETWORKS = {
    "Gemm with beta": (
        [node("Gemm", ["x", "one", "two"], ["y"], name="gemm", beta=3.0)],
        {"one": np.ones((1, 1), np.float32), "two": np.full(1, 2, np.float32)},
        np.array([[0], [1], [2]], np.float32),
    ),
    "shared bias": (
        [
            node("Conv", ["x", "one", "bias"], ["a"], name="first"),
            node("Conv", ["x", "eight", "bias"], ["b"], name="second"),
            node("Add", ["a", "b"], ["y"], name="sum"),
        ],
        {
            "one": np.ones((1, 1, 1, 1), np.float32),
            "eight": np.full((1, 1, 1, 1), 8, np.float32),
            "bias": np.ones(1, np.float32),
        },
        np.array([0, 0.5, 1], np.float32).reshape(1, 1, 1, 3),
    ),
}
SEEN = {
    "Gemm with beta": ([6, 7, 8], [0.75, 1.75, 2.75], [0.75, 1.75, 2.75]),
    "shared bias": ([2, 6.5, 11], [2, 6.5, 11], [9, 10.5, 11]),
}


class Once(CalibrationDataReader):
    def __init__(self, values):
        self.rows = iter([{"x": values}])

    def get_next(self):
        return next(self.rows, None)


same = True
for name, (nodes, weights, x) in NETWORKS.items():
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "float.onnx")
    files = {"float": "float.onnx"}
    for kind in (QuantFormat.QDQ, QuantFormat.QOperator):
        files[kind.name] = f"{kind.name}.onnx"
        quantize_static("float.onnx", files[kind.name], Once(x), quant_format=kind)
    found = []
    for kind, file in files.items():
        out = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"x": x})
        found.append((np.round(out[0].ravel() * 4) / 4).tolist())
        print(f"{name}, {kind}:", *found[-1])
    same &= tuple(found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
