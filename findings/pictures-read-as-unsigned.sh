#!/usr/bin/env bash
# Pillow 13.0.0 and SimpleITK 2.5.7 read some kinds of numbers as unsigned ones, without a word:
#
#   Pillow      TIFF of int8, and Image.fromarray of an int8 array   -1 becomes 255
#   SimpleITK   TIFF of float16                                      its 16 bits as a whole number
#   SimpleITK   JPEG 2000 of signed 16 bits                          -1 becomes 65535
#
# Pillow's table of TIFF kinds has mode L for signed bytes; `fromarray` unpacks |i1 as "I;8", though it has
# "I;8S". ITK asks for the bits of a sample but not for its format (float16), or not for `sgnd` (JPEG 2000).
#
# One would expect the values, or an error. tifffile and imagecodecs wrote the files and read them right.
# Saliency maps and probabilities are often kept as float16 (TIFF Technical Note 3 of Adobe).
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   int8 TIFF            -128 -1 0 5 -> Pillow 128 255 0 5
#   int8 array           -128 -1 0 5 -> Pillow 128 255 0 5
#   float16 TIFF         0.0 0.25 0.5 1.0 -> SimpleITK 0 13312 14336 15360
#   signed JPEG 2000     -2048 -1 0 5 -> SimpleITK 63488 65535 0 5
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 SimpleITK==2.5.7 \
    tifffile==2026.3.3 imagecodecs==2026.3.6 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import SimpleITK
import tifffile
from PIL import Image

same = True


def compare(name, stored, reader, found, wrong):
    global same
    found = found[0].tolist()
    print(f"{name}:", *stored[0], f"-> {reader}", *found)
    same &= found == wrong


def by_simpleitk(file):
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(file))


small = np.array([[-128, -1, 0, 5]] * 8, np.int8)
tifffile.imwrite("a.tif", small, photometric="minisblack")
assert np.array_equal(tifffile.imread("a.tif"), small)
compare("int8 TIFF", small, "Pillow", np.asarray(Image.open("a.tif")), [128, 255, 0, 5])
compare("int8 array", small, "Pillow", np.asarray(Image.fromarray(small)), [128, 255, 0, 5])

half = np.array([[0, 0.25, 0.5, 1]] * 8, np.float16)
tifffile.imwrite("b.tif", half, photometric="minisblack")
assert np.array_equal(tifffile.imread("b.tif"), half)
compare("float16 TIFF", half, "SimpleITK", by_simpleitk("b.tif"), half.view(np.uint16)[0].tolist())

signed = np.array([[-2048, -1, 0, 5]] * 8, np.int16)
code = imagecodecs.jpeg2k_encode(signed, level=0, reversible=True, codecformat="jp2")
assert np.array_equal(imagecodecs.jpeg2k_decode(code), signed)
Path("c.jp2").write_bytes(code)
compare("signed JPEG 2000", signed, "SimpleITK", by_simpleitk("c.jp2"), [63488, 65535, 0, 5])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
