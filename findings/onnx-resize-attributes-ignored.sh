#!/usr/bin/env bash
# Two engines take ONNX files whose Resize has an attribute that they do not heed, without a word:
#
#   OpenVINO 2026.4.1   exclude_outside=1          cubic: pixels outside the picture count as those of its edge
#                       keep_aspect_ratio_policy   not_larger and not_smaller: the picture is stretched to both sizes,
#                                                  so it has another shape than the standard's
#   OpenCV 5.0.0.93     half_pixel_symmetric       is taken as asymmetric: the picture is moved (cv2.dnn)
#
# tf2onnx writes exclude_outside for TensorFlow's bicubic. not_larger is there to fit a slice into the network's input.
# One would expect the answers of ONNX Runtime 1.32.0, tract 0.23.9 and onnx's own reference, or an error:
# OpenVINO does say of half_pixel_symmetric and of tf_crop_and_resize that it cannot convert them.
#
# Two rows of 0 8 0 0 made larger, the first row of what comes out. Seen on 2026-11-30 (Python 3.11, x86-64):
#   exclude_outside        the standard 4 x 8    -0.71 1.69 6.78 6.94 1.81 -0.55
#                          OpenVINO     4 x 8    -0.56 1.81 6.94 6.94 1.81 -0.56
#   not_larger, 4 x 20     the standard 4 x 8    0 2 6 6 2 0
#                          OpenVINO     4 x 20   0 0 0 1.6 3.2 4.8
#   not_smaller, 2 x 8     the standard 4 x 8
#                          OpenVINO     2 x 8
#   half_pixel_symmetric   the standard 4 x 8    0 2 6 6 2 0
#                          OpenCV       4 x 8    0 4 8 4 0 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 opencv-python-headless==5.0.0.93 tract==0.23.9 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
import openvino
import tract
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

x = np.array([[[[0, 8, 0, 0], [0, 8, 0, 0]]]], np.float32)
CUBIC = {"mode": "cubic", "cubic_coeff_a": -0.5}
FIT = {"mode": "linear", "axes": [2, 3]}
CASES = {  # sizes or scales, attributes, the shape by the standard
    "exclude_outside": ("scales", [1, 1, 2, 2], {**CUBIC, "exclude_outside": 1}, (4, 8)),
    "not_larger": ("sizes", [4, 20], {**FIT, "keep_aspect_ratio_policy": "not_larger"}, (4, 8)),
    "not_smaller": ("sizes", [2, 8], {**FIT, "keep_aspect_ratio_policy": "not_smaller"}, (4, 8)),
    "half_pixel_symmetric": (
        "scales",
        [1, 1, 2, 2],
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel_symmetric"},
        (4, 8),
    ),
}
WRONG = {
    "exclude_outside": ("OpenVINO",),
    "not_larger": ("OpenVINO",),
    "not_smaller": ("OpenVINO",),
    "half_pixel_symmetric": ("OpenCV",),
}


def model(kind, values, attributes, shape):
    values = np.array(values, np.float32 if kind == "scales" else np.int64)
    inputs = ["x", "", "v"] if kind == "scales" else ["x", "", "", "v"]
    graph = helper.make_graph(
        [helper.make_node("Resize", inputs, ["y"], **attributes)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, *shape])],
        [numpy_helper.from_array(values, "v")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, "m.onnx")
    return made


def by_opencv():
    network = cv2.dnn.readNetFromONNX("m.onnx")
    network.setInput(x)
    return network.forward()


full = {"INFERENCE_PRECISION_HINT": "f32"}
same = True
for name, case in CASES.items():
    made = model(*case)
    engines = {
        "ONNX Runtime": lambda: onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0],
        "tract": lambda: tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy(),
        "OpenVINO": lambda: openvino.Core().compile_model("m.onnx", "CPU", full)([x])[0],
        "OpenCV": by_opencv,
    }
    right = ReferenceEvaluator(made).run(None, {"x": x})[0]
    assert right.shape[2:] == case[3]
    print(f"{name}: reference {right.shape[2:]}", *right[0, 0, 0, :6].round(2))
    found_wrong = []
    for engine, run in engines.items():
        try:
            found = run()
        except Exception:  # an error is what one would expect; the kinds differ
            print(f"  {engine}: an error")
            continue
        print(f"  {engine} {found.shape[2:]}", *found[0, 0, 0, :6].round(2))
        if found.shape != right.shape or not np.allclose(found, right, atol=0.02):
            found_wrong.append(engine)
    same &= tuple(found_wrong) == WRONG[name]
sys.exit(not same)
PY
cd "$work" && OPENCV_LOG_LEVEL=SILENT ./venv/bin/python try.py
