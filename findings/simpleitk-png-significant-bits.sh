#!/usr/bin/env bash
# SimpleITK 2.5.7 divides the values of a PNG that says how many bits are significant (chunk sBIT). Pillow
# 13.0.0 and OpenCV 5.0.0.93 return the values of the pixels. The same pixels without the chunk are the same
# for all three.
#
# A PNG has no 12 bits: its standard has them scaled up to 16, and 12 put into an sBIT chunk. ITK gives the
# chunk to libpng's png_set_shift (itkPNGImageIO.cxx), which takes the scaling back, also for 8 bits. The
# type stays uint16 or uint8, and no metadata tells of it.
#
# One would expect pixels not to depend on a chunk that readers may skip, or all readers to heed it. A network
# trained on files with it, and given files without, sees a 16th of the contrast.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   without sBIT    SimpleITK 0 16 32007 65535   Pillow 0 16 32007 65535   OpenCV 0 16 32007 65535
#   with sBIT 12    SimpleITK 0 1 2000 4095   Pillow 0 16 32007 65535   OpenCV 0 16 32007 65535
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 pillow==13.0.0 \
    opencv-python-headless==5.0.0.93 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import SimpleITK
from PIL import Image

deep = np.array([[0, 1, 2000, 4095]] * 4)
scaled = (deep << 4 | deep >> 8).astype(np.uint16)  # as the PNG standard scales 12 bits up to 16


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


head = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 0, 0, 0, 0))
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in scaled)
body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
CASES = {"without sBIT": (b"", scaled), "with sBIT 12": (chunk(b"sBIT", b"\x0c"), deep)}
same = True
for name, (extra, wanted) in CASES.items():
    Path("a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + extra + body)
    simpleitk = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("a.png"))
    pillow, opencv = np.asarray(Image.open("a.png")), cv2.imread("a.png", cv2.IMREAD_UNCHANGED)
    print(f"{name}: SimpleITK", *simpleitk[0], "  Pillow", *pillow[0], "  OpenCV", *opencv[0])
    same &= np.array_equal(simpleitk, wanted) and simpleitk.dtype == np.uint16
    same &= np.array_equal(pillow, scaled) and np.array_equal(opencv, scaled)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
