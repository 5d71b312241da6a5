#!/usr/bin/env bash
# OpenCV 5.0.0.93: `stackBlur` of 16 bits makes other values, of int16 and of uint16. Brighter ones come out
# far too dark with some sizes, also where the picture is flat; others are off by up to 0.4 percent.
#
# In modules/imgproc/src/stackblur.cpp the vector code adds two pixels in 16 bits, which cuts them off, before
# it weighs them; the weighed sum times a factor of 9 bits does not fit into 32 bits with large sizes; and
# that factor is too coarse (it was made for 8 bits). uint8 and float32 are right.
#
# One would expect a flat picture to stay as it is: the weights add up to one. The manual lists CV_16U and
# CV_16S among the types for it.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), for a flat picture of 60000 (int16: 30000), each value found:
#   uint16   5x5 42007 60117, 7x7 39575 60000, 31x31 27232, 63x63 2656
#   int16    5x5 21003 30058, 7x7 19787 30000, 31x31 -2768, 63x63 -2768
#   float32  5x5 60000, 7x7 60000, 31x31 60000, 63x63 60000
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import numpy as np

cv2.setNumThreads(1)
SIZES = (5, 7, 31, 63)
worst = {}
for kind, value in {np.uint16: 60000, np.int16: 30000, np.float32: 60000}.items():
    flat = np.full((64, 64), value, kind)
    blurred = {size: cv2.stackBlur(flat, (size, size)) for size in SIZES}
    name = np.dtype(kind).name
    print(f"{name}, {value}:", *(f"{size}x{size} {np.unique(b)[:4]}" for size, b in blurred.items()))
    worst[name] = [np.abs(b.astype(float) - value).max() / value for b in blurred.values()]
same = max(worst["float32"]) < 1e-3 and min(worst["uint16"]) > 0.2 and min(worst["int16"]) > 0.2
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
