#!/usr/bin/env bash
# tinygrad 0.14.0 (an engine that runs ONNX files, tinygrad.nn.onnx.OnnxRunner): the first image leaves something behind
# in the network, and the second gets another answer. No error, no warning.
#
#   amounts that are computed   where to crop, how far to pad, how many to take. The runner keeps them by name from the
#                               first image on, and so crops the second image where the first had its brightest pixel
#   ScatterND                   writes into the tensor that it is given. A weight keeps what was added to it, and within
#                               one run a layer that also reads that tensor reads the changed one
#
# One would expect the same answer for the same image, and ONNX Runtime 1.32.0's. ScatterND's output starts as a copy of
# its input, says ONNX. `_get_python_const` keeps the values in _python_const_cache; a comment there counts on them
# being the same in each run, and holds inputs of the network that change for rare. The README and the docs do not say
# so. ScatterND is `x[i] = u` and `x[i] += u`.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), first and second run:
#   the brightest pixel of 1 9 2, then of 1 2 9   ONNX Runtime 9, 9           tinygrad 9, 2
#   pixels from 0 to 2, then from 2 to 4          ONNX Runtime 1 2, 3 4       tinygrad 1 2, 1 2
#   0 0, and 1 added to the second, twice         ONNX Runtime 0 1, 0 1       tinygrad 0 1, 0 2
#   1 2 plus itself with a 5 in place of the 2    ONNX Runtime 2 7, 2 7       tinygrad 2 10, 2 10
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
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner

node = helper.make_node


def floats(*values):
    return np.array(values, np.float32)


def places(*values):
    return np.array(values, np.int64)


CASES = {  # its nodes, its weights, what each run is given, the answers of both
    "the brightest pixel": (
        [
            node("ArgMax", ["x"], ["from"]),
            node("Add", ["from", "one"], ["to"]),
            node("Slice", ["x", "from", "to"], ["y"]),
        ],
        {"one": places(1)},
        [{"x": floats(1, 9, 2)}, {"x": floats(1, 2, 9)}],
        ([[9], [9]], [[9], [2]]),
    ),
    "pixels from .. to ..": (
        [node("Slice", ["x", "from", "to"], ["y"])],
        {},
        [
            {"x": floats(1, 2, 3, 4), "from": places(0), "to": places(2)},
            {"x": floats(1, 2, 3, 4), "from": places(2), "to": places(4)},
        ],
        ([[1, 2], [3, 4]], [[1, 2], [1, 2]]),
    ),
    "1 added to 0 0": (
        [node("ScatterND", ["w", "place", "x"], ["y"], reduction="add")],
        {"w": floats(0, 0), "place": places([1])},
        [{"x": floats(1)}] * 2,
        ([[0, 1], [0, 1]], [[0, 1], [0, 2]]),
    ),
    "1 2 plus itself with a 5": (
        [
            node("Relu", ["x"], ["a"]),
            node("ScatterND", ["a", "place", "w"], ["b"]),
            node("Add", ["a", "b"], ["y"]),
        ],
        {"w": floats(5), "place": places([1])},
        [{"x": floats(1, 2)}] * 2,
        ([[2, 7], [2, 7]], [[2, 10], [2, 10]]),
    ),
}
same = True
for name, (nodes, weights, runs, seen) in CASES.items():
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
            for key, value in runs[0].items()
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "network.onnx")
    session = onnxruntime.InferenceSession("network.onnx")
    runner = OnnxRunner("network.onnx")
    right = [session.run(None, given)[0].tolist() for given in runs]
    found = [
        runner({key: Tensor(value) for key, value in given.items()})["y"].numpy().tolist() for given in runs
    ]
    print(f"{name}: ONNX Runtime", *right, "| tinygrad", *found)
    same &= (right, found) == seen
sys.exit(not same)
PY
cd "$work" && DEV=PYTHON ./venv/bin/python try.py
