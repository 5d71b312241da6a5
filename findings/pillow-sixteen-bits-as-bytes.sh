#!/usr/bin/env bash
# Pillow 13.0.0 takes the two bytes of a 16-bit pixel (mode I;16, as a 16-bit PNG opens) for two pixels:
#
#   rotate, transform   with BILINEAR or BICUBIC they mix the two bytes: 1000 is 3 and 232, and becomes 117
#   histogram           counts the bytes of the left half of each row; ImageStat and entropy go by it
#
# NEAREST, resize and rotations by 90 degrees are right, as is rotate after convert("I") or convert("F").
# In src/libImaging/Geometry.c only NEAREST asks for the type; Histo.c reads `image8` as it is.
#
# One would expect the numbers of convert("F"), or an error, as ImageFilter and ImageChops have. The manual
# speaks of "limited support" for I;16. Rotating is a common augmentation.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   flat picture of 1000, rotated by 10 degrees: 62 different values from 10 to 224
#   flat picture of 1000, moved by half a pixel: 117
#   right half 60000: mean 0.0, entropy -0.0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import io
import sys

import numpy as np
from PIL import Image, ImageStat


def stored(values):
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return Image.open(file)


BILINEAR = Image.Resampling.BILINEAR
flat = stored(np.full((16, 16), 1000, np.uint16))
inside = (4, 4, 12, 12)
turned = np.asarray(flat.rotate(10, BILINEAR).crop(inside))
right = np.asarray(flat.convert("F").rotate(10, BILINEAR).crop(inside))
shift = (1, 0, 0.5, 0, 1, 0)
moved = np.asarray(flat.transform(flat.size, Image.Transform.AFFINE, shift, BILINEAR).crop(inside))
print("mode:", flat.mode)
several = np.unique(turned)
print("rotated by 10 degrees:", several.size, "different values from", several.min(), "to", several.max())
print("the same after convert('F'):", np.unique(right))
print("moved by half a pixel:", np.unique(moved))

half = np.zeros((16, 16), np.uint16)
half[:, 8:] = 60000
picture = stored(half)
statistics = ImageStat.Stat(picture)
print("right half 60000: mean", statistics.mean[0], "entropy", picture.entropy())
same = flat.mode == "I;16" and several.size > 10 and several.max() < 256 and (right == 1000).all()
same &= np.unique(moved).tolist() == [117]
same &= statistics.mean == [0.0] and picture.histogram()[0] == half.size
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
