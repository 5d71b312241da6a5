#!/usr/bin/env bash
# qonnx 1.0.0: QuantToQCDQ, which makes QuantizeLinear, Clip and DequantizeLinear of qonnx's own Quant, so that other
# engines can run the file, drops how values are rounded. FLOOR, CEIL, UP, DOWN, HALF_UP and HALF_DOWN all become ROUND
# (halves to the even number). No error, no warning.
#
# One would expect Quants of other modes to stay as they are: "the rounding_mode attribute must be ROUND" is among the
# conditions in its description, and there is a check for it.
# The cause, in transformation/qonnx_to_qcdq.py: the pattern that is sought leaves rounding_mode out, so the check is
# given None each time, which it takes for the default.
#
# 8 bits, scale 1, of -1.5 -0.5 0.4 0.5 0.6 1.5 2.5. Seen on 2026-12-01 (Python 3.11, x86-64):
#                  before               after, by qonnx and ONNX Runtime 1.32.0
#   ROUND          -2 0 0 0 1 2 2       -2 0 0 0 1 2 2
#   FLOOR          -2 -1 0 0 0 1 2      -2 0 0 0 1 2 2
#   CEIL           -1 0 1 1 1 2 3       -2 0 0 0 1 2 2
#   HALF_UP        -2 -1 0 1 1 2 3      -2 0 0 0 1 2 2
#   DOWN           -1 0 0 0 0 1 2       -2 0 0 0 1 2 2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check qonnx==1.0.0 onnx==1.23.2 onnxruntime==1.32.0 \
    onnxscript==0.7.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.transformation.qonnx_to_qcdq import QuantToQCDQ

X = np.array([-1.5, -0.5, 0.4, 0.5, 0.6, 1.5, 2.5], np.float32)
GENERAL = "qonnx.custom_op.general"
ROUNDED = [-2, 0, 0, 0, 1, 2, 2]
CASES = {
    "ROUND": ROUNDED,
    "FLOOR": [-2, -1, 0, 0, 0, 1, 2],
    "CEIL": [-1, 0, 1, 1, 1, 2, 3],
    "HALF_UP": [-2, -1, 0, 1, 1, 2, 3],
    "DOWN": [-1, 0, 0, 0, 0, 1, 2],
}
same = True
for mode, right in CASES.items():
    options = {"signed": 1, "narrow": 0, "rounding_mode": mode}
    graph = helper.make_graph(
        [helper.make_node("Quant", ["x", "s", "z", "b"], ["y"], domain=GENERAL, **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, X.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, X.shape)],
        [
            numpy_helper.from_array(np.float32(v), name)
            for name, v in (("s", 1), ("z", 0), ("b", 8))
        ],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(GENERAL, 1)]
    model = ModelWrapper(helper.make_model(graph, opset_imports=opsets, ir_version=8))
    before = (execute_onnx(model.transform(InferShapes()), {"x": X})["y"] + 0).tolist()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        converted = model.transform(QuantToQCDQ()).transform(InferShapes())
    assert not [each for each in said if "qonnx" in each.filename], [str(s) for s in said]
    assert "Quant" not in [node.op_type for node in converted.graph.node]
    after = execute_onnx(converted, {"x": X})["y"].tolist()
    session = onnxruntime.InferenceSession(converted.model.SerializeToString())
    assert session.run(None, {"x": X})[0].tolist() == after
    print(f"{mode}:", *(f"{v:g}" for v in before), "| after", *(f"{v:g}" for v in after))
    same &= before == right and after == ROUNDED
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
