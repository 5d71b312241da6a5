#!/usr/bin/env bash
# Pillow 13.0.0 reads the numbers of a compressed big-endian TIFF of float32, int32 or int16 with the
# bytes the wrong way round, without a word. Uncompressed, or in little-endian order, or as uint16,
# the same numbers come out right. tifffile 2026.3.3 wrote the files and reads all of them right.
#
# One would expect an error, or the numbers. It matters because MR slices are exported so: a slice
# becomes noise that still has a picture's size, and a classifier still gives it a verdict.
#
# Seen on 2026-11-28 (Python 3.11, x86-64):
#   >f4 none: right        >f4 lzw: WRONG, 1.0 reads as 4.6006e-41
#   >i4 none: right        >i4 lzw: WRONG, 1 reads as 16777216
#   >i2 none: right        >i2 lzw: WRONG, 1 reads as 256
#   >u2 none: right        >u2 lzw: right
#   <f4 lzw: right
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pillow==13.0.0 tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import tifffile
from PIL import Image

CASES = [
    (">f4", None, True), (">f4", "lzw", False),
    (">i4", None, True), (">i4", "lzw", False),
    (">i2", None, True), (">i2", "lzw", False),
    (">u2", None, True), (">u2", "lzw", True),
    ("<f4", "lzw", True),
]
changed = 0
for kind, compression, right in CASES:
    wanted = np.arange(1, 65).reshape(8, 8).astype(kind)
    tifffile.imwrite("a.tif", wanted, compression=compression, byteorder=kind[0])
    assert (tifffile.imread("a.tif") == wanted).all()
    found = np.asarray(Image.open("a.tif"))
    same = bool((found == wanted).all())
    said = "right" if same else f"WRONG, {wanted[0, 0]} reads as {found[0, 0]}"
    print(f"{kind} {compression or 'none'}: {said}")
    changed += same is not right
sys.exit(changed > 0)
PY
cd "$work" && ./venv/bin/python try.py
