#!/usr/bin/env bash
# Pillow 13.0.0 resizes 16-bit pictures of mode I;16B with the bytes the wrong way round. A big-endian TIFF
# of 16 bits opens in that mode, as does an array of type >u2. `resize` (by default, too), `thumbnail`,
# `ImageOps.fit` and `ImageOps.pad` are affected, all filters but NEAREST.
#
# In src/libImaging/Resample.c I;16B counts as big-endian only where the computer is, and I;16N counts so
# everywhere.
#
# One would expect what the little-endian twin of the file gives. A flat picture looks right, so do most
# values of few bits: it shows where neighbours differ in the lower byte.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   200 250 300 350 to half the width: little-endian 229 321, big-endian 12240 53845
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import tifffile
from PIL import Image

values = np.array([[200, 250, 300, 350]] * 2, np.uint16)
found = {}
for name, order in {"little": "<", "big": ">"}.items():
    tifffile.imwrite(f"{name}.tif", values, byteorder=order, photometric="minisblack")
    picture = Image.open(f"{name}.tif")
    assert np.array_equal(picture, values)
    found[name] = np.asarray(picture.resize((2, 2))).astype(int)[0].tolist()
    small = picture.copy()
    small.thumbnail((2, 2))
    print(f"{name}-endian, mode {picture.mode}: resize", *found[name], "thumbnail", *np.asarray(small)[0])
right = np.asarray(Image.fromarray(values.astype(np.float32)).resize((2, 2)))[0]
print("as float:", *right)
same = np.abs(found["little"] - right).max() <= 1 and np.abs(found["big"] - right).max() > 1000
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
