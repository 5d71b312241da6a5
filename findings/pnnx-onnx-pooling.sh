#!/usr/bin/env bash
# pnnx 20261020, which converts ONNX files for ncnn 1.0.20261020 on phones, converts pools with padding to
# others, and says nothing of it:
#
#   MaxPool, SAME_UPPER       the spare pixel goes to the front: the picture is moved by one
#   MaxPool, pads at front    pads 0 1 0 0 become 1 at both ends: the output is longer
#   AveragePool, SAME_UPPER   the padding is counted, although count_include_pad is 0
#
# One would expect the answer of ONNX Runtime 1.32.0, or an error. In ONNX SAME_UPPER has the spare pixel at
# the end, and count_include_pad is 0 by default.
#
# Rows of 1 to 8, a kernel of 3. Seen on 2026-11-30 (Python 3.11, x86-64):
#   MaxPool, SAME_UPPER, stride 2        ONNX Runtime 3 5 7 8              ncnn 2 4 6 8
#   MaxPool, pads 0 1 0 0, stride 2      ONNX Runtime 2 4 6 8              ncnn 1 3 5 7 8
#   AveragePool, SAME_UPPER, stride 1    ONNX Runtime 1.5 2 3 4 5 6 7 7.5  ncnn 1 2 3 4 5 6 7 5
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    ncnn==1.0.20261020 numpy==2.4.6
# its converter is a program of its own, and does without the torch that the package asks for
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps pnnx==20261020
cat > "$work/try.py" <<'PY'
import subprocess
import sys
import sysconfig

import ncnn
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

rows = np.tile(np.arange(1, 9, dtype=np.float32), (1, 1, 3, 1))
POOLS = {
    "MaxPool, SAME_UPPER": ("MaxPool", {"auto_pad": "SAME_UPPER", "strides": [1, 2]}),
    "MaxPool, pads 0 1 0 0": ("MaxPool", {"pads": [0, 1, 0, 0], "strides": [1, 2]}),
    "AveragePool, SAME_UPPER": ("AveragePool", {"auto_pad": "SAME_UPPER", "strides": [1, 1]}),
}
SEEN = {
    "MaxPool, SAME_UPPER": ([3, 5, 7, 8], [2, 4, 6, 8]),
    "MaxPool, pads 0 1 0 0": ([2, 4, 6, 8], [1, 3, 5, 7, 8]),
    "AveragePool, SAME_UPPER": ([1.5, 2, 3, 4, 5, 6, 7, 7.5], [1, 2, 3, 4, 5, 6, 7, 5]),
}
converter = sysconfig.get_paths()["purelib"] + "/pnnx/pnnx"
same = True
for name, (kind, options) in POOLS.items():
    width = 8 // options["strides"][1]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"], kernel_shape=[1, 3], **options)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, rows.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 3, width])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")
    right = onnxruntime.InferenceSession("m.onnx").run(None, {"x": rows})[0][0, 0, 0].tolist()
    subprocess.run([converter, "m.onnx", "fp16=0"], check=True, capture_output=True)
    network = ncnn.Net()
    network.opt.num_threads = 1
    assert network.load_param("m.ncnn.param") == 0
    assert network.load_model("m.ncnn.bin") == 0
    extractor = network.create_extractor()
    extractor.input("in0", ncnn.Mat(rows[0].copy()).clone())
    status, out = extractor.extract("out0")
    assert status == 0
    found = np.array(out)[0, 0].round(3).tolist()
    print(f"{name}: ONNX Runtime", *right, "| ncnn", *found)
    same &= (right, found) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
