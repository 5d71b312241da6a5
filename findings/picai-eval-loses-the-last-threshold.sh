#!/usr/bin/env bash
# picai_eval 1.4.13 (lesions found, as in the PI-CAI challenge): the lesions of the lowest confidence are not counted in
# lesion_TP, lesion_FP, lesion_TPR and lesion_TPR_at_FPR, unless a lesion was missed.
#
# One would expect a sensitivity of 1 for a detector that finds every lesion and nothing else. It is 0.5 for two lesions of
# confidence 0.9 and 0.4, and 0 for any number of one confidence. One false alarm below them makes it 1. Where a lesion
# was missed its entry of confidence 0 is the one that is lost, as is meant.
#
# The cause, in metrics.py: calculate_counts() has a point for each confidence, and the last one's is overwritten "to
# extend the curve to infinity" (TP[-1] = TP[-2]; FP[-1] = inf; with one point both are 0). Nothing looks whether it is 0.
# AP and AUROC come of scikit-learn and are right.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), two lesions found, at most one false alarm a scan:
#                                                    by hand     picai_eval     AP
#   confidences 0.9 and 0.4                          1           0.5            1
#   0.9 and 0.9                                      1           0              1
#   0.9 and 0.4, and a false alarm of 0.2            1           1              1
#   0.9 and 0.4, and one lesion missed               0.667       0.667          0.667
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check picai_eval==1.4.13 numpy==2.4.6 scipy==1.17.1 \
    scikit-learn==1.9.1 SimpleITK==2.5.7
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from picai_eval import evaluate


def scan(*spots):
    """A slice of 30 x 30 with a square of 5 x 5 for each (row, value)."""
    made = np.zeros((1, 30, 30), np.float32)
    for row, value in spots:
        made[0, row : row + 5, 10:15] = value
    return made


def sensitivity(found, there):
    """Of lesions found with a confidence, at most one false alarm a scan; and the AP."""
    metrics = evaluate([scan(*one) for one in found], [scan(*one).astype(int) for one in there])
    return round(float(metrics.lesion_TPR_at_FPR(1)), 3), round(float(metrics.AP), 3)


HERE, BELOW = 3, 20
two = [[(HERE, 1)], [(HERE, 1)], []]
three = [[(HERE, 1)], [(HERE, 1), (BELOW, 1)], []]
CASES = {  # confidences found in three scans, the lesions there, by hand, said, the AP
    "0.9, 0.4": ([[(HERE, 0.9)], [(HERE, 0.4)], []], two, 1, 0.5, 1),
    "0.9, 0.9": ([[(HERE, 0.9)], [(HERE, 0.9)], []], two, 1, 0, 1),
    "a false alarm": ([[(HERE, 0.9)], [(HERE, 0.4)], [(HERE, 0.2)]], two, 1, 1, 1),
    "one missed": ([[(HERE, 0.9)], [(HERE, 0.4)], []], three, 0.667, 0.667, 0.667),
}
same = True
for name, (found, there, right, wrong, precision) in CASES.items():
    said = sensitivity(found, there)
    print(f"{name}: by hand {right}, picai_eval {said[0]}, AP {said[1]}")
    same &= said == (wrong, precision)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
