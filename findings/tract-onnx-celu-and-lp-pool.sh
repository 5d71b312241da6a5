#!/usr/bin/env bash
# tract 0.23.9 (an ONNX engine for small devices) computes two operators otherwise than ONNX has them:
#
#   Celu           negative inputs lack the factor alpha: exp(x / alpha) - 1
#   GlobalLpPool   the norm is divided by the root of the number of pixels, as if it were a mean
#
# The output has the right shape. One would expect ONNX Runtime 1.32.0's answer, or an error, which
# other operators that it lacks do get (LpPool).
#
# -1, -0.5, 0.5, 2. Seen on 2026-11-30 (Python 3.11, x86-64):
#   Celu, alpha 0.3     ONNX Runtime -0.289 -0.243 0.5 2    tract -0.964 -0.811 0.5 2
#   GlobalLpPool, p 2   ONNX Runtime 2.345                  tract 1.173
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    tract==0.23.9 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import tract
from onnx import TensorProto, helper

x = np.array([[[[-1, -0.5, 0.5, 2]]]], np.float32)
same = True
for kind, options, wanted, seen in (
    ("Celu", {"alpha": 0.3}, [-0.289, -0.243, 0.5, 2], [-0.964, -0.811, 0.5, 2]),
    ("GlobalLpPool", {"p": 2}, [2.345], [1.173]),
):
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, len(wanted)])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0]
    found = tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy()
    assert found.shape == right.shape
    print(f"{kind}: ONNX Runtime", right.ravel().round(3), "| tract", found.ravel().round(3))
    same &= np.allclose(right.ravel(), wanted, atol=2e-3)
    same &= np.allclose(found.ravel(), seen, atol=2e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
