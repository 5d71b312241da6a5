#!/usr/bin/env bash
# torchmetrics 1.9.0: three measures are another number by the unit, the scores or the shape of the data. No warning.
#   R2Score, r2_score      the prediction is called perfect (1) where the squares of all errors sum up to less than
#                          0.0001. Diffusion in mm2/s (about 0.0008) is always predicted perfectly, in um2/s it is not.
#                          Where the squares of the values sum up to less, and those of the errors do not, it is 0.
#                          RelativeSquaredError of float32 divides by 0.0000001 at least
#   AUROC, ROC, with `thresholds`   the curve starts at those who have a score of 1, not at nobody, and the area before
#                          it is left out. A model that has 1 for all gets 0 instead of 0.5. In float32 a logistic
#                          function is 1 from 17 on
#   HausdorffDistance      of images that are wider than high: distances are put at other pixels. Upstream knows that
#                          it raises an IndexError where they are higher than wide (issue 3300; pull 3338, open)
# One would expect scikit-learn 1.9.1's R2 and area, and SciPy 1.17.1's distance. R2 has no unit. Of `thresholds` the
# documentation says that it is less accurate with few; this does not get better with more.
# The causes, in torchmetrics/functional: regression/r2.py, torch.isclose(rss, 0, atol=1e-4) and the same of tss, which
# are there for constant targets, and rse.py; classification/roc.py, which adds the point (0, 0) only where it has no
# thresholds; segmentation/utils.py, z[i1 * h + j1], where h is the number of rows.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                    expected   torchmetrics
#   R2 of a wrong prediction of diffusion, in um2/s            -0.85      -0.85
#   the same in mm2/s                                          -0.85      1
#   one that is 0.01 mm2/s off                                 -21275.6   0
#   relative squared error (1 - R2), of float32, of the first   1.85       0.73
#   AUROC, exact, 10 well and 10 ill who all have 1            0.5        0.5
#   AUROC, 200 thresholds                                      0.5        0
#   AUROC, exact, classes as probabilities 0 and 1, 3 classes  0.75       0.75
#   AUROC, 200 thresholds                                      0.75       0.69
#   Hausdorff distance of two squares, 8 x 8 pixels            3          3
#   8 x 16                                                     3          10
#   8 x 40                                                     3          37.22
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torchmetrics==1.9.0 torch==2.14.1 \
    scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.metrics import r2_score, roc_auc_score
from torchmetrics.functional.classification import binary_auroc, multiclass_auroc
from torchmetrics.functional.regression import r2_score as torch_r2
from torchmetrics.functional.regression import relative_squared_error
from torchmetrics.functional.segmentation import hausdorff_distance

warnings.simplefilter("error")
same = True


def show(name, expected, found, right, wrong):
    global same
    expected, found = round(float(expected), 2), round(float(found), 2)
    print(f"{name}: expected {expected:g}, torchmetrics {found:g}")
    same &= (expected, found) == (right, wrong)


def r2(name, target, predicted, right, wrong):
    found = torch_r2(torch.tensor(predicted), torch.tensor(target))
    show(name, r2_score(target, predicted), found, right, wrong)


# Mean diffusivity of ten patients.
true = np.array([700.0, 820, 760, 690, 900, 840, 770, 730, 810, 880])
other = true[::-1].copy()
r2("R2, um2/s", true, other, -0.85, -0.85)
r2("R2, mm2/s", true / 1e6, other / 1e6, -0.85, 1)
r2("R2, mm2/s, 0.01 off", true / 1e6, true / 1e6 + 0.01, -21275.6, 0)
given = [torch.tensor(each / 1e6, dtype=torch.float32) for each in (other, true)]
found = relative_squared_error(*given)
show("relative error, mm2/s", 1 - r2_score(true, other), found, 1.85, 0.73)

ones, ill = np.ones(20, np.float32), np.repeat([0, 1], 10)
area = roc_auc_score(ill, ones)
given = torch.tensor(ones), torch.tensor(ill)
show("AUROC, exact", area, binary_auroc(*given), 0.5, 0.5)
show("AUROC, 200 thresholds", area, binary_auroc(*given, thresholds=200), 0.5, 0)
names = np.array([0, 0, 1, 1, 2, 2])
chosen = np.eye(3, dtype=np.float32)[[0, 1, 1, 1, 2, 0]]
area = roc_auc_score(names, chosen, multi_class="ovr")
given = torch.tensor(chosen), torch.tensor(names), 3
show("AUROC, three classes", area, multiclass_auroc(*given), 0.75, 0.75)
show("AUROC, 200 thresholds", area, multiclass_auroc(*given, thresholds=200), 0.75, 0.69)

for width, wrong in ((8, 3), (16, 10), (40, 37.22)):
    first, second = np.zeros((8, width), int), np.zeros((8, width), int)
    first[2:5, 1:4] = second[2:5, 4:7] = 1
    apart = cdist(np.argwhere(first), np.argwhere(second))
    farthest = max(apart.min(axis=0).max(), apart.min(axis=1).max())
    found = hausdorff_distance(
        torch.tensor(first[None, None]),
        torch.tensor(second[None, None]),
        1,
        include_background=True,
    )
    show(f"Hausdorff distance, 8 x {width}", farthest, found, 3, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
