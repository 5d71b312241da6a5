#!/usr/bin/env bash
# ONNX Runtime 1.32.0: static quantization with CalibrationMethod.Entropy gives exactly the ranges of MinMax.
# The search over ranges starts at as many bins as int8 has steps, 128. By default the histogram has no more
# than these, so the whole range is the only candidate. It says "Finding optimal threshold" all the same.
# With 2,048 bins, as the method is published, outliers are cut off.
#
# One would expect Entropy, asked for by its name alone, to choose a range.
#
# Seen on 2026-11-29 (Python 3.11, x86-64):
#   MinMax -19.286..18.211; Entropy -19.286..18.211; Entropy of 2,048 bins -11.526..11.545
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod
from onnxruntime.quantization.calibrate import create_calibrator

shape = [1, 1, 100, 100]
graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "w"], ["y"])],
    "one convolution",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    [helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 1, 1], [1.0])],
)
opset = [helper.make_opsetid("", 17)]
onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), "model.onnx")
# Long tails, as activations have them.
scans = np.random.default_rng(0).standard_t(4, (8, *shape)).astype(np.float32)


class Scans(CalibrationDataReader):
    def __init__(self):
        self.rest = iter(scans)

    def get_next(self):
        scan = next(self.rest, None)
        return None if scan is None else {"x": scan}


def range_of_x(method, **options):
    calibrator = create_calibrator(
        "model.onnx", None, "augmented.onnx", method, extra_options=options
    )
    calibrator.set_execution_providers(["CPUExecutionProvider"])
    calibrator.collect_data(Scans())
    return [float(np.ravel(end)[0]) for end in calibrator.compute_data()["x"].range_value]


whole = range_of_x(CalibrationMethod.MinMax)
chosen = range_of_x(CalibrationMethod.Entropy)
fine = range_of_x(CalibrationMethod.Entropy, num_bins=2048)
print(
    "; ".join(
        f"{name} {low:.3f}..{high:.3f}"
        for name, (low, high) in (
            ("MinMax", whole),
            ("Entropy", chosen),
            ("Entropy of 2,048 bins", fine),
        )
    )
)
sys.exit(chosen != whole or fine == whole)
PY
cd "$work" && ./venv/bin/python try.py 2> /dev/null | tail -n 1
