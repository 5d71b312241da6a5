#!/usr/bin/env bash
# pydicom 3.0.2: `Dataset.compress(RLELossless)` scrambles a colour picture of PlanarConfiguration 1 (all
# red, then all green, then all blue). The new file holds another picture of the same size; no error.
#
# Both orders are valid (PS3.3, C.7.6.3.1.3), and RLE is lossless. One would expect the pixels of before, as
# with PlanarConfiguration 0, or with compress(RLELossless, data.pixel_array). JPEG-LS and JPEG 2000 keep
# them in both orders. The page of compress asks for a PlanarConfiguration with the correct value, and its
# guide to RLE says of RGB that "nothing else is required".
#
# The cause: the encoder is handed the bytes of a frame as they are stored (`_get_frame_buffer`,
# pixels/encoders/base.py), and takes them pixel by pixel (src[i::3], pixels/encoders/native.py).
# PlanarConfiguration is looked at for JPEG-LS only. Perfusion maps and fused PET are stored in colour.
#
# The first three pixels, red, green and blue of each. Seen on 2026-11-30 (Python 3.11, x86-64):
#   before                    0 100 200   0 101 200   0 102 200
#   PlanarConfiguration 0     the same
#   PlanarConfiguration 1     0 0 0   0 0 0   0 0 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
from io import BytesIO

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage

rows, columns = np.mgrid[:32, :32].astype(np.uint8)
right = np.stack([rows, columns + 100, 200 - rows], axis=-1)


def picture(planar):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3.4"
    data.SamplesPerPixel, data.PhotometricInterpretation = 3, "RGB"
    data.PlanarConfiguration = planar
    data.Rows, data.Columns = right.shape[:2]
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.PixelData = (right.transpose(2, 0, 1) if planar else right).tobytes()
    assert np.array_equal(data.pixel_array, right)
    return data


same = True
print("before, the first three pixels:", *right.ravel()[:9])
for planar in (0, 1):
    for given in (False, True):
        data = picture(planar)
        data.compress(RLELossless, data.pixel_array if given else None)
        file = BytesIO()
        data.save_as(file, enforce_file_format=True)
        file.seek(0)
        found = dcmread(file).pixel_array
        assert found.shape == right.shape
        kept = np.array_equal(found, right)
        print(
            f"PlanarConfiguration {planar}{', pixel_array given' if given else ''}:",
            *found.ravel()[:9],
            "" if kept else f"({(found != right).mean():.0%} of the values are others)",
        )
        same &= kept == (planar == 0 or given)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
