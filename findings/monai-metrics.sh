#!/usr/bin/env bash
# MONAI 1.6.1: five measures are another number than they should be, without a word:
#
#   ConfusionMatrixMetric   and FBetaScore, of masks of bool: no voxel is ever a true positive. A perfect answer has the
#                           sensitivity and the F1 score 0. Of float, int and uint8 masks they are right
#   compute_froc_curve_data leaves out the lowest score. A detector that finds every lesion, and nothing else, gets 0
#                           where it is as sure of each
#   compute_roc_auc         average="weighted" of labels of uint8: 300 patients of a class weigh as much as 44, and 256
#                           as none. So does compute_average_precision
#   VarianceMetric          takes the classes for further repeats. Five networks that agree in every voxel have a
#                           variance. It also writes 0.0005 over the zeros of the answers that it is given
#   DetectEnvelope          (a transform) of an even length drops the highest frequency, which SciPy's
#                           hilbert keeps
#
# One would expect: "The values should be binarized", as bool is; the sensitivity at "different thresholds", the lowest
# score among them; weights "by support (the number of true instances for each label)"; and 0 where all repeats
# are equal ("Compute the Variance of a given T-repeats N-dimensional array").
# The causes: (y_pred + y) == 2, where True + True is True; all_probs[1:], as in CAMELYON16's own script, where a lesion
# that was missed has the score 0 and is the lowest; the builtin sum of a row of uint8, which stays uint8; the reshape
# to [repeats * classes, ..], and y_pred.float(), which does not copy; torch.arange(-(n // 2), 0).
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                          expected      seen
#   sensitivity of a perfect answer, bool                            1             0
#   FROC of two lesions, both found with 0.9                         1             0
#   FROC of two lesions, found with 0.9 and 0.8                      1             0.5
#   weighted ROC AUC of 300 and 100 patients, AUCs 0 and 1           0.25          0.69
#   variance of five equal answers, 0.9 and 0.1                      0             0.16
#   variance of five sure answers that disagree, 0 and 1             0.24          0.25
#   envelope of 1 -1 1 -1 1 -1 1 -1                                  1             0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check monai==1.6.1 torch==2.14.1 numpy==2.4.6 \
    scipy==1.17.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import torch
from monai.metrics import (
    ConfusionMatrixMetric,
    VarianceMetric,
    compute_average_precision,
    compute_fp_tp_probs_nd,
    compute_froc_curve_data,
    compute_froc_score,
    compute_roc_auc,
)
from monai.metrics.f_beta_score import FBetaScore
from monai.transforms import DetectEnvelope
from scipy.signal import hilbert
from sklearn.metrics import average_precision_score, roc_auc_score

warnings.simplefilter("error")
same = True


def check(name, seen, right, wrong):
    global same
    print(f"{name}: expected {right}, seen {round(float(seen), 2)}")
    same &= round(float(seen), 2) == wrong != right


mask = torch.zeros(1, 2, 4, 4)
mask[:, 0, 2:] = mask[:, 1, :2] = 1
for kind in (torch.bool, torch.float32, torch.int64, torch.uint8):
    for name, metric in (
        ("sensitivity", ConfusionMatrixMetric(metric_name="sensitivity")),
        ("F1 score", ConfusionMatrixMetric(metric_name="f1 score")),
        ("F-beta score", FBetaScore()),
    ):
        metric(mask.to(kind), mask.to(kind))
        seen = metric.aggregate()[0].item()
        if kind == torch.bool:
            check(f"{name} of a perfect answer, bool", seen, 1, 0)
        else:
            same &= seen == 1

lesions = np.zeros((10, 10), int)
lesions[1:3, 1:3], lesions[6:8, 6:8] = 1, 2


def froc(scores, places):
    false, true, number = compute_fp_tp_probs_nd(np.array(scores), np.array(places), lesions)
    assert number == 2
    assert sorted(true) == sorted(np.float32(scores[:2]))
    return compute_froc_score(*compute_froc_curve_data(false, true, number, num_images=1))


check("FROC of two lesions, both found with 0.9", froc([0.9, 0.9], [[1, 1], [6, 6]]), 1, 0)
check("FROC of two lesions, found with 0.9 and 0.8", froc([0.9, 0.8], [[1, 1], [6, 6]]), 1, 0.5)
# a false alarm with 0.1 makes it better
same &= froc([0.9, 0.8, 0.1], [[1, 1], [6, 6], [9, 9]]) == 1

labels = np.eye(2, dtype=np.uint8)[np.repeat([0, 1], [300, 100])]
scores = np.stack([1.0 - labels[:, 0], labels[:, 1]], axis=1) + np.linspace(0, 0.1, 400)[:, None]
for name, compute, reference, wrong in (
    ("ROC AUC", compute_roc_auc, roc_auc_score, 0.69),
    ("average precision", compute_average_precision, average_precision_score, 0.86),
):
    right = round(float(reference(labels, scores, average="weighted")), 2)
    check(
        f"weighted {name}",
        compute(torch.tensor(scores), torch.tensor(labels), "weighted"),
        right,
        wrong,
    )
    whole = compute(torch.tensor(scores), torch.tensor(labels.astype(np.int64)), "weighted")
    same &= round(float(whole), 2) == right

variance = VarianceMetric(scalar_reduction="mean")
equal = torch.tensor([0.9, 0.1])[None, :, None].repeat(5, 1, 4)
check(
    "variance of five equal answers",
    variance(equal),
    float(equal.var(dim=0, unbiased=False).mean()),
    0.16,
)
votes = torch.eye(2)[[0, 0, 1, 1, 1]][:, :, None].repeat(1, 1, 4)
right = round(float(votes.var(dim=0, unbiased=False).mean()), 2)
check("variance of five that disagree", variance(votes), right, 0.25)
same &= bool(votes.min() > 0)  # it held zeros

wave = torch.tensor([[1.0, -1] * 4])
check(
    "envelope of 1 -1 ..",
    DetectEnvelope(axis=1)(wave).max(),
    round(abs(hilbert(wave[0])).max(), 2),
    0,
)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
