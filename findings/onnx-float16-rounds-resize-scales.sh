#!/usr/bin/env bash
# Two converters of ONNX files to float16 leave Resize in float32, and round its scales to float16 all the
# same where these come from a Constant node: onnxconverter-common 1.16.0 and ONNX Runtime 1.32.0
# (transformers.float16). The picture gets another size, without a word.
#
# Resize makes floor(size * scale) pixels (ONNX, Resize). A third is 0.33325 in float16: 240 pixels become 79
# and not 80, 6 become 1 and not 2. Where the file names sizes ONNX Runtime warns of two shapes; here not.
#
# One would expect 80 pixels: Resize is in both lists of what stays in float32, as ONNX has its scales in
# float32 only. The same scales as an initializer stay as they are. The file in float32 is right either way.
# The cause: both convert the value of each Constant without a look at who reads it (process_tensor_in_node;
# in ONNX Runtime convert_tensor_float_to_float16(q.t, ...)), and cast it back to float32 behind.
#
# A row of 240 pixels. Seen on 2026-11-30 (Python 3.11, x86-64):
#   initializer: float32 80 | onnxconverter-common 80 | ONNX Runtime 80
#   Constant: float32 80 | onnxconverter-common 79 | ONNX Runtime 79
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

row = np.arange(240, dtype=np.float32).reshape(1, 1, 1, 240)
scales = numpy_helper.from_array(np.array([1, 1, 1, 1 / 3], np.float32), "s")


def network(constant):
    nodes = [
        helper.make_node("Neg", ["x"], ["a"], name="neg"),
        helper.make_node("Resize", ["a", "", "s"], ["b"], name="resize", mode="nearest"),
        helper.make_node("Neg", ["b"], ["y"], name="back"),
    ]
    if constant:
        nodes.insert(0, helper.make_node("Constant", [], ["s"], name="scales", value=scales))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 1, "n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, "w"])],
        [] if constant else [scales],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def width(model):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": row})[0].shape[3]


seen = {}
for name, constant in (("initializer", False), ("Constant", True)):
    seen[name] = [
        width(network(constant)),
        width(common.convert_float_to_float16(network(constant), keep_io_types=True)),
        width(runtime.convert_float_to_float16(network(constant), keep_io_types=True)),
    ]
    one, two, three = seen[name]
    print(f"{name}: float32 {one} | onnxconverter-common {two} | ONNX Runtime {three}")
sys.exit(seen != {"initializer": [80, 80, 80], "Constant": [80, 79, 79]})
PY
cd "$work" && ./venv/bin/python try.py
