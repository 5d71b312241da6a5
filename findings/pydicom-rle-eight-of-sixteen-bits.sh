#!/usr/bin/env bash
# pydicom 3.0.2, `compress(RLELossless)`: of pixels with 8 bits stored in cells of 16 it packs one byte
# each, and leaves BitsAllocated at 16. Such pixels are valid (PS3.5, 8.1.1). RLE has one segment for each
# byte of a cell, each as long as the picture has pixels (PS3.5, G.2); here the two are half as long.
#
# One would expect a file that can be read, or an error while the pixels are still there. `compress` ends
# well, the file is saved, and pydicom itself cannot decode it. With 9 bits stored it can.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), in pydicom alone, without plugins:
#   9 bits stored: read back the same
#   8 bits stored: "Unable to decode as exceptions were raised by all available plugins"
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, RLELossless

stored = (np.arange(32 * 32, dtype=np.uint16) % 200).reshape(32, 32)
found = []
for bits in (9, 8):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, bits, bits - 1
    data.PixelRepresentation = 0
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    data.compress(RLELossless)
    data.save_as("a.dcm", enforce_file_format=True)
    read = dcmread("a.dcm")
    try:
        outcome = "the same" if (read.pixel_array == stored).all() else "other values"
    except RuntimeError as error:
        outcome = str(error).splitlines()[0]
    print(f"{bits} of {read.BitsAllocated} bits: {outcome}")
    found.append(outcome[:16])
sys.exit(found != ["the same", "Unable to decode"])
PY
cd "$work" && ./venv/bin/python try.py
