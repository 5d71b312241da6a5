#!/usr/bin/env bash
# MNN 3.6.1: mnnconvert says "Converted Success!" of ONNX operators for which it computes something else.
#
#   Conv, auto_pad SAME_LOWER    padded as SAME_UPPER: the picture is moved by a pixel
#   Pad with a negative number   does not cut
#   Round                        halves away from zero; ONNX rounds them to the even number
#   Shrink                       what is below -lambd becomes 0
#   Mod, fmod=1                  the sign of the divisor; ONNX keeps that of the dividend, as C does
#
# The output has the right shape. One would expect ONNX Runtime 1.32.0's answer, or an error at the
# conversion.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   Conv     ONNX Runtime 210 432 654 876    MNN 321 543 765 87
#   Pad                   2 3 4 5 6 7 8 0        1 2 3 4 5 6 7 8
#   Round                 0 2 2 -0 -2            1 2 3 -1 -2
#   Shrink                0 1.4 -1.9             0 1.4 0
#   Mod                   -0.5 0.5               0.2 0.5
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    MNN==3.6.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import MNN.expr as expr
import MNN.nn
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

CONVERT = [str(Path(sys.executable).with_name("mnnconvert")), "-f", "ONNX"]
ROW = np.arange(1, 9, dtype=np.float32)


def both(kind, row, constants=(), **options):
    """What ONNX Runtime and MNN make of one operator."""
    x = np.array(row, np.float32).reshape(1, 1, 1, -1)
    named = [numpy_helper.from_array(one, f"c{i}") for i, one in enumerate(constants)]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *(one.name for one in named)], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        named,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    said = subprocess.run(
        [*CONVERT, "--modelFile", "m.onnx", "--MNNModel", "m.mnn"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Converted Success!" in said
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0]
    module = MNN.nn.load_module_from_file("m.mnn", ["x"], ["y"])
    found = module.forward([expr.const(x, list(x.shape), expr.NCHW)])[0]
    if found.data_format == expr.NC4HW4:
        found = expr.convert(found, expr.NCHW)
    found = np.array(found.read())
    assert found.shape == right.shape
    print(f"{kind}: ONNX Runtime", *right.ravel().round(3), "| MNN", *found.ravel().round(3))
    return right.ravel(), found.ravel()


kernel = np.array([1, 10, 100], np.float32).reshape(1, 1, 1, 3)
same = True
for (right, found), wanted, seen in (
    (
        both("Conv", ROW, [kernel], auto_pad="SAME_LOWER", strides=[1, 2]),
        [210, 432, 654, 876],
        [321, 543, 765, 87],
    ),
    (
        both("Pad", ROW, [np.array([0, 0, 0, -1, 0, 0, 0, 1], np.int64)]),
        [2, 3, 4, 5, 6, 7, 8, 0],
        [1, 2, 3, 4, 5, 6, 7, 8],
    ),
    (both("Round", [0.5, 1.5, 2.5, -0.5, -1.5]), [0, 2, 2, 0, -2], [1, 2, 3, -1, -2]),
    (both("Shrink", [0.2, 1.5, -2], lambd=0.3, bias=0.1), [0, 1.4, -1.9], [0, 1.4, 0]),
    (both("Mod", [-0.5, 0.5], [np.array([0.7], np.float32)], fmod=1), [-0.5, 0.5], [0.2, 0.5]),
):
    same &= np.allclose(right, wanted, atol=1e-5) and np.allclose(found, seen, atol=1e-5)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
