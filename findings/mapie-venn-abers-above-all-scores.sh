#!/usr/bin/env bash
# MAPIE 1.6.0, VennAbersCalibrator: where a patient's score is higher than all that the calibration had, and the highest
# of these was a false alarm, the upper of the two probabilities is too low. So is the calibrated probability, for the
# patients of whom the model is surest. No error, no warning.
#
# Venn-Abers calibration gives two probabilities: isotonic regression of the calibration set with the patient as a
# negative (p0), and as a positive (p1). A positive that lies above all others is a block of its own, so p1 is 1 there,
# whatever is below. One would expect what scikit-learn's IsotonicRegression gives, fitted so, and what venn-abers 1.5.4
# gives, of which MAPIE's is a copy. For all other scores the three agree.
# The cause is calc_p0p1 in _venn_abers.py: at the last point all slopes are 0 / 0, and it keeps the one before.
# venn-abers has a line more today, which sets the last p1 to 1.
#
# Scores .1 .2 .3 .4 .6 .7 .8 .9 with the outcomes 0 0 0 1 1 1 1 0. Seen on 2026-11-30 (Python 3.11, x86-64), p0 and p1:
#             MAPIE         venn-abers    isotonic regression
#   0.50   0.500 0.833   0.500 0.833   0.500 0.833
#   0.90   0.667 0.833   0.667 0.833   0.667 0.833
#   0.95   0.667 0.833   0.667 1.000   0.667 1.000
#   probability of a patient at 0.95: 0.714, and not 0.750
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mapie==1.6.0 venn-abers==1.5.4 scikit-learn==1.9.1 \
    scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from mapie.calibration import VennAbersCalibrator
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from venn_abers import VennAbers

SCORES = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
OUTCOMES = np.array([0, 0, 0, 1, 1, 1, 1, 0])
PATIENTS = np.array([0.5, 0.9, 0.95])


class Model(ClassifierMixin, BaseEstimator):
    """A classifier that returns its only feature as the probability."""

    def fit(self, features, outcomes):
        self.classes_, self.n_features_in_ = np.unique(outcomes), features.shape[1]
        return self

    def predict_proba(self, features):
        return np.hstack([1 - features, features])

    def predict(self, features):
        return (features[:, 0] > 0.5).astype(int)


def mapie():
    features = SCORES[:, np.newaxis]
    calibrator = VennAbersCalibrator(estimator=Model().fit(features, OUTCOMES), cv="prefit")
    calibrator.fit(features, OUTCOMES)
    return calibrator.predict_proba(PATIENTS[:, np.newaxis], p0_p1_output=True)


def venn_abers():
    calibrator = VennAbers()
    calibrator.fit(np.c_[1 - SCORES, SCORES], OUTCOMES)
    return calibrator.predict_proba(np.c_[1 - PATIENTS, PATIENTS])


def isotonic(score, outcome):
    both = np.append(SCORES, score), np.append(OUTCOMES, outcome)
    return IsotonicRegression().fit(*both).predict([score])[0]


right = np.array([[isotonic(score, outcome) for outcome in (0, 1)] for score in PATIENTS])
probabilities, found = mapie()
other = venn_abers()[1]
for score, *pairs in zip(PATIENTS, found, other, right, strict=True):
    print(f"{score:.2f}", *("{:.3f} {:.3f}".format(*pair) for pair in pairs), sep="   ")
p0, p1 = right[-1]
print(f"probability of a patient at 0.95: {probabilities[-1, 1]:.3f}, and not {p1 / (1 - p0 + p1):.3f}")
same = p1 == 1 and np.allclose(other, right)
same &= np.allclose(found[:-1], right[:-1]) and np.allclose(found[-1], [2 / 3, 5 / 6])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore try.py
