#!/usr/bin/env bash
# dicom-csv 0.5.1 (DICOM series to arrays, NIfTI files and masks) returns other values and other places than the files
# have. No error, no warning.
#
#   get_image, stack_images   RescaleSlope is rounded to the smallest type that can hold it, and multiplied in it. A
#                             whole one becomes an integer of 8 bits: the product of int16 or uint16 wraps around. Any
#                             other becomes a float16: 0.000001, as of diffusion in mm2/s, is 1.3 percent larger, and
#                             0.00000001 is 0: the picture is black. A whole intercept wraps around likewise
#   get_nifti                 the affine is that of DICOM: x and y have the wrong sign for NIfTI, in which the patient's
#                             right is positive. It also takes the rows of the array for x and its columns for y. And
#                             it runs upwards along z, while the slices, sorted before, run downwards
#   contours_to_image         of an RT Structure Set: where pixels are not square, the two spacings are swapped, and the
#                             contour is stretched one way and squeezed the other. Of coronal series the mask is a line
#
# One would expect stored value * slope + intercept (PS3.3, C.11.1), the patient's coordinates of each voxel (C.7.6.2
# and NIfTI's header, turned in x and y), and the pixels that the contour goes around.
# The causes: np.min_scalar_type(slope).type(slope) in misc.py, and the same of the intercept; `_get_affine` in
# aggregation.py, and `om @ voxel` there without a transposition; in rtstruct.py a division by voxel_spacing, which has
# PixelSpacing in its order (between rows first), of coordinates along the row first; and `_get_coordinate_indices`,
# which takes the second and third coordinate of coronal images, after these were turned into the slice's own axes.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                              by the standard     dicom-csv
#   int16, slope 2, stored 30000                                         60000               -5536
#   uint16, slope 3, stored 30000                                        90000               24464
#   uint16, slope 1, intercept 40000, stored 30000                       70000               4464
#   uint16, slope 0.000001, stored 1000                                  0.001               0.00101
#   uint16, slope 0.00000001, stored 1000                                0.00001             0
#   NIfTI, the first pixel of the lowest slice, mm (right, front, up)    10 20 30            -10 -20 50
#          the pixel to the right of it in the picture                   7 20 30             -10 -17 50
#          the pixel below it in the picture                             10 18 30            -8 -20 50
#          the pixel above it, in the next slice                         10 20 35            -10 -20 45
#   contour around rows 3 to 6, columns 2 to 8, axial, 1 x 1 mm          3 to 6, 2 to 8      the same
#          rows 1 mm, columns 2 mm apart                                 3 to 6, 2 to 8      2 to 3, 4 to 11 (cut off)
#          coronal, 1 x 1 mm                                             3 to 6, 2 to 8      0 to 0, 3 to 6
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dicom-csv==0.5.1 pydicom==3.0.2 nibabel==5.4.2 \
    scikit-image==0.26.0 pandas==3.1.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from dicom_csv.aggregation import get_nifti
from dicom_csv.misc import get_image
from dicom_csv.rtstruct import contours_to_image
from nibabel.affines import apply_affine
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

warnings.simplefilter("error")
AXIAL, CORONAL = (1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1)


def one_slice(
    pixels,
    number=0,
    position=(0, 0, 0),
    orientation=AXIAL,
    spacing=(1, 1),
    slope="1",
    intercept="0",
):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.SOPInstanceUID, data.SeriesInstanceUID = f"1.2.3.{number + 1}", "1.2.4"
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, int(pixels.dtype == np.int16)
    data.PixelData = pixels.tobytes()
    data.ImageOrientationPatient, data.ImagePositionPatient = list(orientation), list(position)
    data.PixelSpacing, data.InstanceNumber = list(spacing), number + 1
    data.RescaleSlope, data.RescaleIntercept = slope, intercept
    return data


def contours(uid, points):
    def holder(**parts):
        data = Dataset()
        for name, part in parts.items():
            setattr(data, name, part)
        return data

    line = holder(
        ContourImageSequence=[holder(ReferencedSOPInstanceUID=uid)],
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(points),
        ContourData=[float(number) for point in points for number in point],
    )
    series = holder(SeriesInstanceUID="1.2.4")
    return holder(
        ReferencedFrameOfReferenceSequence=[
            holder(RTReferencedStudySequence=[holder(RTReferencedSeriesSequence=[series])])
        ],
        StructureSetROISequence=[holder(ROINumber=1, ROIName="lesion")],
        ROIContourSequence=[holder(ReferencedROINumber=1, ContourSequence=[line])],
    )


same = True


def check(name, right, seen, wrong):
    global same
    right, seen, wrong = (np.asarray(each, float) for each in (right, seen, wrong))
    print(f"{name}: by the standard {right.tolist()}, dicom-csv {seen.tolist()}")
    same = same and seen.shape == wrong.shape and np.allclose(seen, wrong, rtol=1e-3, atol=1e-12)


for kind, slope, intercept, stored, wrong in (
    (np.int16, "2", "0", 30000, -5536),
    (np.uint16, "3", "0", 30000, 24464),
    (np.uint16, "1", "40000", 30000, 4464),
    (np.uint16, "0.000001", "0", 1000, 0.00101328),
    (np.uint16, "0.00000001", "0", 1000, 0),
    (np.int16, "1", "-1024", 2000, 976),  # as of CT, and right
):
    seen = get_image(one_slice(np.array([[stored]], kind), slope=slope, intercept=intercept))
    check(
        f"{kind.__name__} * {slope} + {intercept}",
        stored * float(slope) + float(intercept),
        seen.item(),
        wrong,
    )

volume = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)  # slices upwards, rows, columns
image = get_nifti(
    [
        one_slice(volume[number], number, (-10, -20, 30 + 5 * number), spacing=(2, 3))
        for number in range(3)
    ]
)
places = {
    (0, 0, 0): (-10, -20, 50),
    (0, 0, 1): (-10, -17, 50),
    (0, 1, 0): (-8, -20, 50),
    (1, 0, 0): (-10, -20, 45),
}
for (number, row, column), wrong in places.items():
    right = (10 - 3 * column, 20 - 2 * row, 30 + 5 * number)  # DICOM's x and y, turned around
    (voxel,) = np.argwhere(np.asarray(image.dataobj) == volume[number, row, column])
    check(
        f"NIfTI, slice {number}, row {row}, column {column}",
        right,
        apply_affine(image.affine, voxel),
        wrong,
    )

ROWS, COLUMNS = (3, 6), (2, 8)
for name, orientation, spacing, wrong in (
    ("axial, square", AXIAL, (1, 1), (3, 6, 2, 8)),
    ("axial, not square", AXIAL, (1, 2), (2, 3, 4, 11)),
    ("coronal", CORONAL, (1, 1), (0, 0, 3, 6)),
):
    across, down = np.array(orientation[:3]), np.array(orientation[3:])
    starts = [
        np.array([-50, -60, -70]) + 5 * number * np.cross(across, down) for number in range(5)
    ]
    series = [
        one_slice(np.zeros((12, 12), np.int16), number, start, orientation, spacing)
        for number, start in enumerate(starts)
    ]
    corners = [
        starts[2] + across * spacing[1] * column + down * spacing[0] * row
        for row, column in zip(
            ROWS + ROWS[::-1], (COLUMNS[0], COLUMNS[0], COLUMNS[1], COLUMNS[1]), strict=True
        )
    ]
    (found,) = contours_to_image(series, contours("1.2.3.3", corners)).values()
    filled = np.argwhere(found.get_mask())
    seen = [end(filled[:, axis]) for axis in (0, 1) for end in (np.min, np.max)]
    check(f"contour, {name}", ROWS + COLUMNS, seen, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
