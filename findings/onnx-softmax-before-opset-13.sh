#!/usr/bin/env bash
# Until opset 12 ONNX's Softmax, LogSoftmax and Hardmax take all axes from `axis` on together; since
# opset 13 they take that one axis. Three readers apply today's rule to yesterday's files:
#
#   onnx 1.23.2          ReferenceEvaluator, which is there to say what is right
#   OpenCV 5.0.0.93      cv2.dnn
#   MNN 3.6.1            mnnconvert, which says "Converted Success!" (LogSoftmax)
#
# One would expect the answer of ONNX Runtime 1.32.0, which heeds the opset. The shape is right, and
# probabilities still sum up to one along an axis, so nothing looks wrong.
#
# LogSoftmax, opset 11, axis 1, of [[1 2] [3 4]]. Seen on 2026-11-30 (Python 3.11, x86-64):
#   ONNX Runtime   -3.44 -2.44 -1.44 -0.44
#   the others     -2.13 -2.13 -0.13 -0.13
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    opencv-python-headless==5.0.0.93 MNN==3.6.1 numpy==2.4.6
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
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.array([[[[1, 2], [3, 4]]]], np.float32)[0]
tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
graph = helper.make_graph(
    [helper.make_node("LogSoftmax", ["x"], ["y"], axis=1)], "g", tensors[:1], tensors[1:]
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
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
found = {
    "ONNX Runtime": onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0],
    "onnx reference": ReferenceEvaluator("m.onnx").run(None, {"x": x})[0],
    "OpenCV": network.forward(),
    "MNN": np.array(module.forward([expr.const(x, list(x.shape), expr.NCHW)])[0].read()),
}
right, wrong = [-3.44, -2.44, -1.44, -0.44], [-2.127, -2.127, -0.127, -0.127]
same = True
for name, values in found.items():
    print(name, values.ravel().round(3))
    same &= np.allclose(values.ravel(), right if name == "ONNX Runtime" else wrong, atol=1e-2)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
