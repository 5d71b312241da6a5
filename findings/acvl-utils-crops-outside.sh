#!/usr/bin/env bash
# acvl_utils 0.2.6, with which nnU-Net cuts its patches, crop_and_pad_nd: a box that lies outside the image is filled with
# 0, whatever pad_value and pad_mode are, without a word. One that has a single row of the image in it is filled with
# pad_value. In CT, where -1000 is air and is padded with, 0 is water; in nnU-Net's segmentations -1 is outside and 0
# background.
#
# One would expect "pad_value: Value used for padding when bbox extends beyond image boundaries", on either side of the
# last row. The cause: return np.zeros(target_shape, ..) in bounding_boxes.py.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                    expected          seen
#   rows 3 to 5 of an image of four rows, pad_value -1         1 -1 -1           1 -1 -1
#   rows 4 to 6                                                -1 -1 -1          0 0 0
#   rows -3 to -1                                              -1 -1 -1          0 0 0
#   rows 4 to 6, a torch tensor                                -1 -1 -1          0 0 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check acvl_utils==0.2.6 \
    torch==2.14.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import torch
from acvl_utils.cropping_and_padding.bounding_boxes import crop_and_pad_nd

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
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
