#!/usr/bin/env bash
# miseval 1.3.0 (MISeval, metrics of medical image segmentations): all three distances are something else than their
# names say, without a word:
#
#   HD    Hausdorff distance: 0, a perfect answer, where the predicted tumour lies ten pixels below the true one. Both
#         pictures go to the `hausdorff` package as they are, and that takes each row of pixels for one point. So the
#         place of a row does not matter. All classes get one number, the same
#   AHD   average Hausdorff distance: the greatest distance, and not a mean. One false pixel in a corner makes it 17.8
#   BD    boundary distance: the mean of each point's distance to all points of the other boundary, and not to the
#         nearest. Two equal masks have 2.5
#
# One would expect 10 for HD in the first case (the two masks are the same shape, ten pixels apart), the mean of the
# distances between both boundaries for AHD, and 0 for two equal masks. The project's page lists these three names.
# The causes, in hausdorff.py: hausdorff_distance(truth, pred), where c is not used; np.max in
# calc_AverageHausdorffDistance. In boundary_distance.py, two loops over all points and then np.mean.
#
# A mask of 3 x 4 pixels in 20 x 20. Seen on 2026-12-01 (Python 3.11, x86-64):
#                                          right     miseval
#   HD, ten pixels lower                   10         0
#   HD, ten pixels to the right            10         2
#   HD, the mask and a pixel in a corner   17.8       1
#   AHD, the mask and a pixel in a corner   0.81     17.8
#   BD, the mask and itself                 0         2.53
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check miseval==1.3.0 hausdorff==0.2.6 dictances==1.5.3 \
    numba==0.68.1 numpy==2.4.6 scikit-image==0.26.0 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from miseval import evaluate
from scipy.spatial.distance import cdist

warnings.simplefilter("error")
same = True


def boundary(mask):  # the pixels of the mask that have one outside beside them
    wide = np.pad(mask, 1)
    inside = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return np.argwhere(mask & ~inside)


def nearest(a, b):  # from each boundary to the other
    distances = cdist(boundary(a > 0), boundary(b > 0))
    return distances.min(1), distances.min(0)


def show(name, right, found, seen):
    global same
    print(f"{name}: right {right:.2f}, miseval {found:.2f}")
    same &= abs(found - seen) < 0.01
    same &= abs(found - right) > 0.5


truth = np.zeros((20, 20), np.int64)
truth[2:5, 4:8] = 1
lower = np.roll(truth, 10, axis=0)
aside = np.roll(truth, 10, axis=1)
speck = truth.copy()
speck[18, 18] = 1
for name, mask, right, seen in (
    ("ten lower", lower, 10.0, 0.0),
    ("ten aside", aside, 10.0, 2.0),
    ("a pixel in a corner", speck, np.hypot(14, 11), 1.0),
):
    assert max(map(max, nearest(truth, mask))) == right
    show(f"HD, {name}", right, evaluate(truth, mask, metric="HD"), seen)
mean = np.mean([distances.mean() for distances in nearest(truth, speck)])
show("AHD, a pixel in a corner", mean, evaluate(truth, speck, metric="AHD"), np.hypot(14, 11))
show("BD, the mask itself", 0.0, evaluate(truth, truth, metric="BD"), 2.53)

# The second class is found ten pixels off, the first exactly
truth[12:15, 4:8] = 2
found = np.where(truth == 1, 1, 0) + 2 * np.roll(truth == 2, 10, axis=1)
each = evaluate(truth, found, metric="HD", multi_class=True, n_classes=3)
print("HD of each class:", *each)
same &= each[1] == each[2] > 0
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
