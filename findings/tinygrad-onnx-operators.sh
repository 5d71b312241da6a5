#!/usr/bin/env bash
# tinygrad 0.14.0 (an engine that runs ONNX files, tinygrad.nn.onnx.OnnxRunner) computes ten operators otherwise than
# ONNX has them, without a word:
#
#   Conv             SAME_UPPER, 1 x 1, stride 2, an even size: the first row and column are cut off, and every other
#                    pixel is taken from the second on. Residual networks of TensorFlow have such layers beside each
#                    step down
#   Conv             SAME_UPPER and dilations: padded as if the kernel were not dilated
#   ConvTranspose    auto_pad="VALID" cuts the output to input size * stride
#   Resize           with `axes` of one axis: the axis before it is dropped from the sizes, and nothing is resized
#   Upsample         linear: pixels are placed by their centres, not by their corners as in opset 9
#   CenterCropPad    an odd size to a smaller odd one: one pixel too early
#   Split            num_outputs: 7 into 3 are 3 2 2, not 3 3 1
#   Unsqueeze        negative axes are counted before all are put in, not in the output
#   ArgMin           uint8: the least value is sought as the greatest of 256 - x, and 0 stays 0
#   QuantizeLinear   uint8: halves are not rounded to the even number. int8 is right
#   ReduceLogSumExp  exp is not kept from overflowing
#
# One would expect ONNX Runtime 1.32.0's answers, or for the dilated Conv, which that does not run, those of onnx's
# ReferenceEvaluator. (By the text, SAME_UPPER of four pixels gives ceil(4 / 2) = 2. TensorFlow pads by none there.)
# The causes, in nn/onnx.py: `_resolve_pool_pads` does not stop at 0 and leaves out dilations; `_auto_pad` takes VALID
# for SAME; X.shape[2:] in Resize; tx//2 - (s+1)//2; sz // num_outputs; sorted(axes); -x; + 0.4999999 and int().
#
# Seen on 2026-12-01 (Python 3.11, x86-64):      ONNX Runtime, reference         tinygrad
#   Conv 1 x 1, stride 2, of 1 2 3 4             1 3                             2 4
#   Conv 1 10 100, dilations 2, of 1 2 3 4 5     310 420 531 42 53               420 531 42
#   ConvTranspose of 1 2, stride 2               1 10 102 20 200                 10 102 20 200
#   Resize of 1 2 to four                        1 1.25 1.75 2                   1 1 1 1
#   Upsample of 1 2 to four                      1 1.5 2 2                       1 1.25 1.75 2
#   CenterCropPad of 1 2 3 4 5 to three          2 3 4                           1 2 3
#   Split of 1 2 3 4 5 6 7 into three, the last  7                               6 7
#   Unsqueeze of 2 x 3, axes -3 -1               2 x 1 x 3 x 1                   1 x 2 x 3 x 1
#   ArgMin of 0 5 3                              0                               2
#   QuantizeLinear of 0.5 1.5 2.5 3.5 4.5        0 2 2 4 4                       0 1 3 4 5
#   ReduceLogSumExp of 100 0                     100                             inf
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tinygrad==0.14.0 onnx==1.23.2 \
    onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner

KINDS = {np.float32: TensorProto.FLOAT, np.int64: TensorProto.INT64, np.uint8: TensorProto.UINT8}


def floats(*values):
    return np.array(values, np.float32)


def row(*values):
    return floats(*values).reshape(1, 1, 1, -1)


def places(*values):
    return np.array(values, np.int64)


def answer(values):
    return np.round(values, 2).ravel().tolist()


COMBED = {"w": row(1, 10, 100)}
STRIDE = {"strides": [1, 2]}
UPPER = {"auto_pad": "SAME_UPPER"}
CASES = {  # operator, opset, the input, its constants, its attributes, the answers of both
    "Conv, stride": ("Conv", 17, row(1, 2, 3, 4), {"w": row(1)}, STRIDE | UPPER, [1, 3], [2, 4]),
    "Conv, dilations": (
        "Conv",
        17,
        row(1, 2, 3, 4, 5),
        COMBED,
        {"dilations": [1, 2], **UPPER},
        [310, 420, 531, 42, 53],
        [420, 531, 42],
    ),
    "ConvTranspose": (
        "ConvTranspose",
        17,
        row(1, 2),
        COMBED,
        {"auto_pad": "VALID", **STRIDE},
        [1, 10, 102, 20, 200],
        [10, 102, 20, 200],
    ),
    "Resize": (
        "Resize",
        18,
        row(1, 2),
        {"": None, " ": None, "s": places(4)},
        {"axes": [3], "mode": "linear"},
        [1, 1.25, 1.75, 2],
        [1, 1, 1, 1],
    ),
    "Upsample": (
        "Upsample",
        9,
        row(1, 2),
        {"s": floats(1, 1, 1, 2)},
        {"mode": "linear"},
        [1, 1.5, 2, 2],
        [1, 1.25, 1.75, 2],
    ),
    "CenterCropPad": ("CenterCropPad", 18, floats(1, 2, 3, 4, 5), {"s": places(3)}, {}, [2, 3, 4], [1, 2, 3]),
    "Split": ("Split", 18, floats(1, 2, 3, 4, 5, 6, 7), {}, {"num_outputs": 3}, [7], [6, 7]),
    "Unsqueeze": (
        "Unsqueeze",
        17,
        np.ones((2, 3), np.float32),
        {"axes": places(-3, -1)},
        {},
        [2, 1, 3, 1],
        [1, 2, 3, 1],
    ),
    "ArgMin": ("ArgMin", 17, np.array([0, 5, 3], np.uint8), {}, {}, [0], [2]),
    "QuantizeLinear": (
        "QuantizeLinear",
        17,
        floats(0.5, 1.5, 2.5, 3.5, 4.5),
        {"s": np.float32(1), "z": np.uint8(0)},
        {},
        [0, 2, 2, 4, 4],
        [0, 1, 3, 4, 5],
    ),
    "ReduceLogSumExp": ("ReduceLogSumExp", 17, floats(100, 0), {}, {}, [100], [np.inf]),
}
given_types = {"ArgMin": TensorProto.INT64, "QuantizeLinear": TensorProto.UINT8}
same = True
for name, (kind, opset, x, constants, options, right, wrong) in CASES.items():
    outputs = [f"y{number}" for number in range(options.get("num_outputs", 1))]
    taken = helper.make_tensor_value_info("x", KINDS[x.dtype.type], x.shape)
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *(key.strip() for key in constants)], outputs, **options)],
        "g",
        [taken],
        [helper.make_tensor_value_info(each, given_types.get(kind, TensorProto.FLOAT), None) for each in outputs],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items() if value is not None],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "network.onnx")
    if name == "Conv, dilations":
        expected = ReferenceEvaluator(model).run(None, {"x": x})[-1]
    else:
        expected = onnxruntime.InferenceSession("network.onnx").run(None, {"x": x})[-1]
    found = OnnxRunner("network.onnx")({"x": Tensor(x)})[outputs[-1]].numpy()
    if kind == "Unsqueeze":
        expected, found = list(expected.shape), list(found.shape)
    else:
        expected, found = answer(expected), answer(found)
    print(f"{name}: expected", *expected, "| tinygrad", *found)
    same &= (expected, found) == (right, wrong)
sys.exit(not same)
PY
cd "$work" && DEV=PYTHON ./venv/bin/python try.py
