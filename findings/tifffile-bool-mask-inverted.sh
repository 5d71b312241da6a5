#!/usr/bin/env bash
# tifffile 2026.3.3 writes a mask (an array of bool) as a TIFF of one bit where white is zero, and does not
# turn the values around: True is 1, and 1 is black. imageio 2.38.1 writes masks by it. Whoever heeds the
# file's PhotometricInterpretation (Pillow 13.0.0, OpenCV 5.0.0.93) reads the mask inverted.
#
# tifffile and imageio read it back right, for they do not heed it. With photometric="minisblack" it is right
# for all. The manual says of the default only that it is inferred "from the data shape, dtype"; in
# `TiffWriter.write`, `if bilevel: photometric = MINISWHITE`.
#
# One would expect True to be white, as in the masks that Pillow writes. A tumour becomes all but the tumour.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), for a mask with 12 of 64 pixels set:
#   written by tifffile   read by tifffile 12   Pillow 52   OpenCV 52
#   written by imageio    read by tifffile 12   Pillow 52   OpenCV 52
#   written by Pillow     read by tifffile 12   Pillow 12   OpenCV 12
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tifffile==2026.3.3 imageio==2.38.1 \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import imageio.v3
import numpy as np
import tifffile
from PIL import Image

mask = np.zeros((8, 8), bool)
mask[2:5, 2:6] = True
WRITERS = {
    "tifffile": lambda: tifffile.imwrite("a.tif", mask),
    "imageio": lambda: imageio.v3.imwrite("a.tif", mask),
    "Pillow": lambda: Image.fromarray(mask).save("a.tif"),
}
same = True
for writer, write in WRITERS.items():
    write()
    found = {
        "tifffile": tifffile.imread("a.tif") > 0,
        "Pillow": np.asarray(Image.open("a.tif")) > 0,
        "OpenCV": cv2.imread("a.tif", cv2.IMREAD_UNCHANGED) > 0,
    }
    print(f"written by {writer}:", *(f"{reader} {read.sum()}" for reader, read in found.items()))
    other = mask if writer == "Pillow" else ~mask
    same &= np.array_equal(found["tifffile"], mask)
    same &= np.array_equal(found["Pillow"], other) and np.array_equal(found["OpenCV"], other)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
