#!/usr/bin/env bash
# imbalanced-learn 0.14.2: `specificity_score` with sample_weight is another number: below 0, above 1, or,
# worse, one that could be right. Weighted with 2 each, patients have another specificity than unweighted.
#
# Weights are used where several slices or scans of a patient are to count as one patient, or where a test
# set is brought to the shares of another population.
#
# One would expect TN / (TN + FP), as its docs have it, of weights: equal weights change nothing, and a weight
# of 3 is the same as three such patients. sensitivity_score does so, as does scikit-learn's recall.
# The cause: TN is the number of patients minus sums of weights (sensitivity_specificity_support, issue 1180).
# geometric_mean_score with an average, and classification_report_imbalanced, are computed of it.
#
# 8 healthy patients, 2 of them called sick. Specificity by hand: 0.75.
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   each weight 1     0.75
#   each weight 2     0.33
#   each weight 3     -0.50
#   each weight 0.5   0.89
#   each weight 0.1, so that they sum up to 1   0.98
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imbalanced-learn==0.14.2 \
    scikit-learn==1.9.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from imblearn.metrics import sensitivity_score, specificity_score
from sklearn.metrics import recall_score

truth = np.array([0] * 8 + [1] * 2)
called = np.array([0] * 6 + [1] * 2 + [1, 0])
SEEN = {1: 0.75, 2: 0.33, 3: -0.50, 0.5: 0.89, 0.1: 0.98}
same = True
for weight, seen in SEEN.items():
    weights = np.full(10, float(weight))
    found = specificity_score(truth, called, sample_weight=weights)
    right = recall_score(truth, called, pos_label=0, sample_weight=weights)
    sensitivity = sensitivity_score(truth, called, sample_weight=weights)
    print(f"each weight {weight}: specificity {found:.2f}, scikit-learn {right:.2f}", end="")
    print(f" | sensitivity {sensitivity:.2f}")
    same &= round(found, 2) == seen and round(right, 2) == 0.75 and round(sensitivity, 2) == 0.5
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
