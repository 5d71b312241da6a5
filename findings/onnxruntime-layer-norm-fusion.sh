#!/usr/bin/env bash
# ONNX Runtime 1.32.0 takes networks that are no layer normalization for one, and returns its answer instead of
# theirs, without a word. It looks for (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias, and does not
# look at
#   the order of the difference   mean - x is taken for x - mean: a picture that is turned around is not turned
#   the exponent                  4 is taken for 2
#   the order of the quotient     root / difference is taken for difference / root
#
# One would expect the answers of ORT_DISABLE_ALL, of onnx's reference and by hand. It happens from ORT_ENABLE_BASIC
# on, whose rewrites are "semantics-preserving" and remove what is redundant, says the documentation. Brightness
# that is standardized and turned around (MONOCHROME1, or an inverted contrast) is a plain use of the first.
# The cause is LayerNormFusion in layer_norm_fusion.cc: of Sub and Div it looks at the kinds of node alone, and of
# Pow it does not read the exponent. Known upstream of keepdims, which it does not read either (pull 31144). With
# d * d instead of Pow nothing is fused. Without "LayerNormFusionL1" and "LayerNormFusionL2" (disabled_optimizers) all
# answers are right.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), x = 0 1 2 9, scale 2, bias 10:
#                        by the file                by default
#   plain                8.3 8.87 9.43 13.39        8.3 8.87 9.43 13.39
#   mean - x             11.7 11.13 10.57 6.61      8.3 8.87 9.43 13.39
#   exponent 4           9.68 9.79 9.89 10.64       8.3 8.87 9.43 13.39
#   root / difference    7.64 6.46 2.93 11.18       8.3 8.87 9.43 13.39
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

x = np.array([[0, 1, 2, 9]], np.float32)
EPSILON = 1e-5
LEVELS = onnxruntime.GraphOptimizationLevel


def network(difference, exponent, quotient):
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[-1]),
        helper.make_node("Sub", difference, ["d"]),
        helper.make_node("Pow", ["d", "exponent"], ["power"]),
        helper.make_node("ReduceMean", ["power"], ["variance"], axes=[-1]),
        helper.make_node("Add", ["variance", "epsilon"], ["safe"]),
        helper.make_node("Sqrt", ["safe"], ["root"]),
        helper.make_node("Div", quotient, ["q"]),
        helper.make_node("Mul", ["q", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["y"]),
    ]
    numbers = {
        "exponent": np.float32(exponent),
        "epsilon": np.float32(EPSILON),
        "scale": np.full(4, 2, np.float32),
        "bias": np.full(4, 10, np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def answer(model, level, disabled=None):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(
        model.SerializeToString(),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=disabled,
    )
    return session.run(None, {"x": x})[0]


minus, quotient = ["x", "mean"], ["d", "root"]
CASES = {
    "plain": (minus, 2, quotient),
    "mean - x": (minus[::-1], 2, quotient),
    "exponent 4": (minus, 4, quotient),
    "root / difference": (minus, 2, quotient[::-1]),
}
usual = answer(network(*CASES["plain"]), LEVELS.ORT_DISABLE_ALL)
same = True
for name, case in CASES.items():
    model = network(*case)
    off, basic = (answer(model, level) for level in (LEVELS.ORT_DISABLE_ALL, LEVELS.ORT_ENABLE_BASIC))
    default = answer(model, onnxruntime.SessionOptions().graph_optimization_level)
    spared = answer(model, LEVELS.ORT_ENABLE_ALL, ["LayerNormFusionL1", "LayerNormFusionL2"])
    d = x - x.mean() if case[0][0] == "x" else x.mean() - x
    root = np.sqrt((d ** case[1]).mean() + EPSILON)
    by_hand = (d / root if case[2][0] == "d" else root / d) * 2 + 10
    for right in (ReferenceEvaluator(model).run(None, {"x": x})[0], by_hand, spared):
        same &= np.allclose(right, off, atol=1e-3)
    print(f"{name}: by the file", *off[0].round(2), "| by default", *default[0].round(2))
    same &= np.allclose(basic, default, atol=1e-3)
    same &= np.allclose(default, usual, atol=1e-3)
    same &= name == "plain" or not np.allclose(off, usual, atol=0.5)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
