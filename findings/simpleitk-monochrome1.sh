#!/usr/bin/env bash
# SimpleITK 2.5.7 turns the values of a MONOCHROME1 DICOM file around before it applies the rescale.
#
# MONOCHROME1 says how values are shown: the smallest is white (PS3.3, C.7.6.3.1.2). It does not change
# what they mean. One would expect Hounsfield units as RescaleSlope and RescaleIntercept give them, so
# -1024 for the stored 0 below. `ReadImage` gives 3071: air denser than bone, without a word. With
# MONOCHROME2 the very same file is read rightly.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   MONOCHROME2: 0 1024 4095 -> -1024 0 3071
#   MONOCHROME1: 0 1024 4095 -> 3071 2047 -1024
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

stored = np.array([[0, 1024, 4095]], np.uint16)
found = {}
for photometric in ("MONOCHROME2", "MONOCHROME1"):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "CT", 1, photometric
    data.Rows, data.Columns = stored.shape
    data.PixelSpacing, data.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient, data.SliceThickness = [0, 0, 0], 1
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept, data.RescaleType = 1, -1024, "HU"
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    data.save_as("a.dcm", enforce_file_format=True)
    values = sitk.GetArrayFromImage(sitk.ReadImage("a.dcm")).ravel()
    print(f"{photometric}:", *stored.ravel(), "->", *values)
    found[photometric] = values.tolist()
sys.exit(found != {"MONOCHROME2": [-1024, 0, 3071], "MONOCHROME1": [3071, 2047, -1024]})
PY
cd "$work" && ./venv/bin/python try.py
