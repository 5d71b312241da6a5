#!/usr/bin/env bash
# scikit-image 0.26.0: `exposure.equalize_adapthist` (CLAHE) makes all negative values of a signed image one
# value, the darkest. Shifted up so that none is negative, the same image keeps its grey values.
#
# Its first step is `img_as_uint`, which cuts negative numbers off. Only then is the range stretched. The
# manual does not say so; scikit-image/scikit-image#2216 asks for signed data to work.
#
# One would expect the shift not to matter: the range is stretched from the least to the greatest value
# anyway. Images of DICOM with a RescaleIntercept, normalised ones (mean 0) and differences have negative
# values; of those half the image is lost.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), for a ramp of 200 steps from -1000 to 990:
#   int16                       100 different values, of the lower half 1
#   int16 plus 1000 as uint16   200 different values, of the lower half 100
#   float from -1 to 0.99       100 different values, of the lower half 1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scikit-image==0.26.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from skimage.exposure import equalize_adapthist

warnings.simplefilter("error")
ramp = np.tile(np.arange(-1000, 1000, 10, dtype=np.int16), (200, 1))
CASES = {
    "int16": (ramp, 1),
    "int16 plus 1000 as uint16": ((ramp + 1000).astype(np.uint16), 100),
    "float from -1 to 0.99": (ramp / 1000, 1),
}
same = True
for name, (image, wanted) in CASES.items():
    row = equalize_adapthist(image, kernel_size=200)[100]
    lower = np.unique(row[:100]).size
    print(f"{name}: {np.unique(row).size} different values, of the lower half {lower}")
    same &= lower == wanted
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
