#!/usr/bin/env bash
# dicomsdl 0.109.4, to_pil_image(): with a window, what is darker than it comes out white where the pixels are unsigned.
#
#   unsigned 16 bits   below the window: 255, as above it. In MONOCHROME1 both are 0
#   unsigned 8 bits    outside the window the grey value wraps around, at either side
#   unsigned 32 bits   two pixels are made of each: pixelData() and the picture take its halves for values of 16 bits
#
# One would expect black below the window and white above it (PS3.3 C.11.2.1.2), as signed 16 bits get it. The background
# of a scan lies below nearly any window. Without a window all is right, so a look at some files does not tell. The cause,
# in the compiled _util._convert_to_uint8: the number is cut to eight bits without its sign. The file is pydicom's own.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), the values 0 50 74 100 125 200, window centre 100, width 51:
#                                   by the standard           dicomsdl
#   signed, 16 bits                 0 0 0 130 255 255         0 0 0 130 255 255
#   unsigned, 16 bits               0 0 0 130 255 255         255 255 255 130 255 255
#   the same, MONOCHROME1           255 255 255 125 0 0       0 0 0 125 0 0
#   unsigned, 8 bits                0 0 0 130 255 255         133 132 254 130 1 128
#   pixelData() of 1 and 100000     1 100000                  1 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicomsdl==0.109.4 pydicom==3.0.2 numpy==2.4.6 \
    pillow==12.3.0
cat > "$work/try.py" <<'PY'
import sys

import dicomsdl
import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

CENTER, WIDTH = 100, 51


def written(values, photometric="MONOCHROME2"):
    """A file of one row of values, opened."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("a.dcm", {}, file_meta=meta, preamble=bytes(128))
    made.SOPClassUID, made.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    made.Rows, made.Columns, made.SamplesPerPixel = 1, len(values), 1
    made.PhotometricInterpretation = photometric
    made.BitsAllocated = made.BitsStored = 8 * values.dtype.itemsize
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(values.dtype.kind == "i")
    made.WindowCenter, made.WindowWidth = CENTER, WIDTH
    made.PixelData = values.tobytes()
    made["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    made.save_as("a.dcm", enforce_file_format=True)
    return dicomsdl.open("a.dcm")


def standard(values, photometric):
    """PS3.3 C.11.2.1.2.1, cut to whole numbers as dicomsdl does within the window."""
    grey = ((values - (CENTER - 0.5)) / (WIDTH - 1) + 0.5) * 255
    grey = np.clip(grey, 0, 255).astype(int)
    return (255 - grey if photometric == "MONOCHROME1" else grey).tolist()


VALUES = [0, 50, 74, 100, 125, 200]
WHITE = [255, 255, 255, 130, 255, 255]
CASES = {  # the kind of pixels, the photometric interpretation, the grey values found
    "signed, 16 bits": (np.int16, "MONOCHROME2", [0, 0, 0, 130, 255, 255]),
    "unsigned, 16 bits": (np.uint16, "MONOCHROME2", WHITE),
    "the same, MONOCHROME1": (np.uint16, "MONOCHROME1", [0, 0, 0, 125, 0, 0]),
    "unsigned, 8 bits": (np.uint8, "MONOCHROME2", [133, 132, 254, 130, 1, 128]),
}
same = True
for name, (kind, photometric, wrong) in CASES.items():
    picture = written(np.array(VALUES, kind), photometric).to_pil_image()
    found = np.asarray(picture)[0].tolist()
    right = standard(np.array(VALUES, float), photometric)
    print(f"{name}: by the standard", *right, "| dicomsdl", *found)
    same &= found == wrong and (right == found) == (kind is np.int16)
found = written(np.array([1, 100000], np.uint32)).pixelData().ravel().tolist()
print("32 bits: 1 100000 | dicomsdl", *found)
same &= found == [1, 0]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
