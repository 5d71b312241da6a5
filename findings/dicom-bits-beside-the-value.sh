#!/usr/bin/env bash
# imageio 2.38.1 and dicomsdl 0.109.4 take whole 16-bit words of a DICOM file for its values. Where 12
# bits are stored, the upper four are no part of the value: they may hold an overlay, or nothing in particular, and a
# negative number need not be extended into them (PS3.5, 8.1.1).
#
# One would expect BitsStored to be heeded, as pydicom and SimpleITK do. With overlay bits values come
# out up to 16 times too large; negative ones without extended signs come out positive.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   an overlay in bit 12   right 0 5 2047    both 0 4101 6143     pydicom, SimpleITK right
#   signed, 12 bits        right -1 -2048 7  both 4095 2048 7     pydicom, SimpleITK right
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imageio==2.38.1 dicomsdl==0.109.4 \
    SimpleITK==2.5.7 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import dicomsdl
import imageio.v2 as imageio
import numpy as np
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

CASES = {  # words as stored, whether signed, the values, what the two make of them
    "an overlay in bit 12": ([0, 0x1005, 0x17FF], 0, [0, 5, 2047], [0, 4101, 6143]),
    "signed, 12 bits": ([0x0FFF, 0x0800, 7], 1, [-1, -2048, 7], [4095, 2048, 7]),
}
same = True
for name, (words, signed, right, wrong) in CASES.items():
    stored = np.array([words], np.uint16)
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    data.PixelSpacing, data.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient, data.SliceThickness = [0, 0, 0], 1
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelRepresentation = signed
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    data.save_as("a.dcm", enforce_file_format=True)
    read = {
        "imageio": np.asarray(imageio.imread("a.dcm", format="dicom")),
        "dicomsdl": dicomsdl.open("a.dcm").pixelData(),
        "pydicom": dcmread("a.dcm").pixel_array,
        "SimpleITK": sitk.GetArrayFromImage(sitk.ReadImage("a.dcm")),
    }
    print(f"{name}: right", *right, *(f"| {lib} {values.ravel()}" for lib, values in read.items()))
    for lib, values in read.items():
        same &= values.ravel().tolist() == (
            wrong if lib in ("imageio", "dicomsdl") else right
        )
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
