#!/usr/bin/env bash
# onnxmltools 1.16.0 (`convert_xgboost`, XGBoost to ONNX) returns another model for five kinds, without a word:
#   forests of three classes   (XGBRFClassifier, num_parallel_tree) trees are given to classes in turn. In XGBoost
#                              3.2.0 the trees of one class follow each other. Two classes are right
#   several targets            a regressor's trees for all targets are summed up into the first; the others stay 0
#   several labels             a classifier's trees for all labels are summed up into one, and the other is 1 - p
#   reg:logistic               the logistic function is left out
#   survival:cox               the exponential function is left out
# One would expect the answers of XGBoost, or an error: gblinear and missing=0 do raise one. The shapes are right.
# Known upstream, and open: reg:logistic (issue 646) and several targets (676). Issue 663 asks for XGBRFClassifier, and
# pull 665 says that it seems to work.
#
# First patient, XGBoost and then the converted file. Seen on 2026-11-30 (Python 3.11, x86-64):
#   plain regressor             0.4517                    0.4517
#   plain classifier            0.1073 0.8315 0.06114     0.1073 0.8315 0.06114
#   XGBRFClassifier             0.1246 0.7909 0.08452     0.3595 0.4483 0.1921
#   num_parallel_tree           0.1073 0.8315 0.06114     0.4423 0.3261 0.2316
#   two targets                 0.4517 -0.4517            0.7998 0
#   two labels                  0.0892 0.8961             0.9284 0.07159
#   reg:logistic                0.0892                    -1.421
#   survival:cox                2.979                     2.092
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxmltools==1.16.0 skl2onnx==1.20.0 \
    scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 scipy==1.17.1
# Without the libraries for several graphics cards, of some hundred megabytes.
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps xgboost==3.2.0
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import onnxruntime
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

onnxruntime.set_default_logger_severity(3)
x = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
amount = x[:, 0] + x[:, 1] ** 2
two = (amount > 1).astype(int)
three = np.digitize(amount, [0, 2])
ALL = {"n_estimators": 5, "max_depth": 3, "n_jobs": 1, "random_state": 0}
CASES = {
    "plain regressor": (XGBRegressor, amount, {}),
    "plain classifier": (XGBClassifier, three, {}),
    "XGBRFClassifier": (XGBRFClassifier, three, {}),
    "num_parallel_tree": (XGBClassifier, three, {"num_parallel_tree": 2}),
    "two targets": (XGBRegressor, np.c_[amount, -amount], {}),
    "two labels": (XGBClassifier, np.c_[two, x[:, 2] > 0], {}),
    "reg:logistic": (XGBRegressor, two, {"objective": "reg:logistic"}),
    "survival:cox": (XGBRegressor, np.abs(amount) + 0.1, {"objective": "survival:cox"}),
}


def short(values):
    return " ".join(f"{value:.4g}" for value in np.ravel(values))


same = True
for name, (kind, truth, options) in CASES.items():
    model = kind(**ALL, **options).fit(x, truth)
    right = model.predict(x) if kind is XGBRegressor else model.predict_proba(x)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        converted = convert_xgboost(model, initial_types=[("x", FloatTensorType([None, 3]))])
    assert not said, said[0].message
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    found = np.asarray(session.run(None, {"x": x})[-1])
    same &= found.size == right.size
    found = found.reshape(right.shape)
    print(f"{name}: XGBoost {short(right[0])} | converted {short(found[0])}")
    worst = np.abs(found - right).max()
    same &= worst < 1e-4 if name.startswith("plain") else worst > 0.2
    if name == "two targets":
        same &= not found[:, 1].any()
    if name == "two labels":
        same &= np.allclose(found.sum(axis=1), 1, atol=1e-5) and not np.allclose(right.sum(axis=1), 1, atol=0.1)
    if name == "reg:logistic":
        same &= found.min() < 0 and found.max() > 1 and 0 <= right.min() and right.max() <= 1
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
