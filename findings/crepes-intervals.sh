#!/usr/bin/env bash
# crepes 0.9.1 (conformal prediction): the intervals of regressors are wrong in two cases, the first without a word:
#
#   a group that the calibration did not have   (Mondrian, bins=...) as a patient from a new scanner. The interval is
#                    from 0 to 0, whatever was predicted, and as sure as can be. Of a ConformalPredictiveSystem, too
#   confidence 0.9 and 0.8, where the number of calibration patients plus one divides evenly (9, 19, 29 ..)   It
#                    is one patient too wide, and with 9 patients infinite (a warning says that they are too few)
#
# One would expect an infinite interval for a group of which nothing is known. The same library has it so for classes:
# its ConformalClassifier takes all of them, and predict_p of the regressor itself gives p = 1 to any value.
# The second: for a confidence of 90 % and n patients, the residual number ceil(0.9 * (n + 1)) from below, 9 of 9.
# The causes, in base.py: intervals starts as np.zeros, and only the bins of the calibration are filled in;
# int((1-confidence)*(len(self.alphas)+1))-1, where (1 - 0.9) * 10 is 0.9999999999999998 and int cuts it to 0.
#
# Predicted is 40. Seen on 2026-12-01 (Python 3.11, x86-64):    right            crepes
#   ConformalRegressor, scanner 1, as calibrated                30.2 to 49.8     30.2 to 49.8
#   ConformalRegressor, scanner 3, not calibrated               all values       0 to 0
#   ConformalPredictiveSystem, scanner 3                        all values       0 to 0
#   residuals 1 to 9, confidence 0.9: half the width            9                infinite
#   residuals 1 to 19, confidence 0.9                           18               19
#   residuals 1 to 19, confidence 0.95                          19               19
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check crepes==0.9.1 numpy==2.4.6 scipy==1.17.1 \
    pandas==3.1.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import math
import sys
import warnings
from fractions import Fraction

import numpy as np
from crepes import ConformalClassifier, ConformalPredictiveSystem, ConformalRegressor

warnings.simplefilter("error")
same = True

# A scanner that the calibration did not have
rng = np.random.default_rng(0)
residuals = 5 * rng.normal(size=100)
scanners = np.repeat([1, 2], 50)
predicted, new = np.full(3, 40.0), np.array([1, 2, 3])
for kind in (ConformalRegressor, ConformalPredictiveSystem):
    model = kind()
    model.fit(residuals, bins=scanners)
    intervals = model.predict_int(predicted, bins=new)
    for scanner, (low, high) in zip(new, intervals, strict=True):
        print(f"{kind.__name__}, scanner {scanner}: {low:.1f} to {high:.1f}")
        same &= (low == high == 0) if scanner == 3 else (low < 40 < high)
model = ConformalRegressor()
model.fit(residuals, bins=scanners)
chances = model.predict_p(predicted, np.array([40.0, 40.0, 1000.0]), bins=new, smoothing=False)
same &= chances[2] == 1  # no value is ruled out
model = ConformalClassifier()
model.fit(rng.random(100), bins=scanners)
taken = model.predict_set(np.array([[0.1, 0.9]] * 3), bins=new, smoothing=False)
same &= taken[2].all()  # no class is ruled out

# Confidence
warnings.simplefilter("ignore")  # of 9 patients: "too small for the chosen confidence level"
for patients, confidence, seen in (
    (9, 0.9, math.inf),
    (10, 0.9, 10),
    (19, 0.9, 19),
    (39, 0.9, 37),
    (9, 0.8, 9),
    (19, 0.95, 19),
):
    number = math.ceil(Fraction(str(confidence)) * (patients + 1))
    assert number <= patients
    model = ConformalRegressor()
    model.fit(np.arange(1.0, patients + 1))
    found = float(model.predict_int(np.zeros(1), confidence=confidence)[0, 1])
    print(f"{patients} patients, confidence {confidence}: right {number}, crepes {found:g}")
    same &= found == seen
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
