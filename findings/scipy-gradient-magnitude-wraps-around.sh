#!/usr/bin/env bash
# SciPy 1.17.1: `ndimage.gaussian_gradient_magnitude` and `generic_gradient_magnitude` of an int16 image make
# strong edges weak ones, or none. The squares of the slopes are summed up in int16, and wrap around. From a
# slope of 182 on nothing can be relied on: its square is above 32767. No error; where a sum
# became negative NumPy warns of an "invalid value encountered in sqrt", and the answer there is 0.
#
# MR and CT volumes are int16 as a rule, with grey values up to some thousands. One would expect the
# magnitude, cut off to a whole number: it fits into int16, and the same image as float64 gives it. The
# docs say that the output has the input's type, and name no limit of 181.
# The cause is `np.multiply(output, output, output)` and `output += tmp` in generic_gradient_magnitude.
#
# Here an edge, and the magnitude beside it. Seen on 2026-11-30 (Python 3.11, x86-64):
#   edge of                              400   600  1000  2000  3000
#   gaussian (sigma 1)   int16           145     0    26    65   103
#                        float64         146   218   364   728  1091
#   generic (prewitt)    int16             0   169   146   144     0
#                        float64        1200  1800  3000  6000  9000
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from scipy import ndimage

HEIGHTS = (400, 600, 1000, 2000, 3000)
FUNCTIONS = {
    "gaussian_gradient_magnitude": lambda image: ndimage.gaussian_gradient_magnitude(image, 1.0),
    "generic_gradient_magnitude": lambda image: ndimage.generic_gradient_magnitude(image, ndimage.prewitt),
}
same = True
for name, function in FUNCTIONS.items():
    print(name)
    for height in HEIGHTS:
        image = np.zeros((16, 16), np.int16)
        image[:, 8:] = height
        found = function(image)
        right = function(image.astype(np.float64))
        assert found.dtype == np.int16
        assert 0 < right[8, 8] <= 32767
        print(f"  edge of {height}: int16 {found[8, 8]}, float64 {right[8, 8]:.0f}")
        small = right[8, 8] < 181
        same &= abs(found[8, 8] - right[8, 8]) <= 2 if small else found[8, 8] < 0.9 * right[8, 8]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore::RuntimeWarning try.py
