#!/usr/bin/env bash
# onnx2torch 1.5.15 (ONNX to PyTorch) returns another network for ten operators, without a word:
#
#   CumSum               without `reverse` it runs from the end. ONNX's default is from the start
#   ReduceMax, Min, Prod over the axes -2 and -1, keepdims=0: the second is counted once the first is gone. Not the
#                        greatest value of each picture comes back, but that of each column, over the whole batch
#   Squeeze, Unsqueeze   of two negative axes: likewise. What stands behind the pooling of a network keeps an axis
#   PRelu                one slope for each column (its shape is that of the last axis) is one for each channel where
#                        there are as many
#   IsInf                detect_negative=0 is not looked at
#   NonMaxSuppression    a box may be given by any two opposite corners. One whose corners are the other way round has
#                        an area below 0, and is never suppressed
#   Pow                  whole numbers with a float exponent: the output is float, and not whole numbers
#
# One would expect the answers of ONNX Runtime 1.32.0, or an error: auto_pad SAME and DepthToSpace DCR get one. The
# causes, in node_converters: node_attributes.get('reverse', 1); `sorted(axes)`, then `axis - passed_dims` of axes that
# count from the end; slope.shape[0] == input_tensor.shape[1]; torch.isinf; torchvision.ops.nms, which asks for
# x1 < x2 and y1 < y2; torch.pow.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):         ONNX Runtime                 onnx2torch
#   CumSum of 1 2 3 4                               1 3 6 10                     10 9 7 4
#   ReduceMax of two 2 x 2, 1 to 8                  4 8                          7 8
#   ReduceMin                                       1 5                          1 2
#   ReduceProd                                      24 1680                      105 384
#   the same, axes 1 2: ReduceMax                   4 8                          4 8
#   Squeeze of 1 x 3 x 1 x 1, axes -2 -1            1 x 3                        1 x 3 x 1
#   Unsqueeze of 2 x 3, axes -2 -1                  2 x 3 x 1 x 1                2 x 1 x 3 x 1
#   PRelu of two channels 1 x 2, -1, slopes 1 10    -1 -10 -1 -10                -1 -1 -10 -10
#   IsInf of -inf 0 inf                             0 0 1                        1 0 1
#   NonMaxSuppression, two boxes alike              the first                    both
#   Pow of 3, 0.5                                   1                            1.73
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx2torch==1.5.15 torch==2.14.1 \
    torchvision==0.29.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx2torch import convert

KINDS = {
    np.float32: TensorProto.FLOAT,
    np.int64: TensorProto.INT64,
    np.bool_: TensorProto.BOOL,
}


def floats(*values):
    return np.array(values, np.float32)


def places(*values):
    return np.array(values, np.int64)


pictures = floats(1, 2, 3, 4, 5, 6, 7, 8).reshape(2, 2, 2)
LAST = {"axes": [-2, -1], "keepdims": 0}
pooled, flat = np.ones((1, 3, 1, 1), np.float32), np.ones((2, 3), np.float32)
below = np.full((1, 2, 1, 2), -1, np.float32)
boxes = floats([0, 0, 10, 10], [10, 10, 0, 0]).reshape(1, 2, 4)
scores = floats(0.9, 0.8).reshape(1, 1, 2)
CASES = {  # operator, the input, its constants, its attributes, the answers of both
    "CumSum": ("CumSum", floats(1, 2, 3, 4), [places(0)], {}, [1, 3, 6, 10], [10, 9, 7, 4]),
    "ReduceMax": ("ReduceMax", pictures, [], LAST, [4, 8], [7, 8]),
    "ReduceMin": ("ReduceMin", pictures, [], LAST, [1, 5], [1, 2]),
    "ReduceProd": ("ReduceProd", pictures, [], LAST, [24, 1680], [105, 384]),
    "ReduceMax, 1 2": ("ReduceMax", pictures, [], {"axes": [1, 2], "keepdims": 0}, [4, 8], [4, 8]),
    "Squeeze": ("Squeeze", pooled, [places(-2, -1)], {}, [1, 3], [1, 3, 1]),
    "Unsqueeze": ("Unsqueeze", flat, [places(-2, -1)], {}, [2, 3, 1, 1], [2, 1, 3, 1]),
    "PRelu": ("PRelu", below, [floats(1, 10)], {}, [-1, -10, -1, -10], [-1, -1, -10, -10]),
    "IsInf": (
        "IsInf",
        floats(-np.inf, 0, np.inf),
        [],
        {"detect_negative": 0},
        [0, 0, 1],
        [1, 0, 1],
    ),
    "NonMaxSuppression": (
        "NonMaxSuppression",
        boxes,
        [scores, places(2), floats(0.5)],
        {},
        [0, 0, 0],
        [0, 0, 0, 0, 0, 1],
    ),
    "Pow": ("Pow", places(3), [floats(0.5)], {}, [1], [1.73]),
}
GIVEN = {
    "IsInf": TensorProto.BOOL,
    "NonMaxSuppression": TensorProto.INT64,
    "Pow": TensorProto.INT64,
}
same = True
for name, (kind, x, constants, options, right, wrong) in CASES.items():
    graph = helper.make_graph(
        [
            helper.make_node(
                kind, ["x", *(f"c{i}" for i in range(len(constants)))], ["y"], **options
            )
        ],
        "g",
        [helper.make_tensor_value_info("x", KINDS[x.dtype.type], x.shape)],
        [helper.make_tensor_value_info("y", GIVEN.get(kind, TensorProto.FLOAT), None)],
        [
            numpy_helper.from_array(value.reshape(()) if kind == "CumSum" else value, f"c{i}")
            for i, value in enumerate(constants)
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = convert(model).eval()(torch.tensor(x)).numpy()
    assert not [each for each in said if "onnx2torch" in each.filename]
    if kind in ("Squeeze", "Unsqueeze"):
        expected, found = list(expected.shape), list(found.shape)
    else:
        expected, found = (
            np.round(each.astype(float), 2).ravel().tolist() for each in (expected, found)
        )
    print(f"{name}: expected", *expected, "| onnx2torch", *found)
    same &= (expected, found) == (right, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
