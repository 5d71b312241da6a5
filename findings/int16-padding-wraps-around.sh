#!/usr/bin/env bash
# scikit-image 0.26.0 and highdicom 0.28.2 subtract int16 values in int16. Where the least and the greatest
# value are more than 32767 apart, the difference wraps around, without an error. Padding of -32768, as signed
# DICOM pixels may have it (PixelPaddingValue), and any value of 0 or more are that far apart.
#
#   scikit-image, threshold_li          no threshold: NaN
#   scikit-image, h_maxima, h_minima    nothing is found
#   scikit-image, black_tophat          a closing minus the image, so never negative; here it is
#   highdicom, normalize_min_max        "range 0.0 to 1.0" by its docs; here from -1.06 to 1.06
#
# One would expect what the same values give as int32, or as float: NaN alone is easily seen.
# threshold_li does `image -= image_min`, Volume.normalize_min_max `imax - imin`, both of int16.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), int16 -> int32 or float64:
#   threshold_li: nan -> 531.5
#   h_maxima, pixels: 0 -> 141
#   h_minima, pixels: 0 -> 133
#   black_tophat, least: -32396 -> 0
#   normalize_min_max, range: -1.06 1.06 -> 0.0 1.0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scikit-image==0.26.0 highdicom==0.28.2 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from highdicom import Volume
from skimage.filters import threshold_li
from skimage.morphology import black_tophat, footprint_rectangle, h_maxima, h_minima

warnings.simplefilter("ignore", RuntimeWarning)
rng = np.random.default_rng(0)
picture = rng.random((40, 40)) * 1000 - 200
picture[10:30, 10:30] += 1000
picture = picture.round().astype(np.int16)
picture[0, :3] = -32768  # the padding
square = footprint_rectangle((3, 3))


def normalized(values):
    volume = Volume(values[np.newaxis], np.eye(4), coordinate_system="PATIENT")
    found = volume.normalize_min_max().array
    return round(float(found.min()), 2), round(float(found.max()), 2)


TRIALS = {
    "threshold_li": (lambda values: round(float(threshold_li(values)), 1), np.int32),
    "h_maxima, pixels": (lambda values: int(h_maxima(values, 100).sum()), np.int32),
    "h_minima, pixels": (lambda values: int(h_minima(values, 100).sum()), np.int32),
    "black_tophat, least": (lambda values: int(black_tophat(values, square).min()), np.int32),
    "normalize_min_max, range": (normalized, np.float64),
}
seen = {}
for name, (function, wide) in TRIALS.items():
    seen[name] = function(picture), function(picture.astype(wide))
    print(f"{name}:", " -> ".join(str(each).strip("()").replace(",", "") for each in seen[name]))
same = np.isnan(seen["threshold_li"][0]) and seen["threshold_li"][1] > 0
same &= seen["h_maxima, pixels"][0] == seen["h_minima, pixels"][0] == 0
same &= seen["h_maxima, pixels"][1] > 0 < seen["h_minima, pixels"][1]
same &= seen["black_tophat, least"][0] < 0 <= seen["black_tophat, least"][1]
low, high = seen["normalize_min_max, range"][0]
same &= low < -1 and high > 1.01 and seen["normalize_min_max, range"][1] == (0, 1)
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
