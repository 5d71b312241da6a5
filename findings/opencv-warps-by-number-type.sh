#!/usr/bin/env bash
# OpenCV 5.0.0.93: `warpAffine`, `warpPerspective` and `remap` with INTER_LINEAR place the pixels of int16 and float64
# images to 1/32 of a pixel, and those of uint8, uint16 and float32 exactly. int16 is what MR volumes are stored in;
# float64 is what one takes for the sake of precision.
#
# One would expect the values not to depend on the type, or float64 to be the better one. Near an edge a pixel is off by
# up to 1/64 of its height, 47 of 3000, and a shift of 0.01 pixels (a motion correction has such) changes nothing.
# That positions were rounded so is known upstream for OpenCV 4 (opencv/opencv#26361); version 5 brought new code for
# three of the types alone. The docs of the functions say nothing of either.
#
# An edge from 0 to 3000, moved to the right: the first pixel behind it. By hand 3000 * (1 - shift). Seen on 2026-11-30
# (Python 3.11, x86-64):
#   shift of          0.01   0.02   0.05    0.1   0.25
#   uint16, float32   2970   2940   2850   2700   2250
#   int16, float64    3000   2906   2812   2719   2250
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

SHIFTS = (0.01, 0.02, 0.05, 0.1, 0.25)
COARSE = (3000, 2906, 2812, 2719, 2250)
WIDTH, HEIGHT, EDGE = 16, 8, 3000


def affine(image, shift):
    return cv2.warpAffine(image, np.float64([[1, 0, shift], [0, 1, 0]]), (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def perspective(image, shift):
    matrix = np.float64([[1, 0, shift], [0, 1, 0], [0, 0, 1]])
    return cv2.warpPerspective(image, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def by_map(image, shift):
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32) - np.float32(shift), np.arange(HEIGHT, dtype=np.float32))
    return cv2.remap(image, x, y, cv2.INTER_LINEAR)


same = True
for function in (affine, perspective, by_map):
    for kind in (np.uint16, np.float32, np.int16, np.float64):
        image = np.zeros((HEIGHT, WIDTH), kind)
        image[:, WIDTH // 2 :] = EDGE
        found = [function(image, shift)[HEIGHT // 2, WIDTH // 2].item() for shift in SHIFTS]
        print(f"{function.__name__}, {np.dtype(kind)}:", *(f"{each:.0f}" for each in found))
        exact = [EDGE * (1 - shift) for shift in SHIFTS]
        expected = COARSE if kind in (np.int16, np.float64) else exact
        same &= bool(np.allclose(found, expected, atol=1))
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
