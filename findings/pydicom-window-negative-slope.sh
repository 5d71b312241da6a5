#!/usr/bin/env bash
# pydicom 3.0.2: `apply_windowing` (and `apply_voi_lut`) turns the image around where RescaleSlope is
# negative: what the window makes black is returned as the greatest value, what it makes white as the least.
#
# It takes the range of its output from the stored range, rescaled: y_min is 0 * slope + intercept. With a
# negative slope that is the greater one, and the window's formula is applied with y_min above y_max.
#
# One would expect a window to rise: values below it are the least, y_min (PS3.3, C.11.2.1.2.1). The slope was
# applied before; what the window gets are output units, and of those it shows the greater ones brighter.
# A negative slope is valid; computed radiography has such (OHIF/Viewers#127). highdicom 0.28.2 has it right.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   slope -1   rescaled -4095 -3000 -1000 0   windowed -1 -1096 -3096 -4095   highdicom 0.0 0.27 0.76 1.0
#   slope 1    rescaled 0 1000 3000 4095   windowed 0 1000 3000 4095   highdicom 0.0 0.24 0.73 1.0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 highdicom==0.28.2 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import highdicom
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_rescale, apply_windowing
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

same = True
for slope, stored in {-1: [4095, 3000, 1000, 0], 1: [0, 1000, 3000, 4095]}.items():
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = ComputedRadiographyImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality = "1.2.3.5", "1.2.3.6", "CR"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = 1, 4
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.RescaleSlope, data.RescaleIntercept, data.RescaleType = slope, 0, "US"
    data.WindowCenter, data.WindowWidth = slope * 2048, 4096
    data.PixelData = np.array([stored], "<u2").tobytes()
    data["PixelData"].VR = "OW"
    data.save_as("a.dcm", enforce_file_format=True)
    rescaled = apply_rescale(data.pixel_array, data)
    windowed = apply_windowing(rescaled, data)[0]
    other = highdicom.imread("a.dcm").get_frame(1, apply_voi_transform=True)[0]
    print(f"slope {slope}: rescaled", *rescaled[0].astype(int), "  windowed", *windowed.round().astype(int),
          "  highdicom", *other.round(2))
    assert (np.diff(rescaled) > 0).all()
    same &= bool((np.diff(windowed) * slope > 0).all() and (np.diff(other) > 0).all())
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
