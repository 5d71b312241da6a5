#!/usr/bin/env bash
# deid 0.4.13: `DicomCleaner`, which blanks burned-in text in the pixels of DICOM files, spoils the rest of a
# colour picture when it saves it.
#
#   RGB with PlanarConfiguration 1    it is stored plane by plane: all red, then all green, then all blue.
#                                     The pixels are written pixel by pixel, and the file still says 1.
#   YBR_FULL                          they are written as RGB, and the file still says YBR_FULL.
#
# One would expect that only the named pixels change. Here one of 24 was to be blanked, and all change.
# RGB with PlanarConfiguration 0 comes out right. Both kinds are valid (PS3.3, C.7.6.3.1.2 and .3).
# The cause: save_dicom sets `PixelData = self.cleaned.tobytes()`, and `cleaned` was made of pydicom's
# pixel_array, which reorders planes and converts to RGB. (Issue 228 of 2022, closed, was of scrambled files.)
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   RGB, PlanarConfiguration 0: pixels changed: 1 of 24
#   RGB, PlanarConfiguration 1: pixels changed: 24 of 24
#   YBR_FULL: pixels changed: 24 of 24
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check deid==0.4.13 pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from pathlib import Path

import numpy as np
from deid.dicom.pixels import DicomCleaner
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

RULES = "FORMAT dicom\n\n%filter graylist\n\nLABEL all\ncontains Modality OT\n  ctpcoordinates 0,0,1,1\n"
Path("rules.dicom").write_text(RULES)
pixels = np.random.default_rng(0).integers(0, 255, (4, 6, 3), np.uint8)
same = True
for name, kind, planes, wrong in (
    ("RGB, PlanarConfiguration 0", "RGB", 0, 1),
    ("RGB, PlanarConfiguration 1", "RGB", 1, 24),
    ("YBR_FULL", "YBR_FULL", 0, 24),
):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.StudyInstanceUID, data.SeriesInstanceUID, data.Modality = "1.2.3.5", "1.2.3.6", "OT"
    data.SamplesPerPixel, data.PhotometricInterpretation = 3, kind
    data.Rows, data.Columns, data.PlanarConfiguration = *pixels.shape[:2], planes
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.PixelData = (np.moveaxis(pixels, -1, 0) if planes else pixels).tobytes()
    data["PixelData"].VR = "OB"
    data.save_as("before.dcm", enforce_file_format=True)
    cleaner = DicomCleaner(output_folder="after", deid="rules.dicom")
    assert cleaner.detect("before.dcm")["flagged"]
    cleaner.clean()
    before, after = dcmread("before.dcm"), dcmread(cleaner.save_dicom())
    assert (after.PhotometricInterpretation, after.PlanarConfiguration) == (kind, planes)
    changed = int((before.pixel_array != after.pixel_array).any(axis=-1).sum())
    print(f"{name}: pixels changed: {changed} of 24")
    same &= changed == wrong
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
