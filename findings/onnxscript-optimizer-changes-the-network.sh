#!/usr/bin/env bash
# onnxscript 0.7.2: `onnxscript.optimizer.optimize` returns another network for three kinds of valid ONNX
# files, without a word.
#
#   Pad before ConvInteger   a Pad with 0 becomes `pads` of the ConvInteger. Those pad with its zero point.
#                            Both are the same number for a zero point of 0 alone (_fuse_pad_into_conv.py).
#   dilated Conv, SAME       auto_pad is written out as `pads`, with the kernel's size without its dilation.
#                            The picture gets smaller. (Mended upstream in September 2026, pull 3037.)
#   one tensor, two clips    Max and Min become a Clip, whose bounds are named after the input. Those of the
#                            second get names that nothing in the file has: ONNX Runtime cannot load it.
#
# One would expect the answer that the file gave before: ONNX Runtime 1.32.0's, or for the dilated Conv,
# which that does not run, the reference evaluator's of onnx 1.23.2.
#
# A row of 1 to 4, a kernel of ones (3 wide). Seen on 2026-11-30 (Python 3.11, x86-64):
#   Pad before ConvInteger   -27 -24 -21 -23          after it -17 -24 -21 -13 (zero point 10)
#   dilated Conv, SAME       4 6 4 6                  after it 6 4
#   one tensor, two clips    1 2 2 2 and 1 2 3 3      after it "Node input 'x_min_1' is not ..."
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxscript==0.7.2 onnx==1.23.2 \
    onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxscript.optimizer import optimize

node = helper.make_node
row = np.arange(1, 5).reshape(1, 1, 1, 4)
kernel = np.ones((1, 1, 1, 3))
pads = np.array([0, 0, 0, 1, 0, 0, 0, 1], np.int64)
CASES = {
    "Pad before ConvInteger": (
        [node("Pad", ["x", "pads"], ["a"]), node("ConvInteger", ["a", "k", "ten"], ["y"])],
        {"pads": pads, "k": kernel.astype(np.int8), "ten": np.uint8(10)},
        row.astype(np.uint8),
        TensorProto.INT32,
        [1, 1, 1, 4],
    ),
    "dilated Conv, SAME": (
        [node("Conv", ["x", "k"], ["y"], auto_pad="SAME_UPPER", dilations=[1, 2])],
        {"k": kernel.astype(np.float32)},
        row.astype(np.float32),
        TensorProto.FLOAT,
        [1, 1, 1, 4],
    ),
    "one tensor, two clips": (
        [
            node("Max", ["x", "one"], ["a"]),
            node("Min", ["a", "two"], ["b"]),
            node("Max", ["x", "zero"], ["c"]),
            node("Min", ["c", "three"], ["d"]),
            node("Concat", ["b", "d"], ["y"], axis=3),
        ],
        {name: np.float32(i) for i, name in enumerate(["zero", "one", "two", "three"])},
        row.astype(np.float32),
        TensorProto.FLOAT,
        [1, 1, 1, 8],
    ),
}
SEEN = {
    "Pad before ConvInteger": ([-27, -24, -21, -23], [-17, -24, -21, -13]),
    "dilated Conv, SAME": ([4, 6, 4, 6], [6, 4]),
    "one tensor, two clips": ([1, 2, 2, 2, 1, 2, 3, 3], "InvalidArgument"),
}


def answer(model, x, engine):
    if engine == "reference":
        return ReferenceEvaluator(model).run(None, {"x": x})[0].ravel().tolist()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # that an output has another shape than the file says
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    except Exception as error:
        print("   ", str(error)[:140])
        return type(error).__name__
    return session.run(None, {"x": x})[0].ravel().tolist()


same = True
for name, (nodes, weights, x, kind, shape) in CASES.items():
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)],
        [helper.make_tensor_value_info("y", kind, shape)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    before = answer(model, x, "reference" if "dilated" in name else "ONNX Runtime")
    after = answer(optimize(model), x, "ONNX Runtime")
    print(f"{name}:", before, "| after optimize:", after)
    same &= (before, after) == SEEN[name]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
