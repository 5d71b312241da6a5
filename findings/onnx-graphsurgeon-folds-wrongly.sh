#!/usr/bin/env bash
# onnx-graphsurgeon 0.6.1: fold_constants() changes what a network answers, and export_onnx() loses what a file says of itself.
#
#   Shape                 `start` and `end`, there since opset 15, are not looked at: the whole shape is folded. What takes
#                         a size out of it by Gather or Slice gets another one
#   Cast, Mul, Cast       whole numbers made floats, scaled and made whole again lose both casts. The factor is made whole
#                         instead: 0.5 becomes 0, and so does every pixel. Add, Sub and Div likewise
#   export_onnx           the metadata (labels and units stand there), the document string, domain and version are gone
#
# One would expect that folding changes no answer, and that what is only read and written again stays. The causes, in
# ir/graph.py: fold_shape and its kin take inp.shape; run_cast_elision, for TensorRT, of which fold_constants() says
# nothing, does inp.values.astype(). In importers/onnx_importer.py and the exporter the fields of the model are not named.
# The casts stay where the network's own output is not cast.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), inputs 2 x 3 x 4, and 1 5 -7 200:      ONNX Runtime 1.32.0    folded
#   Shape, start=1                                                                 3 4                    2 3 4
#   Shape, end=-1                                                                  2 3                    2 3 4
#   Shape, start=1, the first of it                                                3                      2
#   the same without start                                                         2                      2
#   as floats times 0.5, as whole numbers                                          0 2 -3 100             0 0 0 0
#   divided by 2.5                                                                 0 2 -2 80              0 2 -3 100
#   with 0.6 added                                                                 1 5 -6 200             1 5 -7 200
#   metadata, document string, domain, version after export                        labels, it, here, 7    none
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx-graphsurgeon==0.6.1 onnx==1.23.2 \
    onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def model(nodes, constants, x, kind):
    """A model of some nodes from "x" to "y"."""
    code = helper.np_dtype_to_tensor_dtype(x.dtype)
    graph = helper.make_graph(
        [helper.make_node(op, inputs, outputs, **more) for op, inputs, outputs, more in nodes],
        "g",
        [helper.make_tensor_value_info("x", code, x.shape)],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    made = onnx.shape_inference.infer_shapes(made)
    onnx.checker.check_model(made, full_check=True)
    return made


def answer(made, x):
    session = onnxruntime.InferenceSession(made.SerializeToString())
    return session.run(None, {"x": x})[0].ravel().tolist()


def shape(**more):
    return [("Shape", ["x"], ["y"], more)], {}


def first_size(**more):
    nodes = [("Shape", ["x"], ["s"], more), ("Gather", ["s", "place"], ["y"], {})]
    return nodes, {"place": np.array(0, np.int64)}


def scaled(op, number):
    nodes = [
        ("Cast", ["x"], ["f"], {"to": TensorProto.FLOAT}),
        (op, ["f", "number"], ["p"], {}),
        ("Cast", ["p"], ["y"], {"to": TensorProto.INT32}),
    ]
    return nodes, {"number": np.array(number, np.float32)}


volume = np.zeros((2, 3, 4), np.float32)
pixels = np.array([1, 5, -7, 200], np.int32)
CASES = {  # what is made, its input, the answers before and after folding
    "Shape, start=1": (shape(start=1), volume, [3, 4], [2, 3, 4]),
    "Shape, end=-1": (shape(end=-1), volume, [2, 3], [2, 3, 4]),
    "Shape, start=1, the first": (first_size(start=1), volume, [3], [2]),
    "the same without start": (first_size(), volume, [2], [2]),
    "times 0.5": (scaled("Mul", 0.5), pixels, [0, 2, -3, 100], [0, 0, 0, 0]),
    "divided by 2.5": (scaled("Div", 2.5), pixels, [0, 2, -2, 80], [0, 2, -3, 100]),
    "0.6 added": (scaled("Add", 0.6), pixels, [1, 5, -6, 200], [1, 5, -7, 200]),
}
same = True
for name, ((nodes, constants), x, right, wrong) in CASES.items():
    kind = TensorProto.INT64 if "Shape" in str(nodes) else TensorProto.INT32
    made = model(nodes, constants, x, kind)
    folded = gs.export_onnx(gs.import_onnx(made).fold_constants().cleanup())
    expected, found = answer(made, x), answer(folded, x)
    print(f"{name}: expected", *expected, "| folded", *found)
    same &= (expected, found) == (right, wrong)

made = model(*shape(), volume, TensorProto.INT64)
helper.set_model_props(made, {"labels": "no, yes"})
made.doc_string, made.domain, made.model_version = "it", "here", 7
again = gs.export_onnx(gs.import_onnx(made))
kept = [len(again.metadata_props), again.doc_string, again.domain, again.model_version]
print("kept of metadata, document string, domain, version:", kept)
same &= kept == [0, "", "", 0]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
