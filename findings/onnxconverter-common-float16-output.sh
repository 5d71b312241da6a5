#!/usr/bin/env bash
# onnxconverter-common 1.16.0: `convert_float_to_float16(..., keep_io_types=True)` returns a network whose
# output is float16 all the same, if it comes from a layer that stays in float32. No error, no warning.
#
# Such layers are those named in node_block_list or op_block_list, and by default Resize, Max, Min, TopK
# and others: a Resize is the last layer of many segmentation networks. Who keeps the last layer in
# float32 for its accuracy loses just that: a probability of 0.9999 becomes 1, and 3e-8 becomes 0.
# A program that takes four bytes for each value, as before, reads nonsense.
#
# One would expect float32: "Whether model inputs/outputs should be left as float32", say ONNX Runtime's docs.
# The cause: process_node_in_block_list puts a cast to float16 behind each such layer and changes the type
# of the graph's output; process_graph_output, which runs later, then finds no float32 to keep.
# ONNX Runtime 1.32.0's own copy (transformers.float16) keeps float32.
#
# A sigmoid of 9 and -17.5. Seen on 2026-11-30 (Python 3.11, x86-64):
#   Sigmoid: float32 model float32 0.9998766 2.9802322e-08
#   Sigmoid: onnxconverter-common float16 1.0 0.0
#   Sigmoid: ONNX Runtime float32 1.0 0.0
#   Resize: onnxconverter-common float16 (ONNX Runtime float32)
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    onnxconverter-common==1.16.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16 as common
from onnxruntime.transformers import float16 as runtime

values = np.array([9, -17.5], np.float32).reshape(1, 1, 1, 2)


def network(last):
    inputs, shape = (["a"], [1, 1, 1, 2]) if last == "Sigmoid" else (["a", "", "s"], [1, 1, 1, 4])
    graph = helper.make_graph(
        [
            helper.make_node("Identity", ["x"], ["a"], name="first"),
            helper.make_node(last, inputs, ["y"], name="last"),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, values.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.array([1, 1, 1, 2], np.float32), "s")] if len(inputs) > 1 else [],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def answer(model):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": values})[0]


TOOLS = {"onnxconverter-common": common, "ONNX Runtime": runtime}
CASES = {"Sigmoid": {"node_block_list": ["last"]}, "Resize": {}}
same = True
for last, options in CASES.items():
    print(f"{last}: float32 model", answer(network(last)).dtype, *answer(network(last)).ravel())
    for tool, module in TOOLS.items():
        found = answer(module.convert_float_to_float16(network(last), keep_io_types=True, **options))
        print(f"{last}: {tool}", found.dtype, *found.ravel())
        same &= found.dtype == ("float16" if tool == "onnxconverter-common" else "float32")
        if last == "Sigmoid" and tool == "onnxconverter-common":
            same &= found.ravel().tolist() == [1, 0]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
