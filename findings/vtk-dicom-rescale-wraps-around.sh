#!/usr/bin/env bash
# VTK 9.7.2: `vtkDICOMImageReader` (and PyVista's DICOMReader, which wraps it) applies RescaleSlope and
# RescaleIntercept in 16 bits where both are whole numbers. What does not fit wraps around, without a word. It also
# takes a negative value of fewer bits than its cell, whose sign is not extended, for a positive one.
#
#   slope 20              as scanners of MR and PET write it: from 65536 on the brightest become the darkest
#   intercept -1024       of unsigned 16 bits: the type becomes int16, and from 33792 on values are negative
#   signed, 12 of 16 bits the unused bits need not hold the sign (PS3.5, 8.1.1)
#
# One would expect value * slope + intercept in a type that holds it, as SimpleITK 2.5.7 chooses one. With a slope of
# 20.5 VTK does so, too: it is float32 then. The page of the class names limits (compression, several frames, the
# distance of slices); none of scale or type. In SetupOutputInformation a file of more than 8 bits is either float,
# short or unsigned short.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#                           stored            VTK                  SimpleITK
#   slope 20                1000 3276 3277    20000 65520 4        20000 65520 65540
#   intercept -1024         0 33791 33792     -1024 32767 -32768   -1024 32767 32768
#   signed, 12 of 16 bits   4095 2048 1       4095 2048 1          -1 -2048 1
#   slope 20.5              1000 3276 3277    20500 67158 67178.5  20500 67158 67178.5
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vtk==9.7.2 simpleitk==2.5.7 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkDICOMImageReader


def write(cells, signed, bits, slope, intercept):
    """An MR slice of one row."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, "1.2.3.4"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "A^B", "1", "", "O"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20200101", "120000", "1", "1"
    data.ReferringPhysicianName, data.Manufacturer, data.PositionReferenceIndicator = "", "A", ""
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, 1
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.ScanningSequence, data.SequenceVariant, data.ScanOptions = "SE", "NONE", ""
    data.MRAcquisitionType, data.RepetitionTime, data.EchoTime, data.EchoTrainLength = "2D", 3000, 90, 1
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [1, 1], 1
    data.RescaleSlope, data.RescaleIntercept, data.RescaleType = slope, intercept, "US"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns, data.PixelRepresentation = 1, len(cells), signed
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, bits, bits - 1
    data.PixelData = np.array(cells, np.uint16).tobytes()
    data.save_as("a.dcm", enforce_file_format=True)


same = True
CASES = {  # cells, PixelRepresentation, bits, slope, intercept, and what VTK returns
    "slope 20": ([1000, 3276, 3277], 0, 12, 20, 0, [20000, 65520, 4]),
    "intercept -1024": ([0, 33791, 33792], 0, 16, 1, -1024, [-1024, 32767, -32768]),
    "signed, 12 of 16 bits": ([4095, 2048, 1], 1, 12, 1, 0, [4095, 2048, 1]),
    "slope 20.5": ([1000, 3276, 3277], 0, 12, 20.5, 0, [20500, 67158, 67178.5]),
}
for name, (cells, signed, bits, slope, intercept, seen) in CASES.items():
    write(cells, signed, bits, slope, intercept)
    values = [cell - (1 << bits) if signed and cell >> bits - 1 else cell for cell in cells]
    right = [value * slope + intercept for value in values]
    reader = vtkDICOMImageReader()
    reader.SetFileName("a.dcm")
    reader.Update()
    found = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())
    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("a.dcm")).ravel().tolist()
    print(f"{name}: stored {cells}, VTK {found.tolist()} ({found.dtype}), SimpleITK {other}")
    assert other == right
    same &= found.tolist() == seen and (found.tolist() == right) == (slope == 20.5)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
