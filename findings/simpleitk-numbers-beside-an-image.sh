#!/usr/bin/env bash
# SimpleITK 2.5.7: a number beside a whole-number image (image * 0.5, image > 2.5) is made a pixel of that image first:
# its fraction is cut off, and what the type cannot hold wraps around. No error, no warning.
#
#   * 0.5, ** 0.5, + 0.7   become * 0, ** 0, + 0: half of an image is black
#   > 2.5, == 10.5         become > 2, == 10
#   > -1, < 256            of uint8 become > 255, < 0: no pixel is above -1, and none below 256
#   / 2                    is right, as float64. / 0.5 is not: it divides by 0
#
# One would expect NumPy's answer, or an error, which two images of different types do get ("This filter requires all
# inputs to be of the same type"): the functions take a `double constant`. Scaled by 0.9, a mask is
# empty; a threshold between two labels takes the lower one as well. The filters of ITK are given the number as the type
# of the image. Known upstream for products, powers, quotients and comparisons: pull 2728, open since September 2026.
#
# uint8 image 0 10 20 255, int16 image -5 0 10 3000. Seen on 2026-11-30 (Python 3.11, x86-64):
#   uint8 * 0.5     0 0 0 0            NumPy: 0 5 10 127.5
#   uint8 ** 0.5    1 1 1 1            NumPy: 0 3.162 4.472 15.97
#   uint8 / 0.5     nan inf inf inf    NumPy: 0 20 40 510
#   uint8 / 2       0 5 10 127.5       NumPy: 0 5 10 127.5
#   uint8 >= 10.5   0 1 1 1            NumPy: 0 0 1 1
#   uint8 == 10.5   0 1 0 0            NumPy: 0 0 0 0
#   uint8 > -1      0 0 0 0            NumPy: 1 1 1 1
#   uint8 < 256     0 0 0 0            NumPy: 1 1 1 1
#   int16 * 0.9     0 0 0 0            NumPy: -4.5 0 9 2700
#   int16 >= 0.5    0 1 1 1            NumPy: 0 0 1 1
#   int16 < 40000   0 0 0 0            NumPy: 1 1 1 1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import operator
import sys

import numpy as np
import SimpleITK

ARRAYS = {"uint8": np.array([[0, 10, 20, 255]], np.uint8), "int16": np.array([[-5, 0, 10, 3000]], np.int16)}
SEEN = (
    ("uint8", "*", 0.5, [0, 0, 0, 0]),
    ("uint8", "**", 0.5, [1, 1, 1, 1]),
    ("uint8", "/", 0.5, [np.nan, np.inf, np.inf, np.inf]),
    ("uint8", "/", 2, [0, 5, 10, 127.5]),
    ("uint8", ">=", 10.5, [0, 1, 1, 1]),
    ("uint8", "==", 10.5, [0, 1, 0, 0]),
    ("uint8", ">", -1, [0, 0, 0, 0]),
    ("uint8", "<", 256, [0, 0, 0, 0]),
    ("int16", "*", 0.9, [0, 0, 0, 0]),
    ("int16", ">=", 0.5, [0, 1, 1, 1]),
    ("int16", "<", 40000, [0, 0, 0, 0]),
)
OPERATORS = {
    "*": operator.mul,
    "**": operator.pow,
    "/": operator.truediv,
    ">=": operator.ge,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
same = True
for kind, sign, number, seen in SEEN:
    apply = OPERATORS[sign]
    image = SimpleITK.GetImageFromArray(ARRAYS[kind])
    found = SimpleITK.GetArrayFromImage(apply(image, number)).ravel()
    right = apply(ARRAYS[kind].astype(np.float64), number).astype(np.float64).ravel()
    texts = (" ".join(f"{value:.4g}" for value in values) for values in (found, right))
    print(f"{kind} {sign + f' {number}':9s}", *(f"{text:18s}" for text in texts))
    same &= np.array_equal(found.astype(np.float64), seen, equal_nan=True)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
