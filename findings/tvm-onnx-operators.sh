#!/usr/bin/env bash
# Apache TVM 0.27.0.post1 (a compiler of networks for small devices): `relax.frontend.onnx.from_onnx` takes ONNX files
# and computes something else for five operators, without a word:
#   LayerNormalization   its outputs Mean and InvStdDev are 0, and have no axes
#   RoiAlign             half_pixel takes 0.5 off before the boxes are scaled, and not after it (spatial_scale)
#   IsInf                detect_negative and detect_positive are not looked at
#   ConvTranspose        output_shape is not looked at: the output has another shape ("remains unsupported", pull 19450)
#   Resize               neither are antialias, keep_aspect_ratio_policy, a scale of the channels, and `scales` for the
#                        places of pixels, which it takes from the sizes before and after (issue 19570, open)
# One would expect the answers of ONNX Runtime 1.32.0 and by hand, or an error: a Resize with "half_pixel_symmetric" or
# a TopK with sorted=0 get one. The causes, in onnx_frontend.py: `_impl_v10` of IsInf hands on inputs[0] alone;
# LayerNormalization's two outputs are placeholders; RoiAlign adds -0.5 to the boxes, which are scaled afterwards.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):                ONNX Runtime          TVM
#   LayerNormalization, Mean and InvStdDev of 1 2 3 4      2.5 0.8944            0 0
#   RoiAlign, box 2 2 6 6, scale 0.5, of rows 0 1 2 3 ..   5 6 9 10              6.25 7.25 10.25 11.25
#   IsInf, detect_negative=0, of -inf 1 inf                0 0 1                 1 0 1
#   ConvTranspose, 1 10 100, output_shape 6, of 1 2 3      10 102 20 203 30 300  1 10 102 20 203 30 300
#   Resize, antialias, 8 to 2, of a 9 among zeros          1.406 0.8438          0 0
#   Resize, scale 0.5, of 0 1 2 3 4                        0.5 2.5               0.75 3.25
#   Resize, not_larger, 4 x 4 to 2 x 3                     2 x 2: 0 2 8 10       2 x 3: 0 1 3 8 9 11
#   Resize, channels 1 2, each twice                       1 1 2 2               1 2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check apache-tvm==0.27.0.post1 apache-tvm-ffi==0.1.15.post2 \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import tvm
from onnx import TensorProto, helper, numpy_helper
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

INFINITY = float("inf")


def floats(*values):
    return np.array(values, np.float32)


def numbers(*values):
    return np.array(values, np.int64)


def by_onnx_runtime(model, x):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})


def by_tvm(model, x):
    module = relax.transform.LegalizeOps()(from_onnx(model))
    machine = relax.VirtualMachine(tvm.compile(module, target="llvm"), tvm.cpu())
    found = machine["main"](tvm.runtime.tensor(x))
    return [each.numpy() for each in ([found] if hasattr(found, "numpy") else found)]


LEFT_OUT = {"scales": [""], "sizes": ["", ""]}  # inputs before these
CASES = {  # operator, x, other inputs, attributes, types of the outputs, right, TVM's
    "LayerNormalization, Mean and InvStdDev": (
        "LayerNormalization",
        floats(1, 2, 3, 4).reshape(1, 4),
        {"scale": floats(1, 1, 1, 1)},
        {},
        (1, 1, 1),
        (floats(2.5), floats(1.25**-0.5)),
        (floats(0), floats(0)),
    ),
    "RoiAlign": (
        "RoiAlign",
        np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4),
        {"boxes": floats(2, 2, 6, 6).reshape(1, 4), "batch": numbers(0)},
        {"spatial_scale": 0.5, "sampling_ratio": 1, "output_height": 2, "output_width": 2},
        (1,),
        (floats(5, 6, 9, 10),),
        (floats(6.25, 7.25, 10.25, 11.25),),
    ),
    "IsInf, detect_negative=0": (
        "IsInf",
        floats(-INFINITY, 1, INFINITY),
        {},
        {"detect_negative": 0},
        (9,),
        (floats(0, 0, 1),),
        (floats(1, 0, 1),),
    ),
    "ConvTranspose, output_shape": (
        "ConvTranspose",
        floats(1, 2, 3).reshape(1, 1, 3),
        {"weights": floats(1, 10, 100).reshape(1, 1, 3)},
        {"strides": [2], "output_shape": [6]},
        (1,),
        (floats(10, 102, 20, 203, 30, 300),),
        (floats(1, 10, 102, 20, 203, 30, 300),),
    ),
    "Resize, antialias": (
        "Resize",
        floats(0, 0, 0, 9, 0, 0, 0, 0).reshape(1, 1, 1, 8),
        {"scales": floats(1, 1, 1, 0.25)},
        {"mode": "linear", "antialias": 1},
        (1,),
        (floats(9 * 0.625 / 4, 9 * 0.375 / 4),),
        (floats(0, 0),),
    ),
    "Resize, scale 0.5": (
        "Resize",
        floats(0, 1, 2, 3, 4).reshape(1, 1, 1, 5),
        {"scales": floats(1, 1, 1, 0.5)},
        {"mode": "linear"},
        (1,),
        (floats(0.5, 2.5),),
        (floats(0.75, 3.25),),
    ),
    "Resize, not_larger": (
        "Resize",
        np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4),
        {"sizes": numbers(1, 1, 2, 3)},
        {"mode": "nearest", "keep_aspect_ratio_policy": "not_larger"},
        (1,),
        (floats(0, 2, 8, 10),),
        (floats(0, 1, 3, 8, 9, 11),),
    ),
    "Resize, channels": (
        "Resize",
        floats(1, 2).reshape(1, 2, 1, 1),
        {"scales": floats(1, 2, 1, 1)},
        {"mode": "nearest"},
        (1,),
        (floats(1, 1, 2, 2),),
        (floats(1, 2),),
    ),
}
same = True
for name, (kind, x, constants, attributes, outputs, right, wrong) in CASES.items():
    names = [f"y{index}" for index in range(len(outputs))]
    inputs = ["x"]
    for each in constants:
        inputs += [*LEFT_OUT.get(each, []), each]
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, names, **attributes)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info(each, number, None) for each, number in zip(names, outputs, strict=True)],
        [numpy_helper.from_array(array, each) for each, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    onnx.checker.check_model(model, full_check=True)
    for engine, function, wanted in (("ONNX Runtime", by_onnx_runtime, right), ("TVM", by_tvm, wrong)):
        found = [each.astype(float).ravel() for each in function(model, x)[-len(wanted) :]]
        print(f"{name}: {engine}", *(value for each in found for value in each.round(4)))
        for one, other in zip(found, wanted, strict=True):
            same &= one.shape == other.shape and np.allclose(one, other, atol=1e-4)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
