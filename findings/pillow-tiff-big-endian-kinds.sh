#!/usr/bin/env bash
# Pillow 13.0.0 opens some kinds of TIFF in little-endian order only. Their big-endian twins, which
# tifffile 2026.3.3 writes and reads, are "cannot identify image file": BigTIFF, uint32, and 16 bits
# where white is zero.
#
# One would expect the byte order to make no difference, as for the other kinds. The error sounds like
# a damaged file, or like no TIFF at all.
#
# Seen on 2026-11-28 (Python 3.11, x86-64): "< opens, > does not" for all three.
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

CASES = {
    "BigTIFF, uint8": ("u1", {"bigtiff": True}),
    "uint32": ("u4", {}),
    "uint16, white is zero": ("u2", {"photometric": "miniswhite"}),
}
changed = 0
for name, (kind, options) in CASES.items():
    opens = {}
    for order in "<>":
        values = np.arange(64).reshape(8, 8).astype(order + kind)
        tifffile.imwrite("a.tif", values, byteorder=order, **options)
        assert (tifffile.imread("a.tif") == values).all()
        try:
            Image.open("a.tif").load()
            opens[order] = True
        except UnidentifiedImageError:
            opens[order] = False
    print(name, "".join(f"  {order} {'opens' if ok else 'does not'}" for order, ok in opens.items()))
    changed += opens != {"<": True, ">": False}
sys.exit(changed > 0)
PY
cd "$work" && ./venv/bin/python try.py
