#!/usr/bin/env bash
# SimpleITK 2.5.7 and imageio 2.38.1 read a DICOM series in the number type of its first slice. Where
# each slice has a RescaleSlope of its own, as series of MR and PET do, later slices are cut to whole
# numbers, or wrap around.
#
# One would expect a type that holds all slices, or an error. Read alone, each slice is right in both.
#
# Four slices with the stored values 100 and 4095. Slopes 1, 0.5, 0.25, 20. Seen on 2026-11-30
# (Python 3.11, x86-64):
#   right                  100 50 25 2000     4095 2047.5 1023.75 81900
#   SimpleITK   uint16     100 50 25 2000     4095 2047 1023 16364
#   imageio     int16      100 50 25 2000     4095 2047 1023 16364
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 imageio==2.38.1 \
    pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from pathlib import Path

import imageio.v2 as imageio
import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

SLOPES = 1, 0.5, 0.25, 20
Path("series").mkdir()
stored = np.full((16, 16), 100, np.uint16)
stored[0, 0] = 4095
for i, slope in enumerate(SLOPES):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.3.4.{i}"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.5", "1.2.3.6"
    data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
    data.Rows, data.Columns = stored.shape
    data.PixelSpacing, data.ImageOrientationPatient = [1, 1], [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient, data.SliceThickness, data.InstanceNumber = [0, 0, i], 1, i + 1
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept = slope, 0
    data.PixelData = stored.tobytes()
    data["PixelData"].VR = "OW"
    data.save_as(f"series/{i}.dcm", enforce_file_format=True)
read = {
    "SimpleITK": sitk.GetArrayFromImage(
        sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames("series"))
    ),
    "imageio": np.asarray(imageio.volread("series", format="dicom")),
}
same = True
for name, volume in read.items():
    print(name, volume.dtype, *volume[:, 8, 8], "  ", *volume[:, 0, 0])
    same &= volume[:, 0, 0].tolist() == [4095, 2047, 1023, 81900 % 65536]
    one = {
        "SimpleITK": lambda: sitk.GetArrayFromImage(sitk.ReadImage("series/3.dcm")),
        "imageio": lambda: np.asarray(imageio.imread("series/3.dcm", format="dicom")),
    }[name]()
    print("  the last one alone:", one.dtype, one.max())
    same &= one.max() == 81900
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
