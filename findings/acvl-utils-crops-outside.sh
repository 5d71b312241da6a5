#!/usr/bin/env bash
# acvl_utils 0.2.6 and batchgeneratorsv2 0.3.6, of which nnU-Net is made, do three things otherwise than they say,
# without a word:
#
#   crop_and_pad_nd        a box that lies outside the image is filled with 0, whatever pad_value and pad_mode are. One
#                          that has a single row of the image in it is filled with pad_value. In CT, where -1000 is air
#                          and is padded with, 0 is water; in nnU-Net's segmentations -1 is outside and 0 background
#   GaussianNoiseTransform noise_variance is taken for the standard deviation
#   BGContrast             nnU-Net's way to draw a contrast, and a gamma: a range below 1 is left. Of (0.5, 0.6), nine
#                          of ten values lie between 0.6 and 1
#
# One would expect "pad_value: Value used for padding when bbox extends beyond image boundaries", on either side of the
# last row; a variance of 4 for noise_variance=(4, 4); and values of the range.
# The causes: return np.zeros(target_shape, ..) in acvl_utils' bounding_boxes.py; sigmas = sample_scalar(noise_variance)
# in intensity/gaussian_noise.py; np.random.uniform(range[0], 1) and uniform(max(range[0], 1), range[1]) in
# intensity/contrast.py. batchgenerators, the older library, has the latter two of its own
# (batchgenerators-noise-crops-and-ranges.sh).
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                    expected          seen
#   rows 3 to 5 of an image of four rows, pad_value -1         1 -1 -1           1 -1 -1
#   rows 4 to 6                                                -1 -1 -1          0 0 0
#   rows -3 to -1                                              -1 -1 -1          0 0 0
#   rows 4 to 6, a torch tensor                                -1 -1 -1          0 0 0
#   variance of Gaussian noise, noise_variance=(4, 4)          4                 16
#   share of contrasts within (0.5, 0.6)                       1                 0.1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check acvl_utils==0.2.6 batchgeneratorsv2==0.3.6 \
    torch==2.14.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import torch
from acvl_utils.cropping_and_padding.bounding_boxes import crop_and_pad_nd
from batchgeneratorsv2.transforms.intensity.contrast import BGContrast
from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform

warnings.simplefilter("error")
same = True


def check(name, seen, right, wrong):
    global same
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong != right


image = np.ones((4, 4), np.int16)
for name, first, kind in (
    ("rows 4 to 6", 4, np.asarray),
    ("rows -3 to -1", -3, np.asarray),
    ("rows 4 to 6, a tensor", 4, torch.tensor),
):
    box = [[first, first + 3], [0, 4]]
    check(
        name,
        crop_and_pad_nd(kind(image), box, pad_value=-1)[:, 0].tolist(),
        [-1, -1, -1],
        [0, 0, 0],
    )
for first, right in ((3, [1, -1, -1]), (-2, [-1, -1, 1])):
    same &= (
        crop_and_pad_nd(image, [[first, first + 3], [0, 4]], pad_value=-1)[:, 0].tolist() == right
    )

torch.manual_seed(0)
np.random.seed(0)
noise = GaussianNoiseTransform((4, 4))(image=torch.zeros(1, 300, 300))["image"]
check("variance of Gaussian noise", round(noise.var().item()), 4, 16)
contrasts = np.array([BGContrast((0.5, 0.6))() for _ in range(2000)])
assert 0.5 <= contrasts.min() < contrasts.max() < 1
check("share of contrasts within the range", round(float((contrasts <= 0.6).mean()), 1), 1, 0.1)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
