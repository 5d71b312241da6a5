#!/usr/bin/env bash
# SimpleITK 2.5.7 stacks the frames of an Enhanced MR file in the order in which they are stored, and
# takes the distance of slices from elsewhere in the file. Their positions need not be in that order
# (each frame has its own): an interleaved acquisition may store 0, 2, 1, 3 mm.
#
# One would expect slices sorted by their positions, as `ImageSeriesReader` does with single-frame files
# (GetGDCMSeriesFileNames), or an error. `ReadImage` gives a volume with even spacing and the second and
# third slice exchanged, without a word. highdicom 0.28.2, `get_volume`, sorts.
#
# Frames at 0, 2, 1, 3 mm hold their position in their values. Seen on 2026-11-30 (Python 3.11, x86-64):
#   SimpleITK 0 2 1 3, spacing 1.0     highdicom 3 2 1 0 (it turns the axis)
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 pydicom==3.0.2 \
    highdicom==0.28.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import highdicom
import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian

POSITIONS = [0, 2, 1, 3]


def item(**tags):
    one = Dataset()
    for name, value in tags.items():
        setattr(one, name, value)
    return [one]


data = Dataset()
data.file_meta = FileMetaDataset()
data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = EnhancedMRImageStorage
data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
data.StudyInstanceUID, data.SeriesInstanceUID, data.SeriesNumber = "1.2.3.5", "1.2.3.6", 1
data.FrameOfReferenceUID, data.InstanceNumber, data.Manufacturer = "1.2.3.7", 1, "Philips"
data.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
data.Modality, data.SamplesPerPixel, data.PhotometricInterpretation = "MR", 1, "MONOCHROME2"
data.Rows = data.Columns = 16
data.NumberOfFrames = len(POSITIONS)
data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
organisation = "1.2.3.8"
data.DimensionOrganizationSequence = item(DimensionOrganizationUID=organisation)
data.DimensionIndexSequence = item(
    DimensionOrganizationUID=organisation,
    DimensionIndexPointer=0x00209057,  # In-Stack Position Number
    FunctionalGroupPointer=0x00209111,  # Frame Content Sequence
)
data.SharedFunctionalGroupsSequence = item(
    PixelMeasuresSequence=item(PixelSpacing=[1, 1], SliceThickness=1, SpacingBetweenSlices=1),
    PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
)
data.PerFrameFunctionalGroupsSequence = [
    item(
        PlanePositionSequence=item(ImagePositionPatient=[0, 0, position]),
        PixelValueTransformationSequence=item(
            RescaleSlope=1, RescaleIntercept=0, RescaleType="US"
        ),
        FrameContentSequence=item(
            StackID="1", InStackPositionNumber=position + 1, DimensionIndexValues=[position + 1]
        ),
    )[0]
    for position in POSITIONS
]
frames = np.repeat(np.array(POSITIONS, np.uint16), 16 * 16).reshape(-1, 16, 16)
data.PixelData = frames.tobytes()
data["PixelData"].VR = "OW"
data.save_as("a.dcm", enforce_file_format=True)
image = sitk.ReadImage("a.dcm")
stacked = sitk.GetArrayFromImage(image)[:, 8, 8].tolist()
print("SimpleITK", *stacked, "spacing", image.GetSpacing()[2])
volume = highdicom.imread("a.dcm").get_volume().array[:, 8, 8].tolist()
print("highdicom", *volume)
sys.exit(not (stacked == POSITIONS and image.GetSpacing()[2] == 1 and volume == [3, 2, 1, 0]))
PY
cd "$work" && ./venv/bin/python try.py
