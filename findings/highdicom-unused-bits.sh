#!/usr/bin/env bash
# highdicom 0.28.2 reads the same DICOM frame to two sets of values, where fewer bits are stored than a cell has:
# `get_stored_frame`, `get_frame` and `get_volume` take the unused bits for a part of the value, until
# `pixel_array` was asked for once. From then on they are right.
#
# Where 12 of 16 bits are stored the upper four are no part of the value: they may hold an overlay, or nothing in
# particular, and a negative number need not be extended into them (PS3.5, 8.1.1). So negative values come out
# positive, and values with a bit set above them too large. No error, no warning.
#
# One would expect what pydicom 3.0.2 and SimpleITK 2.5.7 read, and the same answer before and after: pixel_array only
# keeps the decoded frames.
# The cause is in highdicom/image.py: get_stored_frame and get_stored_frames hand BitsAllocated to the decoder as
# the number of bits stored.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#                              signed, not extended      an overlay bit above 5 1000 2000
#   highdicom, first            4091 1000 2096           32773 33768 34768
#   highdicom, after            -5 1000 -2000            5 1000 2000
#   pydicom and SimpleITK       -5 1000 -2000            5 1000 2000
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check highdicom==0.28.2 pydicom==3.0.2 simpleitk==2.5.7 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import highdicom
import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage


def write(cells, signed):
    """An MR slice of 12 bits in 16."""
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
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns, data.PixelRepresentation = 1, len(cells), signed
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.array(cells, np.uint16).tobytes()
    data.save_as("a.dcm", enforce_file_format=True)


def all_of(image):
    """The values by each way that highdicom has."""
    ways = (image.get_stored_frame(1), image.get_stored_frames([1]), image.get_frame(1), image.get_volume().array)
    found = [np.ravel(values).astype(int).tolist() for values in ways]
    assert found == [found[0]] * len(found)
    return found[0]


same = True
CASES = {  # cells of 16 bits, PixelRepresentation, the values, and what comes out at first
    "signed": ([0x0FFB, 1000, 0x0830], 1, [-5, 1000, -2000], [4091, 1000, 2096]),
    "an overlay bit": ([0x8005, 0x8000 + 1000, 0x8000 + 2000], 0, [5, 1000, 2000], [32773, 33768, 34768]),
}
for name, (cells, signed, right, wrong) in CASES.items():
    write(cells, signed)
    image = highdicom.imread("a.dcm")
    first = all_of(image)
    kept = image.pixel_array.ravel().tolist()
    after = all_of(image)
    others = pydicom.dcmread("a.dcm").pixel_array, SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("a.dcm"))
    print(f"{name}: first {first}, after pixel_array {after}, pydicom and SimpleITK", end=" ")
    print(*(values.ravel().tolist() for values in others))
    assert all(values.ravel().tolist() == right for values in others)
    same &= first == wrong and kept == right and after == right
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
