#!/usr/bin/env bash
# pydicom 3.0.2: `apply_presentation_lut` stretches each picture to its own least and greatest value. So
# slices of one volume, windowed alike, come out with other greys for the same value: the window is undone.
#
#   PresentationLUTSequence        the brightest pixel takes the last entry, however dark it was
#   PresentationLUTShape INVERSE   turned around at the picture's brightest pixel: black does not become white
#
# One would expect the range that the window can give, whatever the picture has of it: "an implicit linear
# scaling of the output range of the preceding transformation", and for a shape "the full range of the
# output" of it (PS3.3, C.11.6.1). Here that is 0 to 4095 by the docs of apply_windowing.
# The cause is `arr -= arr.min(); arr /= arr.max() / (nr_entries - 1)` and `arr.max() - arr` in
# pixels/processing.py. A call for a whole volume is stretched once, one for each slice every time.
#
# Two slices, 0 500 1000 and 0 250 500, 12 bits, window 500 of width 1000: 0 2050 4095 and 0 1025 2050.
# The table maps each of 0 to 4095 to itself. Seen on 2026-11-30 (Python 3.11, x86-64), of the pixel of 500:
#   table     first slice 2049, second slice 4095
#   INVERSE   first slice 2045, second slice 0. And of the pixel of 0: 4095 and 2050
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_presentation_lut, apply_windowing

warnings.simplefilter("error")
image = Dataset()
image.PhotometricInterpretation = "MONOCHROME2"
image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
image.WindowCenter, image.WindowWidth = 500, 1000

item = Dataset()
item.LUTDescriptor = [4096, 0, 12]
item.add_new("LUTData", "US", list(range(4096)))
table, inverse = Dataset(), Dataset()
table.PresentationLUTSequence = [item]
inverse.PresentationLUTShape = "INVERSE"

slices = [np.array([[0, 500, 1000]], np.uint16), np.array([[0, 250, 500]], np.uint16)]
windowed = [apply_windowing(pixels, image) for pixels in slices]
greys = {}
for name, state in {"table": table, "INVERSE": inverse}.items():
    greys[name] = []
    for number, (pixels, values) in enumerate(zip(slices, windowed)):
        found = np.rint(apply_presentation_lut(values.copy(), state)).astype(int).ravel().tolist()
        by_hand = np.rint(values if name == "table" else 4095 - values).astype(int).ravel().tolist()
        print(f"{name}, slice {number + 1}:", *pixels.ravel(), "-> window", end=" ")
        print(*np.rint(values).astype(int).ravel(), "->", *found, "| by the standard", *by_hand)
        greys[name].append(found)
SEEN = {"table": [[0, 2049, 4095], [0, 2047, 4095]], "INVERSE": [[4095, 2045, 0], [2050, 1025, 0]]}
sys.exit(greys != SEEN)
PY
cd "$work" && ./venv/bin/python try.py
