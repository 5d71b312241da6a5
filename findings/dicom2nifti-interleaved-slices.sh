#!/usr/bin/env bash
# dicom2nifti 2.6.2 makes several volumes of one whose slices are numbered in the order in which they were
# acquired. MR acquires slices in turns (0, 2, 4 .. and then 1, 3, 5 .. mm) so that neighbours do not disturb each
# other, and nothing ties InstanceNumber to positions: it is "a number that identifies this image" (PS3.3,
# C.7.6.1). No error, no warning; the result has another shape, and slices twice as far apart.
#
# One would expect slices sorted by their positions, each once, as SimpleITK's ImageSeriesReader has them, and
# as dicom2nifti does if they are numbered from one end to the other. Upstream took the dependence on InstanceNumber
# out "as much as possible" in 2017 (issue 7).
# The cause is get_grouped_dicoms in convert_generic.py: it walks through the files by InstanceNumber, and begins
# a new point in time wherever the direction of the step changes. Where the parts have different sizes (five
# slices) it raises an error.
#
# Twelve slices a millimetre apart, the slice at z holds the value z. Seen on 2026-11-30 (Python 3.11, x86-64):
#   numbered from below          1 volume of 12 slices, 1 mm apart
#   even slices, then odd ones   2 volumes of 6 slices, 2 mm apart: 0 2 4 6 8 10 and 1 3 5 7 9 11
#   from the middle outwards     6 volumes of 2 slices, 1 mm apart: 5 6, 4 7, 3 8, 2 9, 1 10 and 0 11
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicom2nifti==2.6.2 pydicom==3.0.2 nibabel==5.4.2 \
    simpleitk==2.5.7 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK
from dicom2nifti import dicom_series_to_nifti
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

COUNT = 12
UP = list(range(COUNT))


def slice_at(z, number):
    """A slice of 4 x 6 pixels at z mm, all of them z."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = MRImageStorage
    data.SOPInstanceUID = f"1.2.3.4.{number}"
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
    data.PixelSpacing, data.SliceThickness, data.SpacingBetweenSlices = [1, 1], 1, 1
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns, data.PixelRepresentation = 6, 4, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.full((6, 4), z, np.uint16).tobytes()
    return data


same = True
CASES = {  # the positions in the order of their numbers; the volumes and their spacing that come out
    "from below": (UP, [UP], 1),
    "even, then odd": (UP[::2] + UP[1::2], [UP[::2], UP[1::2]], 2),
    "from the middle outwards": (
        sorted(UP, key=lambda z: abs(z - 5.4)),
        [[5 - i, 6 + i] for i in range(6)],
        1,
    ),
}
for at, (name, (order, seen, apart)) in enumerate(CASES.items()):
    folder = Path(f"series{at}")
    folder.mkdir()
    for number, z in enumerate(order, 1):
        slice_at(z, number).save_as(folder / f"{number:02}.dcm", enforce_file_format=True)
    with contextlib.redirect_stdout(io.StringIO()):
        dicom_series_to_nifti(str(folder), f"{at}.nii", reorient_nifti=False)
    image = nibabel.load(f"{at}.nii")
    values = np.asarray(image.dataobj)[0, 0].reshape(image.shape[2], -1).T
    spacing = round(float(image.header.get_zooms()[2]), 3)
    volumes = [[round(float(value)) for value in volume] for volume in values]
    print(f"{name}: shape {image.shape}, slices {spacing:g} mm apart:", *volumes)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    other = reader.Execute()
    assert SimpleITK.GetArrayFromImage(other)[:, 0, 0].tolist() == UP
    assert other.GetSpacing()[2] == 1
    same &= volumes == seen and spacing == apart
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
