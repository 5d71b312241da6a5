#!/usr/bin/env bash
# pycm 4.6: `PRCurve(...).area()`, the area under precision and recall, leaves out the part of the curve before
# its first point. A model that is right for everybody does not get 1, and the surer it is the less it gets: 0 where
# its probabilities are 0 and 1 alone, as those of an int8 softmax nearly are. A worse model gets more.
#
# One would expect 1 for a model whose precision is 1 at every recall: "a larger area under the curve represents
# better performance", its README says. Its ROCCurve gives these models 1. Trapezoids are summed up between the points
# of the thresholds alone. At the greatest probability all patients who have it are found at once, so this point
# is not at recall 0, and what lies left of it is missing. Nothing is said of that (where the greatest probability
# of the other class is greater still, there is a warning of a point without a number, which is not drawn).
#
# Ten patients, four of them with a tumor (class 1). By hand: the average precision. Seen on 2026-11-30 (Python 3.11,
# x86-64):
#                                         area   by hand   ROC area
#   all right, 0 and 1 alone              0      1         1
#   all right, ten probabilities          0.75   1         1
#   two of the four are ranked low        0.44   0.70      0.58
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pycm==4.6 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from pycm import PRCurve, ROCCurve

truth = np.array([0] * 6 + [1] * 4)
CASES = {  # probabilities of class 1, area seen
    "all right, 0 and 1 alone": ([0.0] * 6 + [1.0] * 4, 0.0),
    "all right, ten probabilities": ([0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 1], 0.75),
    "two of the four are ranked low": ([0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.05, 0.1, 0.8, 1], None),
}
warnings.simplefilter("error")


def average_precision(scores):
    """Precision at each threshold, weighted with the recall that it adds."""
    total, before = 0.0, 0.0
    for threshold in np.unique(scores)[::-1]:
        chosen = scores >= threshold
        recall = (truth[chosen] == 1).sum() / (truth == 1).sum()
        total += (recall - before) * (truth[chosen] == 1).mean()
        before = recall
    return total


same = True
areas = []
for name, (scores, seen) in CASES.items():
    scores = np.array(scores)
    both = np.c_[1 - scores, scores]
    area = PRCurve(truth, both, classes=[0, 1]).area()[1]
    roc = ROCCurve(truth, both, classes=[0, 1]).area()[1]
    print(f"{name}: area {area:.2f}, by hand {average_precision(scores):.2f}, ROC area {roc:.2f}")
    areas.append(area)
    if seen is not None:
        same &= abs(area - seen) < 1e-9 and average_precision(scores) == 1 and roc == 1
same &= areas[2] > areas[0]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
