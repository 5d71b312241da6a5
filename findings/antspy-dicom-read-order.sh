#!/usr/bin/env bash
# ANTsPy 0.6.3: `dicom_read`, which reads a folder of DICOM files into one image, stacks the slices in the order in
# which the file system lists them. Their distance it takes from the first file alone: SpacingBetweenSlices, which
# MR files may leave out, or else 1 mm. No error, no warning. Of the order: known upstream, issue 183, open since 2020.
#
# One would expect slices sorted by their positions, and the distance of these, as SimpleITK 2.5.7 has them (ITK
# reads for both). "Read a set of dicom files in a directory into a single ANTsImage", its page says, and of the
# order only that the origin is that of "the first dicom image read". The order is that of os.listdir, "arbitrary" by
# Python's manual: by the names' hashes on some disks, by the order of writing on others. So one folder is one image
# here and another one elsewhere.
#
# Twelve slices 6 mm apart and 5 mm thick, each with its position as value. os.listdir is made to list them
# backwards, and then in turns, so that the disk does not matter. Seen on 2026-11-30 (Python 3.11, x86-64):
#   ANTsPy       66 60 54 48 42 36 30 24 18 12 6 0    1 mm apart from 66 on
#   ANTsPy       0 12 24 36 48 60 6 18 30 42 54 66    1 mm apart from 0 on
#   SimpleITK    0 6 12 18 24 30 36 42 48 54 60 66    6 mm apart from 0 on
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check antspyx==0.6.3 simpleitk==2.5.7 pydicom==3.0.2
cat > "$work/try.py" <<'PY'
import os
import sys
from pathlib import Path
from unittest.mock import patch

import ants
import numpy as np
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

COUNT, APART, THICK = 12, 6, 5
PLACES = [APART * at for at in range(COUNT)]


def slice_at(z, number):
    """A slice of 4 x 6 pixels at z mm, all of them z."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = MRImageStorage, f"1.2.3.4.{number}"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "A^B", "1", "", "O"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20200101", "120000", "1", "1"
    data.ReferringPhysicianName, data.Manufacturer, data.PositionReferenceIndicator = "", "A", ""
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, number
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.ScanningSequence, data.SequenceVariant, data.ScanOptions = "SE", "NONE", ""
    data.MRAcquisitionType, data.RepetitionTime, data.EchoTime, data.EchoTrainLength = "2D", 3000, 90, 1
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, z], [1, 0, 0, 0, 1, 0]
    data.PixelSpacing, data.SliceThickness = [1, 1], THICK
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns, data.PixelRepresentation = 6, 4, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.full((6, 4), z, np.uint16).tobytes()
    return data


folder = Path("series")
folder.mkdir()
for number, z in enumerate(PLACES, 1):
    slice_at(z, number).save_as(folder / f"{number:02}.dcm", enforce_file_format=True)
names = sorted(os.listdir(folder))
same = True
# Both are orders in which a file system may list them; a plain call depends on the disk.
ORDERS = (names[::-1], names[::2] + names[1::2])
for listed in ORDERS:
    with patch("os.listdir", lambda _, listed=listed: listed):
        image = ants.dicom_read(str(folder))
    values = image.numpy()[0, 0].astype(int).tolist()
    print("ANTsPy", *values, f"| {image.spacing[2]:g} mm apart from {image.origin[2]:g} on")
    places = [PLACES[names.index(name)] for name in listed]
    same &= values == places and (image.spacing[2], image.origin[2]) == (1, places[0])
reader = SimpleITK.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
right = reader.Execute()
values = SimpleITK.GetArrayFromImage(right)[:, 0, 0].tolist()
print("SimpleITK", *values, f"| {right.GetSpacing()[2]:g} mm apart from {right.GetOrigin()[2]:g} on")
assert values == PLACES and right.GetSpacing()[2] == APART
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
