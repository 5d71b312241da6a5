#!/usr/bin/env bash
# OpenCV and three engines take the bytes of a big-endian NumPy array (type >f4) as if they were
# little-endian, without an error: OpenCV 5.0.0.93, ONNX Runtime 1.32.0, OpenVINO 2026.4.1, ncnn 1.0.20261020.
#
# Such arrays are what readers return. FreeSurfer's .mgz files are always big-endian, and nibabel's
# np.asarray(image.dataobj) of these, or of a big-endian NIfTI, stays so. NumPy, SciPy and scikit-image compute
# with them as with any others, and np.ascontiguousarray keeps their order.
#
# One would expect the same answer for equal arrays, or an error, as ONNX Runtime raises one for float64 and
# for int64. OpenVINO is right where it is given the array itself, and wrong by way of openvino.Tensor.
# The cause in ONNX Runtime and OpenCV: CreateTensor (onnxruntime_pybind_mlvalue.cc) and pyopencv_to
# (cv2_convert.cpp) ask for PyArray_TYPE, which is the same for both orders, and then use the memory as it is.
#
# 1, 2 and 3 as int32 (ncnn: float32). Seen on 2026-11-30 (Python 3.11, x86-64), "<" little, ">" big:
#   OpenCV, add 0: < 1 2 3 | > 16777216 33554432 50331648
#   ONNX Runtime: < 1 2 3 | > 16777216 33554432 50331648
#   OpenVINO, array: < 1 2 3 | > 1 2 3
#   OpenVINO, Tensor: < 1 2 3 | > 16777216 33554432 50331648
#   ncnn: < 1 2 3 | > 4.6e-41 9.0e-44 2.3e-41
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 ncnn==1.0.20261020 opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import ncnn
import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper

graph = helper.make_graph(
    [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.INT32, [3])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
data = model.SerializeToString()
session = onnxruntime.InferenceSession(data)
core = openvino.Core()
network = core.compile_model(core.read_model(data), "CPU")

little = np.array([1, 2, 3], "<i4")
big = little.astype(">i4")
assert (little == big).all()


def floats(values):
    return values.astype(values.dtype.str.replace("i", "f"))


FLOATS = np.array([1, 2, 3], ">f4").view("<f4").tolist()
ENGINES = {
    "OpenCV, add 0": lambda x: cv2.add(x[None], 0).ravel(),
    "ONNX Runtime": lambda x: session.run(None, {"x": x})[0],
    "OpenVINO, array": lambda x: network({"x": x})[0],
    "OpenVINO, Tensor": lambda x: network({"x": openvino.Tensor(x)})[0],
    "ncnn": lambda x: np.array(ncnn.Mat(floats(x)).clone()),
}
SEEN = {
    "OpenCV, add 0": [16777216, 33554432, 50331648],
    "ONNX Runtime": [16777216, 33554432, 50331648],
    "OpenVINO, array": [1, 2, 3],
    "OpenVINO, Tensor": [16777216, 33554432, 50331648],
    "ncnn": FLOATS,
}
same = True
for name, run in ENGINES.items():
    right, found = run(little).tolist(), run(big).tolist()
    print(f"{name}: <", *right, "| >", *found)
    same &= right == [1, 2, 3] and found == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
