#!/usr/bin/env bash
# Pillow 13.0.0 and OpenCV 5.0.0.93 turn a TIFF where white is zero around in 8 bits, and not in 16 bits or
# as float. The same picture, stored both ways, is once a positive and once a negative.
#
# WhiteIsZero says that 0 is shown as white (TIFF 6.0, PhotometricInterpretation 0). Pillow's table of kinds
# has "L;I" (inverted) for 8 bits, and "I;16" and "F;32F" as for BlackIsZero. OpenCV lets libtiff convert
# 8 bits to RGBA, and reads 16 bits as they are.
#
# One would expect the same for each depth. Scanned films are stored so.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), for stored 0 64 192 255 (of 16 bits 257 times as much):
#   uint8     Pillow 255 191 63 0 (inverted)   OpenCV 255 191 63 0 (inverted)
#   uint16    Pillow 0 16448 49344 65535 (as stored)   OpenCV 0 16448 49344 65535 (as stored)
#   float32   Pillow 0.0 64.0 192.0 255.0 (as stored)   OpenCV 0.0 64.0 192.0 255.0 (as stored)
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 \
    opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import cv2
import numpy as np
import tifffile
from PIL import Image

eight = np.array([[0, 64, 192, 255]] * 4, np.uint8)
CASES = {  # stored, whether it comes out inverted
    "uint8": (eight, True),
    "uint16": (eight.astype(np.uint16) * 257, False),
    "float32": (eight.astype(np.float32), False),
}
same = True
for name, (stored, inverted) in CASES.items():
    tifffile.imwrite("a.tif", stored, photometric="miniswhite")
    readers = {
        "Pillow": np.asarray(Image.open("a.tif")),
        "OpenCV": cv2.imread("a.tif", cv2.IMREAD_UNCHANGED),
    }
    for reader, found in readers.items():
        way = "as stored" if np.array_equal(found, stored) else "inverted"
        print(f"{name}: {reader}", *found[0], f"({way})")
        assert way == "as stored" or np.array_equal(found, stored.max() - stored)
        same &= (way == "inverted") == inverted
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
