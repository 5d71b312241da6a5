#!/usr/bin/env bash
# segmentation-models-pytorch 0.6.0: five measures are another number than they should be, without a word:
#
#   metrics, "weighted-imagewise"   the mean over the classes is divided by the number of classes once more: a perfect
#                                   answer of three classes has an IoU, F1 score and accuracy of 1/3, not 1
#   metrics, "micro"                where there is nothing to divide by, nan, whatever `zero_division` says (1 by
#                                   default). The other reductions heed it
#   FocalLoss("multiclass", from_logits=False)   probabilities are made logits by log(p), and these are put through a
#                                   sigmoid: p becomes p / (1 + p). Where the network is sure and right the loss is
#                                   not 0
#   SoftCrossEntropyLoss, ignore_index   divides by all pixels, and not by those that count: the more are ignored, the
#                                   smaller. It is said to be a "drop-in replacement for torch.nn.CrossEntropyLoss"
#   SoftBCEWithLogitsLoss, ignore_index   likewise
#
# One would expect 1 for a perfect answer; zero_division's value; the loss of the logits whose sigmoid is p, or at
# least 0 for a sure and right answer; and torch's CrossEntropyLoss, which divides by the pixels that count.
# The causes: in metrics/functional.py, (score.mean(0) * class_weights).mean(), where the weights already sum up to 1,
# and no _handle_zero_division for "micro"; in losses/focal.py, torch.log(y_pred) before focal_loss_with_logits; in
# losses/_functional.py and losses/soft_bce.py, .mean() after ignored pixels are set to 0.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                        right     segmentation-models-pytorch
#   IoU, weighted-imagewise, weights 1 1 1, all pixels right       1         0.333
#   IoU, weighted, the same                                        1         1
#   IoU, micro, an empty mask and an empty answer                  1         nan
#   FocalLoss, probabilities 1 0 0, class 0 (gamma 2)              0         0.058
#   SoftCrossEntropyLoss, 90 of 100 pixels ignored                 1.300     0.130
#   SoftBCEWithLogitsLoss, 90 of 100 pixels ignored                0.693     0.069
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check segmentation-models-pytorch==0.6.0 torch==2.14.1 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import math
import sys
import warnings

import torch
from segmentation_models_pytorch import losses, metrics

warnings.simplefilter("error")
same = True


def show(name, right, found, seen):
    global same
    found = float(found)
    print(f"{name}: right {right:.3f}, found {found:.3f}")
    same &= abs(found - seen) < 0.001 or (math.isnan(found) and math.isnan(seen))


# Metrics: all pixels right
torch.manual_seed(0)
truth = torch.arange(3).repeat(2, 12).reshape(2, 6, 6)
counts = metrics.get_stats(truth, truth, mode="multiclass", num_classes=3)
for name in ("iou_score", "f1_score", "accuracy"):
    measure = getattr(metrics, name)
    for reduction, seen in (("weighted", 1.0), ("weighted-imagewise", 1 / 3)):
        found = measure(*counts, reduction=reduction, class_weights=[1.0, 1.0, 1.0])
        show(f"{name}, {reduction}", 1.0, found, seen)

# Metrics: nothing there, and nothing found
empty = torch.zeros((1, 1, 4, 4), dtype=torch.long)
counts = metrics.get_stats(empty, empty, mode="binary")
for reduction, seen in (("macro", 1.0), ("micro-imagewise", 1.0), ("micro", math.nan)):
    show(
        f"iou_score of empty masks, {reduction}",
        1.0,
        metrics.iou_score(*counts, reduction=reduction),
        seen,
    )

# Focal loss
sure = torch.zeros((1, 3, 1, 1))
sure[0, 0] = 1
loss = losses.FocalLoss("multiclass", from_logits=False)(
    sure, torch.zeros((1, 1, 1), dtype=torch.long)
)
show("FocalLoss, multiclass, sure and right", 0.0, loss, 0.5**2 * math.log(2) / 3)
loss = losses.FocalLoss("binary", from_logits=False)(sure, sure)
show("FocalLoss, binary, sure and right", 0.0, loss, 0.0)

# Ignored pixels
logits = torch.randn((1, 3, 10, 10))
classes = torch.randint(0, 3, (1, 10, 10))
classes[0, 1:] = -100
right = torch.nn.CrossEntropyLoss()(logits, classes)
for smooth in (0.0, 0.1):
    right = torch.nn.CrossEntropyLoss(label_smoothing=smooth)(logits, classes)
    loss = losses.SoftCrossEntropyLoss(smooth_factor=smooth)(logits, classes)
    show(
        f"SoftCrossEntropyLoss, smooth {smooth}, 90 of 100 ignored", right, loss, float(right) / 10
    )
mask = (classes[:, None] > 0).float()
mask[classes[:, None] == -100] = -100
logits = torch.zeros((1, 1, 10, 10))
loss = losses.SoftBCEWithLogitsLoss()(logits, mask)
show("SoftBCEWithLogitsLoss, 90 of 100 ignored", math.log(2), loss, math.log(2) / 10)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
