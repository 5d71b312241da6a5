#!/usr/bin/env bash
# MLstatkit 0.1.91: `Delong_test`, which tells whether the areas under two ROC curves differ, finds the
# strongest difference there is (p = 0) between two models that rank all patients alike. And z = 0.
#
#   the same scores               p = 0
#   the same scores, calibrated   p = 0: a calibration, a quantization or a conversion that keeps the ranks
#   both models perfect           p = 0
#
# One would expect p = 1: a z of 0 is a p of 1 in the formula that the function itself uses where there is
# a variance, 2 * (1 - Phi(|z|)). R's pROC, which its docs name, sets z to 0 here and goes by that formula.
# Where DeLong's variance is 0 it turns to a bootstrap, and takes twice the smaller of the shares of
# differences <= 0 and > 0 (delong.py). All are 0 here, so the latter share is 0.
# Code that goes by p < 0.05 reports that a converted model differs significantly from the original.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   the same scores               AUC 0.757 and 0.757: z = 0, p = 0
#   the same scores, calibrated   AUC 0.757 and 0.757: z = 0, p = 0
#   both models perfect           AUC 1 and 1: z = 0, p = 0
#   one score moved               AUC 0.757 and 0.757: z = -0.868, p = 0.385 (for comparison)
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check MLstatkit==0.1.91 numpy==2.4.6 \
    scipy==1.17.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from MLstatkit import Delong_test
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

rng = np.random.default_rng(0)
sick = rng.integers(0, 2, 200)
scores = rng.normal(sick, 1)
moved = scores.copy()
moved[3] += 0.1
perfect = np.repeat([0, 1], 50)
CASES = {
    "the same scores": (sick, scores, scores),
    "the same scores, calibrated": (sick, scores, 1 / (1 + np.exp(-2 * scores))),
    "both models perfect": (perfect, perfect + 0.5 * rng.random(100), perfect + 0.5 * rng.random(100)),
    "one score moved": (sick, scores, moved),
}
same = True
for name, (truth, first, second) in CASES.items():
    z, p, *_ = Delong_test(truth, first, second, n_boot=1000, random_state=0)
    areas = [roc_auc_score(truth, each) for each in (first, second)]
    by_hand = 2 * norm.sf(abs(z))
    print(f"{name}: AUC {areas[0]:.3g} and {areas[1]:.3g}: z = {z:.3g}, p = {p:.3g}", end="")
    print(f" | p of this z by the formula {by_hand:.3g}")
    if name == "one score moved":
        same &= abs(p - by_hand) < 1e-6 and p > 0.3
    else:
        same &= areas[0] == areas[1] and z == 0 and p == 0
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
