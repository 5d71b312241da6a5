#!/usr/bin/env bash
# pydicom 3.0.2 loses the upper bits of pixels that are stored in the upper part of their cell: 12 bits
# of 16 with HighBit 15, as older scanners write them (PS3.5, 8.1.1 lets HighBit be above BitsStored-1).
# `pixel_array` neither shifts the values down nor keeps them: it masks the lower 12 bits.
#
# One would expect the stored values, 0 to 4095, or an error. What comes out has the right shape, a
# plausible range and another picture.
#
# Seen on 2026-11-28 (Python 3.11, x86-64): stored 0 1 16 255 256 4095 -> 0 16 256 4080 0 4080
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
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

stored = np.array([[0, 1, 16], [255, 256, 4095]], np.uint16)
data = Dataset()
data.file_meta = FileMetaDataset()
data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
data.Rows, data.Columns = stored.shape
data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 15, 0
data.PixelData = (stored << 4).tobytes()  # bits 4 to 15 are the value
data["PixelData"].VR = "OW"
data.save_as("a.dcm", enforce_file_format=True)
found = dcmread("a.dcm").pixel_array
print("stored", *stored.ravel(), "->", *found.ravel())
sys.exit(found.ravel().tolist() != [0, 16, 256, 4080, 0, 4080])
PY
cd "$work" && ./venv/bin/python try.py
