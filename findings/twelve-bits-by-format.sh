#!/usr/bin/env bash
# 12 bits in a picture file: Pillow 13.0.0, imageio 2.38.1 and OpenCV 5.0.0.93 make 16 of them or do not, by
# the format, and not by the same.
#
#             JPEG 2000   PGM (maxval 4095)   TIFF
#   Pillow    times 16    times 16.004        as stored
#   imageio   times 16    times 16.004        as stored
#   OpenCV    as stored   as stored           times 16
#
# Each returns 16 bits and nothing that says which it was. Pillow and OpenCV shift JPEG 2000 and TIFF up by
# 16 minus the bits (Jpeg2KDecode.c, grfmt_tiff.cpp); tifffile and imagecodecs return what is stored.
#
# One would expect one rule per library. X-ray and MR images often have 12 bits, in DICOM as JPEG 2000.
# Pillow's users asked for the stored values of PGM in python-pillow/Pillow#6202.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), for 0 1 2000 4095:
#   .jp2   Pillow 0 16 32000 65520   imageio 0 16 32000 65520   OpenCV 0 1 2000 4095
#   .pgm   Pillow 0 16 32007 65535   imageio 0 16 32007 65535   OpenCV 0 1 2000 4095
#   .tif   Pillow 0 1 2000 4095   imageio 0 1 2000 4095   OpenCV 0 16 32000 65520
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 imageio==2.38.1 \
    opencv-python-headless==5.0.0.93 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from pathlib import Path

import cv2
import imagecodecs
import imageio.v3
import numpy as np
import tifffile
from PIL import Image

stored = np.array([[0, 1, 2000, 4095]] * 8, np.uint16)
code = imagecodecs.jpeg2k_encode(stored, level=0, bitspersample=12, reversible=True, codecformat="jp2")
assert np.array_equal(imagecodecs.jpeg2k_decode(code), stored)
Path("a.jp2").write_bytes(code)
Path("a.pgm").write_bytes(b"P5 4 8 4095\n" + stored.astype(">u2").tobytes())
tifffile.imwrite("a.tif", stored, bitspersample=12, photometric="minisblack")
assert np.array_equal(tifffile.imread("a.tif"), stored)

RAW, SHIFTED, SCALED = [0, 1, 2000, 4095], [0, 16, 32000, 65520], [0, 16, 32007, 65535]
READERS = {
    "Pillow": lambda file: np.asarray(Image.open(file)),
    "imageio": imageio.v3.imread,
    "OpenCV": lambda file: cv2.imread(file, cv2.IMREAD_UNCHANGED),
}
WANTED = {
    "a.jp2": (SHIFTED, SHIFTED, RAW),
    "a.pgm": (SCALED, SCALED, RAW),
    "a.tif": (RAW, RAW, SHIFTED),
}
same = True
for file, wanted in WANTED.items():
    found = {name: read(file)[0].tolist() for name, read in READERS.items()}
    print(file[1:], *(part for name, row in found.items() for part in (" ", name, *row)))
    same &= tuple(found.values()) == wanted
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
