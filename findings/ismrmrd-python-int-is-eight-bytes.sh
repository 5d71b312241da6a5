#!/usr/bin/env bash
# ismrmrd 1.15.0 (the Python package of ISMRMRD, the raw data format of MR): of the image type DATATYPE_INT it reads and
# writes eight bytes a pixel on Linux and macOS. The format has four, as the package's own constants.py says:
# "corresponds to int32_t".
#
#   Image.from_array of int32              TypeError: Datatype not supported
#   of int64                               taken, written as type 4 with eight bytes a pixel: other readers lose their place
#   two images of a stream with int32      the first is read with pixels of two in one, and the rest is taken out of the
#                                          second image. No error
#   Dataset.append_image                   TypeError: it cannot fit its own eight bytes into the four of the HDF5 file
#
# One would expect int32, as uint32 is four bytes here. The cause, in image.py: DATATYPE_INT: np.dtype('int'), which is C's
# long.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), images of 4 x 5 pixels:
#   bytes of pixels, uint32                80
#   bytes of pixels, DATATYPE_INT          160
#   the first image, -3 -2 -1 0 ...        reads as -4294967299 4294967295 8589934593 17179869187 ...
#   bytes taken of the stream              366, where an image has 286
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ismrmrd==1.15.0 numpy==1.26.4 h5py==3.16.0
cat > "$work/try.py" <<'PY'
import ctypes
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from ismrmrd import Dataset, Image, ImageHeader
from ismrmrd.constants import DATATYPE_INT

BEFORE = ctypes.sizeof(ImageHeader) + 8  # the header, and how long the attributes are: none
pixels = np.arange(20).reshape(4, 5) - 3
try:
    Image.from_array(pixels.astype(np.int32))
    refused = False
except TypeError as error:
    refused = True
    print("int32:", error)
image = Image.from_array(pixels)
written = image.to_bytes()
unsigned = Image.from_array(np.arange(20, dtype=np.uint32).reshape(4, 5)).to_bytes()
sizes = len(unsigned) - BEFORE, len(written) - BEFORE
print("bytes of pixels, uint32", sizes[0], "| DATATYPE_INT", sizes[1])

# As the format has it: the same header, and int32.
plain = written[:BEFORE] + pixels.astype("<i4").tobytes()
stream = io.BytesIO(plain * 2)
first = Image.deserialize_from(stream.read).data.ravel()
print("the first of two images:", *first[:4], "| bytes taken", stream.tell(), "of", len(plain))

with tempfile.TemporaryDirectory() as folder:
    file = Dataset(str(Path(folder, "images.h5")), "dataset", create_if_needed=True)
    try:
        file.append_image("images", image)
        kept = True
    except TypeError as error:
        kept = False
        print("append_image:", error)
    file.close()
same = refused and not kept and image.data_type == DATATYPE_INT and sizes == (80, 160)
same &= first[0] == -4294967299 and stream.tell() == len(plain) + 80
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
