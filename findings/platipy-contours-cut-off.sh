#!/usr/bin/env bash
# platipy 0.7.2 makes masks of the contours in an RT Structure Set (`convert_rtstruct`, which calls
# `transform_point_set_from_dicom_struct`), and loses its way in two cases. No error, no warning.
#
#   images that are not square   a structure is cut off where its column is not below the number of rows, or its row is
#                                not below the number of columns. Of an image of 40 columns and 20 rows the right half
#                                stays empty, whatever was drawn there
#   contours below the image     a contour one slice before the first one is drawn on the last slice: at the other end
#                                of the patient. Contours reach beyond an image where it was cropped, or is another one
#                                than that they were drawn on. Beyond the other end, they are left out as they should be
#
# One would expect the whole structure, and nothing of what lies outside.
# The causes, in dicom/io/rtstruct_to_nifti.py: polygon(x, y, shape=...) is given the shape as rows and columns, and so
# cuts x at the rows; z_index is only tested for being too large, and -1 is the last slice for NumPy.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                          one would expect     seen
#   columns 10 to 30, rows 5 to 15, of 40 columns and 20 rows        231 voxels           110
#   columns 5 to 15, rows 10 to 30, of 20 columns and 40 rows        231 voxels           110
#   the first, of 40 columns and 40 rows                             231 voxels           231
#   slices -1, 0 and 1 of 0 to 4: voxels in each slice               66 66 0 0 0          66 66 0 0 66
#   slices 3, 4 and 5                                                0 0 0 66 66          0 0 0 66 66
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check platipy==0.7.2 SimpleITK==2.5.7 \
    pydicom==2.4.5 numpy==2.4.6 scikit-image==0.26.0
cat > "$work/try.py" <<'PY'
import sys
import warnings

import SimpleITK as sitk
from platipy.dicom.io.rtstruct_to_nifti import transform_point_set_from_dicom_struct
from pydicom.dataset import Dataset

warnings.simplefilter("error")


def structures(columns, rows, slices):
    (left, right), (top, bottom) = columns, rows
    structure = Dataset()
    structure.ReferencedROINumber = 1
    structure.ContourSequence = []
    for z in slices:
        contour = Dataset()
        contour.ContourGeometricType = "CLOSED_PLANAR"
        contour.NumberOfContourPoints = 4
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        contour.ContourData = [str(value) for x, y in corners for value in (x, y, z)]
        structure.ContourSequence.append(contour)
    name = Dataset()
    name.ROINumber, name.ROIName = 1, "tumour"
    data = Dataset()
    data.StructureSetROISequence, data.ROIContourSequence = [name], [structure]
    return data


def voxels(size, *drawn):
    image = sitk.Image(*size, 5, sitk.sitkInt16)  # voxels of 1 mm, the first at 0, 0, 0
    masks, names = transform_point_set_from_dicom_struct(image, structures(*drawn))
    assert names == ["tumour"]
    return sitk.GetArrayFromImage(masks[0]).sum(axis=(1, 2)).tolist()


WIDE, HIGH, SMALL = ((10, 30), (5, 15)), ((5, 15), (10, 30)), ((5, 10), (5, 15))
same = True
for name, size, place, slices, right, wrong in (
    ("40 columns, 20 rows", (40, 20), WIDE, [2], [0, 0, 231, 0, 0], [0, 0, 110, 0, 0]),
    ("20 columns, 40 rows", (20, 40), HIGH, [2], [0, 0, 231, 0, 0], [0, 0, 110, 0, 0]),
    ("40 columns, 40 rows", (40, 40), WIDE, [2], [0, 0, 231, 0, 0], [0, 0, 231, 0, 0]),
    ("below the image", (20, 20), SMALL, [-1, 0, 1], [66, 66, 0, 0, 0], [66, 66, 0, 0, 66]),
    ("above the image", (20, 20), SMALL, [3, 4, 5], [0, 0, 0, 66, 66], [0, 0, 0, 66, 66]),
):
    seen = voxels(size, *place, slices)
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
