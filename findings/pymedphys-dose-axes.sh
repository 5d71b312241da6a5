#!/usr/bin/env bash
# pymedphys 0.41.0 (medical physics): `dicom.zyx_and_dose_from_dataset`, which tells where the voxels of an RT Dose file
# lie, places them elsewhere in two cases. So do all functions that use it, as `dicom.dicom_dose_interpolate`, which
# returns the dose of another point. No error, no warning.
#
#   patients not head first, supine   each axis that runs against DICOM's has the wrong sign of its corner. Of a prone
#                       patient the dose grid lies on the other side of the origin, left for right and front for back;
#                       with the feet first it is another place along the body. The eight positions are named as
#                       supported. Only grids whose middle is the origin, as those of phantoms, are right
#   GridFrameOffsetVector of absolute positions   its first number is then the z of the first slice and not 0. Both are
#                       valid for axial grids (PS3.3, C.8.8.3.2). Here the position is added to it once more
#
# One would expect the formula of PS3.3, C.7.6.2.1.1: position + column * spacing * direction, and so on, which is
# what SimpleITK 2.5.7 computes of such a file, too.
# The cause, in _dicom/coords.py: x_dicom_fixed is the axis in the room, orientation[0] * position[0] + col_range. Back
# in DICOM's coordinates it is turned around by np.flip, and not by -1. And position[2] + ds.GridFrameOffsetVector.
#
# 5 columns of 3 mm, 4 rows of 2 mm, 3 slices of 2 mm, the first voxel at 100, 50, 20.
# Seen on 2026-12-01 (Python 3.11, x86-64):    one would expect               seen
#   head first, supine                         x 100 to 112, y 50 to 56       the same
#   head first, prone                          x 100 to 88, y 50 to 44        x -88 to -100, y -44 to -50
#   feet first, supine                         x 100 to 88, z 20 to 16        x -88 to -100, z -16 to -20
#   feet first, prone                          y 50 to 44, z 20 to 16         y -44 to -50, z -16 to -20
#   head first, on the left side               y 50 to 38                     y -38 to -50
#   offsets 20 22 24 (absolute)                z 20 to 24                     z 40 to 44
#   dose at x = 2, prone, x from 8 to -4,      30 (of 10 20 30 40 50)         16.7
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pymedphys==0.41.0 pydicom==3.0.2 \
    numpy==2.4.6 scipy==1.17.1 SimpleITK==2.5.7
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import pymedphys
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ImplicitVRLittleEndian, RTDoseStorage

warnings.simplefilter("error")
SLICES, ROWS, COLUMNS = 3, 4, 5
FIRST = (100, 50, 20)


def grid(orientation, first=FIRST, offsets=(0, 2, 4)):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = RTDoseStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data.Modality = "RTDOSE"
    data.ImageOrientationPatient, data.ImagePositionPatient = list(orientation), list(first)
    data.PixelSpacing = [2, 3]
    data.GridFrameOffsetVector, data.FrameIncrementPointer = list(offsets), 0x3004000C
    data.NumberOfFrames, data.Rows, data.Columns = SLICES, ROWS, COLUMNS
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.DoseUnits, data.DoseType, data.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    data.DoseGridScaling = 1
    doses = np.tile(np.arange(10, 60, 10, dtype="<u2"), SLICES * ROWS)  # 10 to 50 in each row
    data.PixelData = doses.tobytes()
    return data


def expected(orientation, offsets=(0, 2, 4)):
    """The coordinates along x, y and z, by the formula of the standard."""
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    along = np.cross(across, down)
    steps = (
        (across, 3 * np.arange(COLUMNS)),
        (down, 2 * np.arange(ROWS)),
        (along, np.array(offsets) - offsets[0]),
    )
    axes = [None] * 3
    for direction, distances in steps:
        axis = int(np.flatnonzero(direction)[0])
        axes[axis] = FIRST[axis] + direction[axis] * distances
    return axes


def ends(axes):
    return [(float(axis[0]), float(axis[-1])) for axis in axes]


same = True
for name, orientation, offsets, wrong in (
    ("head first, supine", (1, 0, 0, 0, 1, 0), (0, 2, 4), [(100, 112), (50, 56), (20, 24)]),
    ("head first, prone", (-1, 0, 0, 0, -1, 0), (0, 2, 4), [(-88, -100), (-44, -50), (20, 24)]),
    ("feet first, supine", (-1, 0, 0, 0, 1, 0), (0, 2, 4), [(-88, -100), (50, 56), (-16, -20)]),
    ("feet first, prone", (1, 0, 0, 0, -1, 0), (0, 2, 4), [(100, 112), (-44, -50), (-16, -20)]),
    ("on the left side", (0, -1, 0, 1, 0, 0), (0, 2, 4), [(100, 106), (-38, -50), (20, 24)]),
    ("absolute", (1, 0, 0, 0, 1, 0), (20, 22, 24), [(100, 112), (50, 56), (40, 44)]),
):
    data = grid(orientation, offsets=offsets)
    (z, y, x), _ = pymedphys.dicom.zyx_and_dose_from_dataset(data)
    right, seen = ends(expected(orientation, offsets)), ends((x, y, z))
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong
    data.save_as("dose.dcm", enforce_file_format=True)
    image = sitk.ReadImage("dose.dcm")
    corners = np.array([image.TransformIndexToPhysicalPoint(at) for at in ((0, 0, 0), (4, 3, 2))])
    assert np.allclose(corners.T, right), corners

data = grid((-1, 0, 0, 0, -1, 0), first=(8, 3, 0))
(_, y, _), _ = pymedphys.dicom.zyx_and_dose_from_dataset(data)
point = (np.array([2.0]), y[:1], np.array([2.0]))  # the dose is the same for all y and z
seen = float(pymedphys.dicom.dicom_dose_interpolate(point, data)[0, 0, 0])
print(f"dose at x = 2: expected 30.0, seen {seen:.1f}")
same &= round(seen, 1) == 16.7
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
