#!/usr/bin/env bash
# Of an Enhanced MR file each frame may have its own RescaleSlope (PS3.3, C.7.6.16.2.9). Three readers
# of DICOM do not apply it, and say nothing:
#
#   pydicom 3.0.2, pixels.apply_modality_lut    looks at the top level alone: gives stored values
#   SimpleITK 2.5.7, ReadImage                  applies the first frame's slope to all
#   imageio 2.38.1, volread                     applies none, though it does for a single-frame file
#
# One would expect what highdicom 0.28.2 and dcm2niix 1.0.20260724 give.
#
# Four frames, the stored value 100, slopes 2, 0.5, 4, 0.25. Seen on 2026-11-30 (Python 3.11, x86-64):
#   pydicom 100 100 100 100, SimpleITK 200 200 200 200, imageio 100 100 100 100
#   highdicom and dcm2niix 200 50 400 25
# Exit status 0: still so. 1: one of them behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 imageio==2.38.1 \
    pydicom==3.0.2 highdicom==0.28.2 dcm2niix==1.0.20260724 nibabel==5.4.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import highdicom
import imageio.v2 as imageio
import nibabel
import numpy as np
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian

SLOPES = [2, 0.5, 4, 0.25]


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
data.NumberOfFrames = len(SLOPES)
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
        PlanePositionSequence=item(ImagePositionPatient=[0, 0, i]),
        PixelValueTransformationSequence=item(
            RescaleSlope=slope, RescaleIntercept=0, RescaleType="US"
        ),
        FrameContentSequence=item(
            StackID="1", InStackPositionNumber=i + 1, DimensionIndexValues=[i + 1]
        ),
    )[0]
    for i, slope in enumerate(SLOPES)
]
data.PixelData = np.full((len(SLOPES), 16, 16), 100, np.uint16).tobytes()
data["PixelData"].VR = "OW"
for folder in ("in", "out"):
    Path(folder).mkdir()
data.save_as("in/a.dcm", enforce_file_format=True)
read = dcmread("in/a.dcm")
convert = [str(Path(sys.executable).with_name("dcm2niix")), "-o", "out", "-f", "a", "in"]
subprocess.run(convert, check=True, stdout=subprocess.DEVNULL)
found = {
    "pydicom": apply_modality_lut(read.pixel_array, read)[:, 8, 8],
    "SimpleITK": sitk.GetArrayFromImage(sitk.ReadImage("in/a.dcm"))[:, 8, 8],
    "imageio": np.asarray(imageio.volread("in/a.dcm", format="dicom"))[:, 8, 8],
    "highdicom": highdicom.imread("in/a.dcm").get_frames()[:, 8, 8],
    "dcm2niix": nibabel.load("out/a.nii").get_fdata()[8, 8],
}
for name, values in found.items():
    print(name, *values.tolist())
right = [100 * slope for slope in SLOPES]
seen = {
    "pydicom": [100] * 4,
    "SimpleITK": [200] * 4,
    "imageio": [100] * 4,
    "highdicom": right,
    "dcm2niix": right,
}
sys.exit(any(found[name].tolist() != values for name, values in seen.items()))
PY
cd "$work" && ./venv/bin/python try.py
