#!/usr/bin/env bash
# skl2onnx 1.20.0 (scikit-learn to ONNX) loses what a model learnt of missing values, without a word:
#   SimpleImputer(add_indicator=True)   the columns that tell which values were missing are left out
#   decision trees and forests          a missing value takes the right branch at every node. scikit-learn
#                                       learns for each node where it goes (missing_go_to_left; issue 1253)
# One would expect what scikit-learn answers, or an error, as for other options that it cannot convert.
# The converter of SimpleImputer does not look at add_indicator (imputer_op.py). That of the trees writes
# nodes_missing_value_tracks_true as 0 for each node (common/tree_ensemble.py).
#
# The tree has seen 0 and missing as class 0, and 1 as class 1. Seen on 2026-11-30 (Python 3.11, x86-64):
#   SimpleImputer            1 2 0 | 1 4 1   converted 1 2 | 1 4
#   DecisionTreeClassifier   missing is 0    converted 1
#   RandomForestClassifier   missing is 0    converted 1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check skl2onnx==1.20.0 scikit-learn==1.9.1 \
    onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.tree import DecisionTreeClassifier


def converted(model, rows):
    file = to_onnx(model, rows[:1])
    return onnxruntime.InferenceSession(file.SerializeToString()).run(None, {"X": rows})[0]


gaps = np.array([[1, 2], [np.nan, 4]], np.float32)
model = SimpleImputer(add_indicator=True).fit(gaps)
right, found = model.transform(gaps), converted(model, gaps)
print("SimpleImputer: scikit-learn", right.tolist(), "| converted", found.tolist())
same = right.tolist() == [[1, 2, 0], [1, 4, 1]] and found.tolist() == [[1, 2], [1, 4]]

rows = np.array([[0], [1], [np.nan]] * 8, np.float32)
for kind in (DecisionTreeClassifier(random_state=0), RandomForestClassifier(9, random_state=0)):
    model = kind.fit(rows, [0, 1, 0] * 8)
    right, found = model.predict(rows)[:3].tolist(), converted(model, rows)[:3].tolist()
    print(f"{type(model).__name__} of 0, 1, missing: scikit-learn", *right, "| converted", *found)
    same &= right == [0, 1, 0] and found == [0, 1, 1]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
