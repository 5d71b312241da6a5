#!/usr/bin/env bash
# pydicom 3.0.2 looks values up at wrapped places of a DICOM lookup table, without a word.
#
#   apply_voi_lut, apply_voi   entries of 8 bits: the place is kept in 8 bits, as the entries are. Pixels that
#                              are 256 apart become one, and most of a long table is not used
#   apply_modality_lut         signed pixels: the place is kept in the type of the pixels. Where pixel minus
#                              first value is above 32767, the brightest becomes the darkest
#
# One would expect entry (pixel - first value), and the last entry for all pixels above (PS3.3, C.11.1.1 and
# C.11.2.1.1; 8 bits are allowed in both). Each function does right what the other does wrong.
# The cause is the dtype of `clipped_iv` in pixels/processing.py: that of the table, and that of the pixels.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   VOI, 4096 entries of 8 bits    0 255 256 1000 4095 -> 0 15 0 14 15, and not 0 15 16 62 255
#   VOI, 256 entries of 8 bits     0 255 256 1000 4095 -> 0 255 0 232 255, and not 0 255 255 255 255
#   modality, signed 16 bits       -2000 0 31743 31744 32767 -> 0 1024 4095 0 0, and not 0 1024 4095 4095 4095
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
from pydicom.pixels import apply_modality_lut, apply_voi_lut

warnings.simplefilter("error")


def table(first, entries, bits):
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.add_new("LUTData", "US", entries)
    return item


def image(signed):
    data = Dataset()
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 16
    data.BitsStored, data.HighBit = (16, 15) if signed else (12, 11)
    data.PixelRepresentation = int(signed)
    return data


unsigned = np.array([0, 255, 256, 1000, 4095], np.uint16)
signed = np.array([-2000, 0, 31743, 31744, 32767], np.int16)
CASES = {  # function, pixels, first value, entries, bits of an entry, what comes out
    "VOI, 4096 entries of 8 bits": (
        apply_voi_lut,
        unsigned,
        0,
        [i // 16 for i in range(4096)],
        8,
        [0, 15, 0, 14, 15],
    ),
    "VOI, 256 entries of 8 bits": (
        apply_voi_lut,
        unsigned,
        0,
        list(range(256)),
        8,
        [0, 255, 0, 232, 255],
    ),
    "modality, signed 16 bits": (
        apply_modality_lut,
        signed,
        -1024,
        list(range(4096)),
        16,
        [0, 1024, 4095, 0, 0],
    ),
}
same = True
for name, (function, pixels, first, entries, bits, wrong) in CASES.items():
    data = image(pixels.dtype.kind == "i")
    item = table(first, entries, bits)
    if function is apply_voi_lut:
        data.VOILUTSequence = [item]
    else:
        item.ModalityLUTType = "US"
        data.ModalityLUTSequence = [item]
    found = function(pixels, data).tolist()
    right = [entries[min(max(int(pixel) - first, 0), len(entries) - 1)] for pixel in pixels]
    print(f"{name}:", *pixels, "->", *found, "| by the standard", *right)
    same &= found == wrong and right != wrong
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
