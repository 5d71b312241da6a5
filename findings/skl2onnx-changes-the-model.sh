#!/usr/bin/env bash
# skl2onnx 1.20.0 (scikit-learn to ONNX) converts six kinds of models to something else, without a word:
#   KNeighbors..., weights="distance"  distances are negated, then cut at 1e-6: all weights are equal
#   LinearDiscriminantAnalysis         of two classes: sigmoid of twice the score (issue 1116, closed)
#   OneVsRestClassifier(LinearSVC)     of two classes: the score is cut at 0.5, and not at 0
#   BaggingClassifier(LinearSVC)       votes are summed over samples, not members: one answer for each member
#   isotonic CalibratedClassifierCV    gives other probabilities: it does not interpolate (issue 200)
#   Normalizer("max")                  divides by the greatest value, not by the greatest absolute value
# One would expect the answers of scikit-learn: the fitted model is what to_onnx converts.
#
# scikit-learn, then converted. Seen on 2026-11-30 (Python 3.11, x86-64):
#   KNeighborsRegressor          85                       55
#   KNeighborsClassifier         2                        1
#   LinearDiscriminantAnalysis   0.3528 0.569 0.1579      0.2291 0.6354 0.03398
#   OneVsRestClassifier          54 of 200 are of class 1 19
#   BaggingClassifier            200 answers              5
#   CalibratedClassifierCV       0.8598                   0.9111
#   Normalizer                   -1 0.5 0.25              -2 1 0.5
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
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import Normalizer
from sklearn.svm import LinearSVC


def converted(model, rows, **options):
    file = to_onnx(model, rows[:1], options=options or None)
    return onnxruntime.InferenceSession(file.SerializeToString()).run(None, {"X": rows})


same = []


def tell(name, right, found, still):
    flat = [" ".join(f"{v:.4g}" for v in np.asarray(a, float).ravel()) for a in (right, found)]
    print(f"{name}: scikit-learn {flat[0]} | converted {flat[1]}", "" if still else " (otherwise now)")
    same.append(bool(still))


# neighbours at 0, 1 and 4; the point at 3.5 is 0.5 and 2.5 away from its two nearest
x = np.array([[0], [1], [4]], np.float32)
point = np.array([[3.5]], np.float32)
model = KNeighborsRegressor(2, weights="distance").fit(x, [0, 10, 100])
right, found = model.predict(point), converted(model, point)[0]
tell("KNeighborsRegressor", right, found, np.allclose(right, 85) and np.allclose(found, 55))
model = KNeighborsClassifier(2, weights="distance").fit(x, [0, 1, 2])
right, found = model.predict(point), converted(model, point, zipmap=False)[0]
tell("KNeighborsClassifier", right, found, right == [2] and found == [1])

# probabilities of two classes
rng = np.random.default_rng(0)
rows = rng.normal(size=(200, 2)).astype(np.float32)
two = (rows[:, 0] + rng.normal(size=200) > 0.5).astype(int)
model = LinearDiscriminantAnalysis().fit(rows, two)
decision = model.decision_function(rows)
right, found = model.predict_proba(rows)[:, 1], converted(model, rows, zipmap=False)[1][:, 1]
by_hand, twice = 1 / (1 + np.exp(-decision)), 1 / (1 + np.exp(-2 * decision))
tell(
    "LinearDiscriminantAnalysis",
    right[:3],
    found[:3],
    np.allclose(right, by_hand) and np.allclose(found, twice, atol=1e-5),
)

# two classes, from a score whose sign decides
model = OneVsRestClassifier(LinearSVC(random_state=0)).fit(rows, two)
score = model.decision_function(rows)
right, found = model.predict(rows), converted(model, rows)[0]
still = (right == (score > 0)).all() and (found == (score > 0.5)).all() and (right != found).any()
tell("OneVsRestClassifier", [right.sum()], [found.sum()], still)

# three classes, 200 rows, five members that have no predict_proba
three = two + (rows[:, 1] > 0)
model = BaggingClassifier(LinearSVC(random_state=0), 5, random_state=0).fit(rows, three)
right, found = model.predict(rows), converted(model, rows, zipmap=False)[0]
tell("BaggingClassifier", right.shape, found.shape, right.shape == (200,) and found.shape == (5,))

# isotonic calibration
model = CalibratedClassifierCV(LogisticRegression(), method="isotonic").fit(rows, two)
right, found = model.predict_proba(rows)[:, 1], converted(model, rows, zipmap=False)[1][:, 1]
at = np.argmax(abs(right - found))
tell("CalibratedClassifierCV", [right[at]], [found[at]], abs(right - found).max() > 0.01)

signed = np.array([[-4, 2, 1]], np.float32)
model = Normalizer("max").fit(signed)
right, found = model.transform(signed), converted(model, signed)[0]
tell("Normalizer", right, found, np.allclose(found, [-2, 1, 0.5]))

sys.exit(not all(same))
PY
cd "$work" && ./venv/bin/python try.py
