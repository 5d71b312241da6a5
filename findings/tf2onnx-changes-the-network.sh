#!/usr/bin/env bash
# tf2onnx 1.17.0 (TensorFlow to ONNX) converts ten functions to something else, without a word:
#   tf.image.resize, "area"      a smaller picture is made by taking one pixel of each block, not their mean
#   tf.image.adjust_saturation   exchanges red, green and blue where their order by size is a rotation
#   tf.image.crop_and_resize     "nearest", to one pixel: half a pixel is rounded down, and not up
#   tf.one_hot                   -1, which stands for no class, becomes the last class
#   tf.scatter_nd                of two updates for one place the last is kept; TensorFlow adds them up
#   //, % of whole numbers       -3 // 2 is -1, and -1 % 3 is -1 (of //: issue 2174, open)
#   tf.truncatediv of floats     does not cut off
#   tf.math.segment_mean, _max   a segment without members is NaN or minus infinity, and not 0
# One would expect TensorFlow's answers, or an error, as other functions get that it cannot convert. All are
# documented: one_hot's page has -1 as an example, scatter_nd's says that duplicates are accumulated.
# It reports none of them as unsupported. Known upstream: "area", by a comment in pull 2241, which added it.
#
# TensorFlow 2.21.0, then the converted file in ONNX Runtime 1.32.0 (onnx's reference agrees with the latter on
# area, scatter_nd and truncatediv).
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   resize area         2.5 4.5 10.5 12.5    0 2 8 10
#   adjust_saturation   0.35 0.8 0.575       0.575 0.35 0.8
#   crop_and_resize     10                   5
#   one_hot             0 0 0                0 0 1
#   scatter_nd          0 3 0 3              0 2 0 3
#   floor division      -2 1                 -1 1
#   remainder           2 1                  -1 1
#   truncatediv         3 -3                 3.5 -3.5
#   segment_mean        2 0 5                2 nan 5
#   segment_max         3 0 5                3 -inf 5
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow==2.21.0 numpy==2.4.6 \
    tf2onnx==1.17.0 onnx==1.23.2 onnxruntime==1.32.0
cat > "$work/try.py" <<'PY'
import logging
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from onnx.reference import ReferenceEvaluator

picture = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
colour = np.array([[[[0.2, 0.8, 0.5]]]], np.float32)
updates = np.array([1, 2, 3], np.float32)
scores = np.array([1, 3, 5], np.float32)
whole = np.array([[0, 0, 1, 1]], np.float32)


def crop(x):
    return tf.image.crop_and_resize(x, whole, [0], (1, 1), method="nearest")


CASES = {  # function, its input, what ONNX Runtime answers
    "resize area": (lambda x: tf.image.resize(x, (2, 2), method="area"), picture, [0, 2, 8, 10]),
    "adjust_saturation": (lambda x: tf.image.adjust_saturation(x, 0.75), colour, [0.575, 0.35, 0.8]),
    "crop_and_resize": (crop, picture, [5]),
    "one_hot": (lambda x: tf.one_hot(x, 3), np.array([-1], np.int32), [0, 0, 1]),
    "scatter_nd": (lambda x: tf.scatter_nd([[1], [1], [3]], x, [4]), updates, [0, 2, 0, 3]),
    "floor division": (lambda x: x // 2, np.array([-3, 3], np.int32), [-1, 1]),
    "remainder": (lambda x: x % 3, np.array([-1, 1], np.int32), [-1, 1]),
    "truncatediv": (lambda x: tf.truncatediv(x, 2.0), np.array([7, -7], np.float32), [3.5, -3.5]),
    "segment_mean": (lambda x: tf.math.segment_mean(x, [0, 0, 2]), scores, [2, np.nan, 5]),
    "segment_max": (lambda x: tf.math.segment_max(x, [0, 0, 2]), scores, [3, -np.inf, 5]),
}


def short(values):
    return " ".join(f"{value:.4g}" for value in values)


class Said(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


logging.getLogger().addHandler(Said(logging.WARNING))
same = True
for name, (function, x, wrong) in CASES.items():
    spec = [tf.TensorSpec(x.shape, x.dtype, name="x")]
    called = tf.function(function, input_signature=spec)
    right = called(tf.constant(x)).numpy().ravel()
    model, _ = tf2onnx.convert.from_function(called, input_signature=spec, opset=17)
    onnx.checker.check_model(model)
    found = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0].ravel()
    print(f"{name}: TensorFlow", short(right), "| converted", short(found))
    same &= np.allclose(found, wrong, atol=1e-4, equal_nan=True)
    same &= found.shape == right.shape and not np.allclose(found, right, atol=1e-2, equal_nan=True)
    if name in ("resize area", "scatter_nd", "truncatediv"):
        second = ReferenceEvaluator(model).run(None, {"x": x})[0].ravel()
        same &= np.allclose(second, found, atol=1e-4)
print("warnings:", *Said.lines)
same &= not Said.lines
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py 2>err.txt || { tail -5 err.txt; exit 1; }
