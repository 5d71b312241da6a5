#!/usr/bin/env bash
# dicom2nifti 2.6.2 leaves out the RescaleSlope and RescaleIntercept of an Enhanced MR file whose frames share them.
# The NIfTI file holds stored values, and no scale of its own. No error, no warning.
#
# What all frames have in common stands once, in SharedFunctionalGroupsSequence, and what differs in
# PerFrameFunctionalGroupsSequence; a file is free to repeat in each frame what is the same in all
# (PS3.3, C.7.6.16). So one would expect the same volume from both. dicom2nifti applies the scale (its issue 87:
# on purpose, so that the values are right for all readers), also that of an Enhanced file, where each frame has one.
# The cause is multiframe_to_block in common.py, which looks for PixelValueTransformationSequence in the frames
# alone. So of two series of one patient one may be in stored values, and the other not.
#
# Slope 2.5, intercept -7, stored values 10 20 30 40. Seen on 2026-11-30 (Python 3.11, x86-64):
#   for each frame      18 43 68 93
#   shared              10 20 30 40, and SimpleITK 2.5.7 and dcm2niix 1.0.20260724 read 18 43 68 93
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicom2nifti==2.6.2 pydicom==3.0.2 nibabel==5.4.2 \
    simpleitk==2.5.7 dcm2niix==1.0.20260724 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import dcm2niix
import nibabel
import numpy as np
import SimpleITK
from dicom2nifti import dicom_series_to_nifti
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian

STORED = np.array([10, 20, 30, 40], np.uint16)
SLOPE, INTERCEPT = 2.5, -7
RIGHT = (STORED * SLOPE + INTERCEPT).tolist()


def item(**values):
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def scale():
    return [item(RescaleSlope=SLOPE, RescaleIntercept=INTERCEPT, RescaleType="US")]


def write(path, shared):
    """An Enhanced MR file of four frames, each of one value."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = EnhancedMRImageStorage, "1.2.3.4"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "A^B", "1", "", "O"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20200101", "120000", "1", "1"
    data.ReferringPhysicianName, data.PositionReferenceIndicator = "", ""
    data.Manufacturer, data.ManufacturerModelName = "A", "B"
    data.DeviceSerialNumber, data.SoftwareVersions = "1", "1"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, 1
    data.ContentDate, data.ContentTime = "20200101", "120000"
    data.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    data.MagneticFieldStrength = 3
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.NumberOfFrames, data.Rows, data.Columns, data.PixelRepresentation = len(STORED), 6, 4, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PixelData = np.repeat(STORED, 6 * 4).tobytes()
    common = item(
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=1, SpacingBetweenSlices=1)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    if shared:
        common.PixelValueTransformationSequence = scale()
    data.SharedFunctionalGroupsSequence = [common]
    frames = []
    for at in range(len(STORED)):
        content = item(StackID="1", InStackPositionNumber=at + 1, DimensionIndexValues=[1, at + 1])
        frame = item(
            FrameContentSequence=[content],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, at])],
        )
        if not shared:
            frame.PixelValueTransformationSequence = scale()
        frames.append(frame)
    data.PerFrameFunctionalGroupsSequence = frames
    data.DimensionOrganizationSequence = [item(DimensionOrganizationUID="1.2.3.9")]
    data.DimensionIndexSequence = [
        item(DimensionOrganizationUID="1.2.3.9", DimensionIndexPointer=tag, FunctionalGroupPointer=0x00209111)
        for tag in (0x00209056, 0x00209057)  # StackID, InStackPositionNumber
    ]
    path.parent.mkdir()
    data.save_as(path, enforce_file_format=True)


same = True
for name, shared, seen in (("for each frame", False, RIGHT), ("shared", True, STORED.tolist())):
    path = Path(name.replace(" ", "-")) / "a.dcm"
    write(path, shared)
    dicom_series_to_nifti(str(path.parent), f"{path.parent}.nii", reorient_nifti=False)
    subprocess.run(
        [dcm2niix.bin, "-b", "n", "-z", "n", "-f", f"{path.parent}-other", "-o", ".", path.parent],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    made = [nibabel.load(f"{path.parent}{end}.nii").get_fdata() for end in ("", "-other")]
    found, other = (volume[0, 0].tolist() for volume in made)
    third = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))[:, 0, 0].tolist()
    print(f"{name}: dicom2nifti {found}, dcm2niix {other}, SimpleITK {third}")
    same &= found == seen and other == RIGHT and third == RIGHT
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
