#!/usr/bin/env bash
# One int8 ONNX file, two answers: ONNX Runtime 1.32.0 and OpenVINO 2026.4.1 add products of 8 bits up
# in 16 on x86 processors without VNNI, and cut off what does not fit. No error, no warning.
#
# One would expect the processor to change how long an int8 convolution takes, and its last digit at
# most. Here its answer is halved. With `session.x64quantprecision` 1 (ONNX Runtime) or
# `LP_TRANSFORMS_MODE` NO (OpenVINO) it is right. So a file that was proven on a new workstation can
# answer otherwise on an old PC.
#
# The network: a convolution of the largest weights over a white picture, whose answer is 1.
# Seen on 2026-11-29 (Python 3.11, x86-64: AMD EPYC with AVX2, no VNNI):
#   ONNX Runtime: 0.5059, told to be precise: 1.0000
#   OpenVINO: 0.5059, told to be precise: 1.0000
# Exit status 0: still so, or the processor has VNNI and cannot show it. 1: it behaves otherwise now.
set -euo pipefail
if [ "$(uname -m)" != x86_64 ] || grep -qE 'avx512_vnni|avx_vnni|amx_int8' /proc/cpuinfo; then
    echo "this processor adds in 32 bits: run it on an x86 one without VNNI"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 \
    openvino==2026.4.1 onnx==1.23.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, checker, helper, numpy_helper

FILTERS, CHANNELS, SIDE = 16, 6, 16
arrays = {
    "step": np.float32(1),
    "fine": np.float32(1 / 255),
    "zero": np.uint8(0),
    "weights": np.full((FILTERS, CHANNELS, 3, 3), 127, np.int8),
    "scales": np.full(FILTERS, 1 / (127 * 9 * CHANNELS * 255), np.float32),
    "zeros": np.zeros(FILTERS, np.int8),
}
nodes = [
    helper.make_node("QuantizeLinear", ["picture", "step", "zero"], ["q"]),
    helper.make_node("DequantizeLinear", ["q", "step", "zero"], ["x"]),
    helper.make_node("DequantizeLinear", ["weights", "scales", "zeros"], ["w"], axis=0),
    helper.make_node("Conv", ["x", "w"], ["y"]),
    helper.make_node("QuantizeLinear", ["y", "fine", "zero"], ["yq"]),
    helper.make_node("DequantizeLinear", ["yq", "fine", "zero"], ["z"]),
    helper.make_node("GlobalAveragePool", ["z"], ["answer"]),
]
graph = helper.make_graph(
    nodes,
    "sums",
    [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, CHANNELS, SIDE, SIDE])],
    [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, FILTERS, 1, 1])],
    [numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
checker.check_model(model)
payload = model.SerializeToString()
white = np.full((1, CHANNELS, SIDE, SIDE), 255, np.float32)


def by_onnxruntime(precise: bool) -> float:
    options = onnxruntime.SessionOptions()
    if precise:
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
    return float(session.run(None, {"picture": white})[0].ravel()[0])


def by_openvino(precise: bool) -> float:
    core = openvino.Core()
    told = {"INFERENCE_PRECISION_HINT": "f32"} | ({"LP_TRANSFORMS_MODE": "NO"} if precise else {})
    compiled = core.compile_model(core.read_model(payload), "CPU", told)
    return float(np.ravel(compiled([white])[0])[0])


same = True
for name, ask in (("ONNX Runtime", by_onnxruntime), ("OpenVINO", by_openvino)):
    plain, precise = ask(False), ask(True)
    print(f"{name}: {plain:.4f}, told to be precise: {precise:.4f}")
    same &= abs(plain - 0.5059) < 0.01 and abs(precise - 1) < 0.01
sys.exit(not same)
PY
"$work/venv/bin/python" "$work/try.py"
