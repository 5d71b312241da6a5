#!/usr/bin/env bash
# IREE 3.13.0 (iree-base-compiler, llvm-cpu) drops a crop that stands before a padding of zeros. Both become
# tensor.pad, and two of these with one value are folded into one whose amounts are summed up, negative
# ones as well (MLIR's FoldConsecutiveConstantPadding). A crop of 1 and a padding of 1 sum up to nothing:
# the pixels that were cut off are back where zeros should be. The shape is right; no error, no warning.
#
# ONNX's Pad takes negative amounts for a crop, as torch's F.pad does, and a convolution or an average pool
# with `pads` brings the padding. NASNet shifts its pictures by a Pad of -1 and 1: the shift is lost, and why
# was not looked up. (Alone, such a Pad is an error at compilation: iree-org/iree issue 19935.)
#
# One would expect the answer of ONNX Runtime 1.32.0.
#
# A row of 1 to 7, windows of 3, weights 1. Seen on 2026-11-30 (Python 3.11, x86-64):
#   crop, Conv          ONNX Runtime 5 9 12 15 11           IREE 6 9 12 15 18
#   crop, AveragePool   ONNX Runtime 2.5 3 4 5 5.5          IREE 3 3 4 5 9
#   shift, Conv         ONNX Runtime 5 9 12 15 18 13 7      IREE 3 6 9 12 15 18 13
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check iree-base-compiler==3.13.0 \
    iree-base-runtime==3.13.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from iree import compiler, runtime
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
row = np.arange(1, 8, dtype=np.float32).reshape(1, 1, 1, 7)
conv = node("Conv", ["a", "ones"], ["y"], pads=[0, 1, 0, 1])
pool = node("AveragePool", ["a"], ["y"], kernel_shape=[1, 3], pads=[0, 1, 0, 1])
CASES = {"crop, Conv": (-1, -1, conv), "crop, AveragePool": (-1, -1, pool), "shift, Conv": (-1, 1, conv)}
SEEN = {
    "crop, Conv": ([5, 9, 12, 15, 11], [6, 9, 12, 15, 18]),
    "crop, AveragePool": ([2.5, 3, 4, 5, 5.5], [3, 3, 4, 5, 9]),
    "shift, Conv": ([5, 9, 12, 15, 18, 13, 7], [3, 6, 9, 12, 15, 18, 13]),
}
same = True
for name, (before, after, layer) in CASES.items():
    weights = {"amounts": np.array([0, 0, 0, before, 0, 0, 0, after], np.int64)}
    if layer is conv:
        weights["ones"] = np.ones((1, 1, 1, 3), np.float32)
    graph = helper.make_graph(
        [node("Pad", ["x", "amounts"], ["a"]), layer],
        "main",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 7 + before + after])],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": row})[0].ravel()
    tool = [sys.executable, "-m", "iree.compiler.tools.import_onnx", "m.onnx", "-o", "m.mlir"]
    subprocess.run(tool, check=True)
    options = {"target_backends": ["llvm-cpu"], "extra_args": ["--iree-llvmcpu-target-cpu=generic"]}
    binary = compiler.compile_file("m.mlir", **options)
    context = runtime.SystemContext(config=runtime.Config("local-sync"))
    context.add_vm_module(runtime.VmModule.copy_buffer(context.instance, binary))
    found = np.asarray(context.modules.module["main"](row)).ravel()
    print(f"{name}: ONNX Runtime", *right, "| IREE", *found)
    same &= (right.tolist(), found.tolist()) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
