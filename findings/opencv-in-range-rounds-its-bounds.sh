#!/usr/bin/env bash
# OpenCV 5.0.0.93: `inRange` of a whole-number image rounds its bounds to whole numbers first, halves to the even
# one. So it takes values that lie outside the bounds. Label 1 cut out by 0.5 and 1.5 comes with the background
# and with label 2: the bounds become 0 and 2.
#
# One would expect "inclusive lower boundary" <= pixel <= "inclusive upper boundary", as its docs have the formula.
# Nothing in them speaks of rounding. A bound between two labels is a common way to write "this label alone", and a
# percentile, or a mean and two standard deviations, are no whole numbers either. `threshold` and `compare` take
# such numbers rightly, as does inRange of the same image in float32. No error, no warning.
#
# A row of labels 0 1 2 3 and what is between the bounds. Seen on 2026-11-30 (Python 3.11, x86-64), for uint8,
# int8, uint16, int16 and int32 alike:
#   0.5 to 1.5      0 1 2    and not 1
#   1.5 to 2.5      2        as it has to be
#   1.4 to 2.6      1 2 3    and not 2
#   -0.4 to 0.6     0 1      and not 0
#   2.51 to 2.99    3        and not nothing
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import numpy as np

TYPES = (np.uint8, np.int8, np.uint16, np.int16, np.int32)
SEEN = {(0.5, 1.5): [0, 1, 2], (1.5, 2.5): [2], (1.4, 2.6): [1, 2, 3], (-0.4, 0.6): [0, 1], (2.51, 2.99): [3]}
labels = np.array([[0, 1, 2, 3]])


def between(image, low, high):
    return labels[cv2.inRange(image, low, high) > 0].tolist()


same = True
for (low, high), wrong in SEEN.items():
    right = labels[(labels >= low) & (labels <= high)].tolist()
    for kind in TYPES:
        found = between(labels.astype(kind), low, high)
        print(f"{low} to {high}: {np.dtype(kind)} gives", *found, "where", *right or ["nothing"], "lies between")
        same &= found == wrong
    same &= between(labels.astype(np.float32), low, high) == right

# The two others, of the same image.
image = labels.astype(np.uint8)
assert labels[cv2.threshold(image, 1.6, 1, cv2.THRESH_BINARY)[1] > 0].tolist() == [2, 3]
assert labels[cv2.compare(image, 0.5, cv2.CMP_GE) > 0].tolist() == [1, 2, 3]
assert labels[cv2.compare(image, 1.5, cv2.CMP_LE) > 0].tolist() == [0, 1]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
