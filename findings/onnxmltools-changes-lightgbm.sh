#!/usr/bin/env bash
# onnxmltools 1.16.0 (`convert_lightgbm`, LightGBM to ONNX) returns another model for seven kinds, without a word:
#   boosting_type="rf", regressor    the sum of all trees is divided by 100, however many there are
#   boosting_type="rf", classifier   so is a probability: class 1 has 0.01 at most and is never the answer. Of three
#                                    classes the third is left out
#   sigmoid=3                        the score is not multiplied by it (a parameter of the objective binary)
#   objective="multiclassova"        softmax over the classes, and not one logistic function for each
#   reg_sqrt=True                    the answer is not squared
#   zero_as_missing=True             0 is a number like others, and takes another branch than a missing value
#   linear_tree=True                 the linear functions in the leaves are left out (reported as onnxruntime 25623)
# One would expect the answers of LightGBM 4.7.0, or an error: the objectives fair and mape do raise one. All are
# documented parameters.
# The cause is in lightgbm/operator_converters/LightGbm.py: a denominator of 100.0 for rf, and else the objective
# is looked at by the beginning of its name alone ("binary sigmoid:3", "regression sqrt", "multiclassova ...").
#
# The patient with the greatest difference. Seen on 2026-11-30 (Python 3.11, x86-64):
#                         LightGBM                  converted
#   rf, regressor         16.85                     1.685
#   rf, two classes       0.1176 0.8824             0.99 0.01
#   rf, three classes     0.05965 0.8645 0.07582    0.99 0.01
#   sigmoid               0.8361 0.1639             0.6326 0.3674
#   multiclassova         0.08296 0.6169 0.1197     0.04925 0.8767 0.07405
#   reg_sqrt              14.84                     3.852
#   zero_as_missing       11.08                     8.073
#   linear_tree           6.453                     9.285
#   neither of these      the same in both
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxmltools==1.16.0 skl2onnx==1.20.0 \
    lightgbm==4.7.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import onnxruntime
from lightgbm import LGBMClassifier, LGBMRegressor
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(0)
x = random.normal(size=(400, 3)).astype(np.float32)
x[:, 2] = np.where(random.random(400) < 0.5, 0, x[:, 2])
amount = 10 + 3 * x[:, 0] + 4 * (x[:, 2] == 0)
two = (amount > 12).astype(int)
three = np.digitize(amount, [9, 13])
ALL = {
    "n_estimators": 10,
    "num_leaves": 8,
    "random_state": 0,
    "n_jobs": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
FOREST = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}
CASES = {
    "plain regressor": (LGBMRegressor, amount, {}),
    "plain classifier": (LGBMClassifier, two, {}),
    "rf, regressor": (LGBMRegressor, amount, FOREST),
    "rf, two classes": (LGBMClassifier, two, FOREST),
    "rf, three classes": (LGBMClassifier, three, FOREST),
    "sigmoid": (LGBMClassifier, two, {"sigmoid": 3.0}),
    "multiclassova": (LGBMClassifier, three, {"objective": "multiclassova"}),
    "reg_sqrt": (LGBMRegressor, amount, {"reg_sqrt": True}),
    "zero_as_missing": (LGBMRegressor, amount, {"zero_as_missing": True}),
    "linear_tree": (LGBMRegressor, amount, {"linear_tree": True}),
}


def short(values):
    return " ".join(f"{value:.4g}" for value in np.ravel(values))


def answers(name):
    kind, truth, options = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names of features, from scikit-learn
        model = kind(**ALL, **options).fit(x, truth)
        right = model.predict(x) if kind is LGBMRegressor else model.predict_proba(x)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        converted = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, 3]))], zipmap=False)
    assert not said, said[0].message
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    *labels, found = session.run(None, {"x": x})
    if kind is LGBMRegressor:
        found = found.ravel()
    worst = np.abs(found - right).max() if found.shape == right.shape else np.inf
    row = 0 if found.shape != right.shape else int(np.abs(found - right).reshape(len(x), -1).max(1).argmax())
    print(f"{name}: patient {row}: LightGBM {short(right[row])} | converted {short(found[row])}")
    return right, found, labels[0].ravel() if labels else None, worst


same = True
right, found = {}, {}
for name in CASES:
    right[name], found[name], label, worst = answers(name)
    same &= worst < 1e-4 if name.startswith("plain") else worst > 0.1
    if name == "rf, two classes":
        same &= not label.any() and found[name][:, 1].max() <= 0.01 and (right[name][:, 1] > 0.5).any()
    if name == "rf, three classes":
        same &= found[name].shape == (400, 2)
same &= np.allclose(found["rf, regressor"], right["rf, regressor"] * 10 / 100, rtol=1e-4)
same &= np.allclose(found["reg_sqrt"] * np.abs(found["reg_sqrt"]), right["reg_sqrt"], rtol=1e-3)
odds = np.log(found["sigmoid"][:, 1] / found["sigmoid"][:, 0])
same &= np.allclose(1 / (1 + np.exp(-3 * odds)), right["sigmoid"][:, 1], atol=1e-4)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
