#!/usr/bin/env bash
# medio 0.7.1 (medical images to NumPy arrays and back): `read_img(..., backend="pdcm")` returns other values and
# another geometry of an Enhanced MR file (one file with many frames) in two cases. No error, no warning.
#
#   rescaled values    are made int16 before they are multiplied by RescaleSlope, and stay int16 where the slope is a
#                      whole number. Stored values above 32767 (uint16 is what MR stores) and products above it wrap
#                      around: the brightest voxels become the darkest
#   order of frames    frames are stacked in the order in which they are stored. It need not be that of their positions:
#                      MR acquires slices in turns. The distance of slices is taken from the first and the last frame,
#                      and is wrong, too, where these are not the outer ones
#
# One would expect stored value * slope + intercept (PS3.3, C.7.6.16.2.9), and slices in the order of their positions,
# as medio itself has them of a folder of single files. By backend="itk" the values are right. (The order is not.)
# The causes: voxels.astype("int16") in backends/pdcm_unpack_ds.py, and slice_position(-1) - slice_position(0) there.
#
# One voxel of each frame. Seen on 2026-12-01 (Python 3.11, x86-64):
#                                                        one would expect        seen
#   1000 20000 30000, slope 2                            2000 40000 60000        2000 -25536 -5536
#   1000 40000 60000, slope 0.5                          500 20000 30000         500 -12768 -2768
#   100 3000 4095, slope 16                              1600 48000 65520        1600 -17536 -16
#   frames of the positions 0 2 4 1 3, values 1 3 5 2 4  1 2 3 4 5, 1 mm apart   1 3 5 2 4, 0.75 mm apart
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check medio==0.7.1 pydicom==3.0.2 \
    dicom-numpy==0.6.5 nibabel==5.4.2 itk==5.4.7 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from medio import read_img
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage

folder = Path(tempfile.mkdtemp(dir="."))


def item(**elements):
    data = Dataset()
    for name, value in elements.items():
        setattr(data, name, value)
    return data


def start(values, kind, number=1):
    data = item(Modality="MR", StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.4")
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.5.{number}"
    data.Rows, data.Columns = 2, 3
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = np.repeat(np.array(values, "<u2"), 6).tobytes()
    data.InstanceNumber = number
    return data


def enhanced(name, values, positions, slope=None):
    data = start(values, EnhancedMRImageStorage)
    data.NumberOfFrames = len(values)
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=1)],
    )
    if slope:
        rescale = item(RescaleSlope=slope, RescaleIntercept=0, RescaleType="US")
        shared.PixelValueTransformationSequence = [rescale]
    data.SharedFunctionalGroupsSequence = [shared]
    data.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])]) for z in positions
    ]
    data.save_as(folder / name, enforce_file_format=True)
    return folder / name


def read(path, backend="pdcm"):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        voxels, about = read_img(path, backend=backend)
    assert backend == "itk" or not said
    return voxels[0, 0].ravel().tolist(), [round(float(x), 2) for x in about.affine[:3, 2]]


same = True
for values, slope, wrong in (
    ([1000, 20000, 30000], 2, [2000, -25536, -5536]),
    ([1000, 40000, 60000], 0.5, [500, -12768, -2768]),
    ([100, 3000, 4095], 16, [1600, -17536, -16]),
):
    path = enhanced("values.dcm", values, range(3), slope)
    right = [value * slope for value in values]
    assert read(path, "itk")[0] == right
    seen = read(path)[0]
    print(f"{values}, slope {slope}: expected {right}, seen {seen}")
    same &= seen == wrong

values, positions = [1, 3, 5, 2, 4], [0, 2, 4, 1, 3]
seen = read(enhanced("order.dcm", values, positions))
(folder / "single").mkdir()
for number, (value, z) in enumerate(zip(values, positions, strict=True), 1):
    data = start([value], MRImageStorage, number)
    data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, z]
    data.PixelSpacing, data.SliceThickness = [1, 1], 1
    data.save_as(folder / "single" / f"{number}.dcm", enforce_file_format=True)
right = read(folder / "single")
assert right == ([1, 2, 3, 4, 5], [0, 0, 1])
print(f"values and the step to the next slice: expected {right}, seen {seen}")
same &= seen == ([1, 3, 5, 2, 4], [0, 0, 0.75])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
