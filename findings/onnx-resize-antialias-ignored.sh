#!/usr/bin/env bash
# ONNX's Resize can smooth before it makes a picture smaller (antialias=1, since opset 18). Three engines
# take such files and do not smooth, without a word:
#
#   OpenVINO 2026.4.1
#   OpenCV 5.0.0.93   cv2.dnn
#   MNN 3.6.1         mnnconvert says "Converted Success!"
#
# One would expect what ONNX Runtime 1.32.0 and tract 0.23.9 give, or an error. A scan that is made
# smaller within the network gets other pixels.
#
# Two columns of 12 are bright; the row is made four times smaller. Seen on 2026-11-30 (Python 3.11,
# x86-64):
#   ONNX Runtime, tract        0 3.75 1.25
#   OpenVINO, MNN, OpenCV      0 5 0
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 opencv-python-headless==5.0.0.93 MNN==3.6.1 tract==0.23.9 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import cv2
import MNN.expr as expr
import MNN.nn
import numpy as np
import onnx
import onnxruntime
import openvino
import tract
from onnx import TensorProto, helper, numpy_helper

x = np.zeros((1, 1, 8, 12), np.float32)
x[..., 6:8] = 10
node = helper.make_node("Resize", ["x", "", "s"], ["y"], mode="linear", antialias=1)
graph = helper.make_graph(
    [node],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 8, 3])],
    [numpy_helper.from_array(np.array([1, 1, 1, 0.25], np.float32), "s")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, "m.onnx")
network = cv2.dnn.readNetFromONNX("m.onnx")
network.setInput(x)
convert = [str(Path(sys.executable).with_name("mnnconvert")), "-f", "ONNX"]
said = subprocess.run(
    [*convert, "--modelFile", "m.onnx", "--MNNModel", "m.mnn"],
    check=True,
    capture_output=True,
    text=True,
).stdout
assert "Converted Success!" in said
module = MNN.nn.load_module_from_file("m.mnn", ["x"], ["y"])
by_mnn = module.forward([expr.const(x, list(x.shape), expr.NCHW)])[0]
if by_mnn.data_format == expr.NC4HW4:
    by_mnn = expr.convert(by_mnn, expr.NCHW)
full = {"INFERENCE_PRECISION_HINT": "f32"}
found = {
    "ONNX Runtime": onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0],
    "tract": tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy(),
    "OpenVINO": openvino.Core().compile_model("m.onnx", "CPU", full)([x])[0],
    "OpenCV": network.forward(),
    "MNN": np.array(by_mnn.read()),
}
same = True
for name, values in found.items():
    row = values[0, 0, 4]
    print(name, row.round(2))
    smoothed = name in ("ONNX Runtime", "tract")
    same &= np.allclose(row, [0, 3.75, 1.25] if smoothed else [0, 5, 0], atol=0.02)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
