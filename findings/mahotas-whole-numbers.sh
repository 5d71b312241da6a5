#!/usr/bin/env bash
# mahotas 1.4.19: three functions of whole-number images.
#
#   dilate, erode   add 1 and take 1 away beyond the greatest and least neighbour (known upstream: issue 29)
#   the same        of signed types take other neighbours than of unsigned ones: nine instead of the cross of five. A
#                   mask of int16 (0 and 1) dilated is above 0 everywhere
#   labeled_sum     wraps around: the sum has the type of the image
#
# One would expect a mask that grows by a pixel, as it does as bool, and the type to make no difference. The cross is
# an array of 0 and 1 that is added; "the smallest value in the domain of Bc is interpreted as" minus infinity, say
# the docs of erode. For int16 that is -32768 and not 0. So the corners of the cross count, and the ones add
# 1. Of labeled_sum the docs say that sum[i] is equal to np.sum(array[labeled == i]); NumPy sums up in 64 bits.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   7 x 7 pixels, one is 1, dilated: pixels above 0         bool 5, uint8 5, uint16 5, int16 49, int32 49
#   7 x 7 pixels, one is 100, dilated: pixels of 99 and up  uint8 5, uint16 5, int16 9, int32 9. The greatest is 101
#   a label of 100 pixels of 1000, its sum                  uint16 34464, int16 -31072, int32 100000
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mahotas==1.4.19 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import mahotas
import numpy as np

point = np.zeros((7, 7), bool)
point[3, 3] = True
same = int(mahotas.dilate(point).sum()) == 5
for kind, above, from_99 in (
    (np.uint8, 5, 5),
    (np.uint16, 5, 5),
    (np.int16, 49, 9),
    (np.int32, 49, 9),
):
    small = mahotas.dilate(point.astype(kind))
    large = mahotas.dilate(point.astype(kind) * kind(100))
    found = int((small > 0).sum()), int((large >= 99).sum())
    print(f"{np.dtype(kind)}: {found[0]} above 0, {found[1]} from 99 on, the greatest is {large.max()}")
    same &= found == (above, from_99) and large.max() == 101

    # A hole of 0 in 100: everywhere else the least neighbour is 100, and the erosion has 99.
    hole = mahotas.erode(kind(100) - point.astype(kind) * kind(100))
    same &= hole[0, 0] == 99

labels = np.zeros((20, 20), np.int32)
labels[5:15, 5:15] = 1
for kind, seen in ((np.uint16, 34464), (np.int16, -31072), (np.int32, 100000)):
    image = np.full((20, 20), 1000, kind)
    found = int(mahotas.labeled_sum(image, labels)[1])
    right = int(np.sum(image[labels == 1]))
    print(f"{np.dtype(kind)}: labeled_sum {found}, np.sum {right}")
    same &= found == seen and right == 100000
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
