#!/usr/bin/env bash
# rt-utils 1.2.7 (RT Structure Sets from masks, and masks from them) loses its way where an image is not square:
#
#   more columns than rows, or fewer   a mask that is read back has rows and columns exchanged in its shape, and what
#                                      lies beyond the shorter side is cut off
#   pixels that are not square         contours are written with the two spacings exchanged, so other programs find
#                                      them elsewhere and of another size (known upstream: issue 92. Mended there in
#                                      2025, pull 132, and in no release since)
#
# Slices of the head are often 256 by 192 or so. One would expect the mask that was put in, and contours where DICOM
# has the pixels: PixelSpacing is first the distance of rows, then that of columns, and the x of a pixel goes by the
# latter (PS3.3, 10.7.1.3, and C.7.6.2.1.1). No error, no warning. The library's own round trip hides the second.
# The causes, in image_helper.py: arrays of (Columns, Rows), which OpenCV and NumPy take for rows and columns, and
# row_direction * row_spacing.
#
# Two lesions of 6 by 7 pixels. Seen on 2026-11-30 (Python 3.11, x86-64):
#   32 x 32 pixels of 1 x 1 mm: read back 32 x 32, 84 of 84 pixels
#   32 x 48 pixels of 1 x 1 mm: read back 48 x 32, 42 of 84 pixels
#   48 x 32 pixels of 1 x 1 mm: read back 32 x 48, 42 of 84 pixels
#   32 x 32 pixels of 2 mm between rows, 1 mm between columns: pixel in row 20, column 5
#     is written to x = 10, y = 20 mm, and not to x = 5, y = 40 mm
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check rt-utils==1.2.7 pydicom==3.0.2 numpy==2.4.6 \
    opencv-python==5.0.0.93
cat > "$work/try.py" <<'PY'
import sys
import tempfile
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid
from rt_utils import RTStructBuilder


def write_series(folder, rows, columns, spacing):
    """Three slices, 2 mm apart."""
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for index in range(3):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = MRImageStorage
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        data.SeriesInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID = series, study, frame
        data.Modality, data.PatientName, data.PatientID, data.StudyID = "MR", "A", "1", "1"
        data.PatientBirthDate = data.PatientSex = data.StudyDescription = ""
        data.StudyDate = data.SeriesDate = "20200101"
        data.StudyTime = data.SeriesTime = "120000"
        data.SeriesNumber, data.InstanceNumber = 1, index + 1
        data.Rows, data.Columns, data.PixelSpacing = rows, columns, spacing
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.ImagePositionPatient = [0, 0, 2 * index]
        data.SliceThickness = 2
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.PixelData = bytes(2 * rows * columns)
        data.save_as(Path(folder) / f"{index}.dcm", enforce_file_format=True)


def through(rows, columns, spacing):
    """The mask put in, the mask read back, and the contours' points."""
    mask = np.zeros((rows, columns, 3), bool)
    mask[20:26, 5:12, 1] = True
    if rows > columns:
        mask[36:42, 20:27, 1] = True
    else:
        mask[20:26, columns - 10 : columns - 3, 1] = True
    with tempfile.TemporaryDirectory() as folder:
        write_series(folder, rows, columns, spacing)
        structures = RTStructBuilder.create_new(dicom_series_path=folder)
        structures.add_roi(mask=mask, name="lesion")
        back = structures.get_roi_mask_by_name("lesion")
        contours = structures.ds.ROIContourSequence[0].ContourSequence
        points = np.concatenate([np.reshape(each.ContourData, (-1, 3)) for each in contours])
    return mask, back, points


same = True
for rows, columns in ((32, 32), (32, 48), (48, 32)):
    mask, back, _ = through(rows, columns, [1, 1])
    read = " x ".join(map(str, back.shape[:2]))
    print(f"{rows} x {columns} pixels of 1 x 1 mm: read back {read}, {back.sum()} of {mask.sum()} pixels")
    if rows == columns:
        same &= np.array_equal(back, mask)
    else:
        same &= back.shape == (columns, rows, 3) and back.sum() == mask.sum() / 2

_, _, points = through(32, 32, [2, 1])
corner = points[np.argmin(points[:, 0] + points[:, 1])]
print("32 x 32 pixels of 2 mm between rows, 1 mm between columns: pixel in row 20, column 5")
print(f"  is written to x = {corner[0]:g}, y = {corner[1]:g} mm, and not to x = {5 * 1}, y = {20 * 2} mm")
same &= corner.tolist() == [10, 20, 2]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
