#!/usr/bin/env bash
# Until opset 12 ONNX's Softmax and LogSoftmax take all axes from `axis` on together; since opset 13
# they take that one axis. Four readers apply today's rule to yesterday's files:
#
#   onnx 1.23.2          ReferenceEvaluator, which is there to say what is right
#   OpenVINO 2026.4.1    Softmax of opset 11 and 12
#   OpenCV 5.0.0.93      cv2.dnn
#   MNN 3.6.1            LogSoftmax; mnnconvert says "Converted Success!"
#
# One would expect the answer of ONNX Runtime 1.32.0, which heeds the opset. The shape is right, and
# probabilities still sum up to one along an axis, so nothing looks wrong.
#
# Opset 11, axis 1, of [[1 2] [3 4]]. Seen on 2026-11-30 (Python 3.11, x86-64):
#   Softmax      ONNX Runtime, MNN         0.032 0.087 0.237 0.644
#                reference, OpenVINO, OpenCV   0.119 0.119 0.881 0.881
#   LogSoftmax   ONNX Runtime, OpenVINO    -3.44 -2.44 -1.44 -0.44
#                reference, OpenCV, MNN    -2.13 -2.13 -0.13 -0.13
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 opencv-python-headless==5.0.0.93 MNN==3.6.1 numpy==2.4.6
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
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.array([[[1, 2], [3, 4]]], np.float32)
CONVERT = [str(Path(sys.executable).with_name("mnnconvert")), "-f", "ONNX"]
FULL = {"INFERENCE_PRECISION_HINT": "f32"}


def answers(kind):
    """What each makes of the operator."""
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"], axis=1)], "g", tensors[:1], tensors[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    network = cv2.dnn.readNetFromONNX("m.onnx")
    network.setInput(x)
    said = subprocess.run(
        [*CONVERT, "--modelFile", "m.onnx", "--MNNModel", "m.mnn"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Converted Success!" in said
    module = MNN.nn.load_module_from_file("m.mnn", ["x"], ["y"])
    return {
        "ONNX Runtime": onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0],
        "onnx reference": ReferenceEvaluator("m.onnx").run(None, {"x": x})[0],
        "OpenVINO": openvino.Core().compile_model("m.onnx", "CPU", FULL)([x])[0],
        "OpenCV": network.forward(),
        "MNN": np.array(module.forward([expr.const(x, list(x.shape), expr.NCHW)])[0].read()),
    }


right, wrong = [0.032, 0.087, 0.237, 0.644], [0.119, 0.119, 0.881, 0.881]
same = True
for kind, are_right in (("Softmax", ("MNN",)), ("LogSoftmax", ("OpenVINO",))):
    for name, values in answers(kind).items():
        print(kind, name, values.ravel().round(3))
        share = values.ravel() if kind == "Softmax" else np.exp(values.ravel())
        wanted = right if name in ("ONNX Runtime", *are_right) else wrong
        same &= np.allclose(share, wanted, atol=2e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
