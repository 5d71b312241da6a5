#!/usr/bin/env bash
# dcmstack 0.9.0 (DICOM series to NIfTI) loses two things of the files. No error, no warning.
#
#   slice times   `to_nifti` writes the times between slices in seconds, and says in the header that times are in
#                 milliseconds. The repetition time is written in milliseconds. Slices that were taken 100 ms after each
#                 other seem to be 0.1 ms apart: all of them at once. Slice timing correction then does nothing
#   values        `data` and `to_nifti` have the number type of the slice that is sorted first. Where each slice has a
#                 RescaleSlope of its own, as series of MR and PET do, and the first one's is 1, all others are cut off
#                 to whole numbers, and small ones become 0
#
# One would expect one unit for all times of a file (NIfTI's xyzt_units holds for slice_duration and for pixdim[4]), and
# stored value * slope + intercept of each slice (PS3.3, C.11.1).
# The causes, in dcmstack.py: dcm_time_to_sec beside set_xyzt_units('mm', 'msec'), and stack_dtype, which is asked of
# _files_info[0] alone.
#
# Four slices of MR, TR 400 ms, taken 100 ms after each other; and three with slopes of 1, 0.1 and 0.01, all pixels of
# which have the stored value 129. Seen on 2026-12-01 (Python 3.11, x86-64):
#                                           expected                  dcmstack
#   TR by the header                        400 ms                    400 ms
#   time between slices by the header       100 ms                    0.1 ms
#   values, slope 1 lowest                  129 12.9 1.29             the same
#   values, slope 1 uppermost               1.29 12.9 129             1 12 129
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dcmstack==0.9.0 pydicom==3.0.2 nibabel==5.4.2 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from dcmstack import DicomStack
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

warnings.simplefilter("error")
STORED = 129


def one_slice(number, time=None, slope=None):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.Modality = "1.2.840.10008.5.1.4.1.1.4", "MR"
    data.SOPInstanceUID, data.SeriesInstanceUID = f"1.2.3.{number + 1}", "1.2.4"
    data.Rows = data.Columns = 4
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = np.full((4, 4), STORED, np.uint16).tobytes()
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = [0, 0, 5 * number]
    data.PixelSpacing, data.SliceThickness = [1, 1], 5
    data.InstanceNumber, data.RepetitionTime = number + 1, 400
    if time is not None:
        data.AcquisitionTime = time
    if slope is not None:
        data.RescaleSlope, data.RescaleIntercept = slope, "0"
    return data


def stacked(slices):
    stack = DicomStack()
    for each in slices:
        stack.add_dcm(each)
    return stack.to_nifti()


header = stacked([one_slice(number, time=f"101010.{number}") for number in range(4)]).header
unit = {"sec": 1000, "msec": 1, "usec": 0.001}[header.get_xyzt_units()[1]]
repeated, apart = float(header["pixdim"][4]) * unit, float(header["slice_duration"]) * unit
print(f"TR: {repeated:.0f} ms, expected 400; between slices: {apart:.1f} ms, expected 100")
same = np.isclose(repeated, 400) and np.isclose(apart, 0.1)

for slopes, wrong in (
    (("1", "0.1", "0.01"), (129, 12.9, 1.29)),
    (("0.01", "0.1", "1"), (1, 12, 129)),
):
    right = [STORED * float(slope) for slope in slopes]
    image = stacked([one_slice(number, slope=slope) for number, slope in enumerate(slopes)])
    seen = np.asarray(image.dataobj)[0, 0]
    if image.affine[2, 2] < 0:  # from above
        seen = seen[::-1]
    print(f"slopes {' '.join(slopes)} upwards: {seen.tolist()}, not {np.round(right, 2).tolist()}")
    same = same and np.allclose(seen, wrong)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
