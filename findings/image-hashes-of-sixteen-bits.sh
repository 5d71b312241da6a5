#!/usr/bin/env bash
# ImageHash 4.3.2: pictures of 16 bits, and of floats, all have one and the same hash. No error, no warning.
#
# Such hashes tell whether a slice is both in the training set and in the test set. MR slices are often PNG of 16 bits:
# all of them then count as copies of each other, and who drops copies keeps one. (CleanVision, which looks through
# data sets by these hashes, does the same.)
#
# One would expect different pictures to differ, or an error: "must be a PIL instance" is all that the docs ask of a
# picture. The same pictures in 8 bits have six hashes.
# The cause: each function begins with convert("L"), which in Pillow 13.0.0 cuts all values above 255 off (known there:
# python-pillow/Pillow#3159). What is left of a slice is white. The pictures here have values from 300 to 3300.
#
# Six different pictures, and their hashes. Seen on 2026-11-30 (Python 3.11, x86-64):
#                                                               8 bits   16 bits   float32
#   average_hash, phash, phash_simple, dhash, dhash_vertical,
#   whash                                                       6        1         1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ImageHash==4.3.2 Pillow==13.0.0 \
    numpy==2.4.6 scipy==1.17.1 PyWavelets==1.9.0
cat > "$work/try.py" <<'PY'
import io
import sys
import warnings

import imagehash
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

HASHES = "average_hash phash phash_simple dhash dhash_vertical whash".split()
warnings.simplefilter("error")
random = np.random.default_rng(0)


def picture():
    smooth = gaussian_filter(random.normal(size=(128, 128)), 8)
    return (smooth - smooth.min()) / np.ptp(smooth) * 3000 + 300


pictures = [picture() for _ in range(6)]


def as_file(values, form):
    """The picture as it opens from a file."""
    file = io.BytesIO()
    Image.fromarray(values).save(file, form)
    return Image.open(file)


files = {
    "8 bits": [as_file((each / 16).astype(np.uint8), "png") for each in pictures],
    "16 bits": [as_file(each.astype(np.uint16), "png") for each in pictures],
    "float32": [as_file(each.astype(np.float32), "tiff") for each in pictures],
}
same = True
for name in HASHES:
    found = {kind: len({str(getattr(imagehash, name)(each)) for each in images}) for kind, images in files.items()}
    print(name, found)
    same &= found == {"8 bits": 6, "16 bits": 1, "float32": 1}
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
