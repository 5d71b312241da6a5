#!/usr/bin/env bash
# ANTsPy 0.6.3: `from_numpy` of signed whole numbers (int16, int32) makes an image of uint32, without a
# word. -1 becomes 4294967295. So does `new_image_like`.
#
# ANTsPy has no signed whole numbers. One would expect float32, which holds every int16: `image_read` reads
# the same int16 volume from a file as float32, and right. Nothing in the docs of from_numpy names a change
# of type. MR volumes have negative values after a rescale, a filter or a spline; CT has them everywhere.
# The cause: infer_dtype maps all other kinds of whole numbers to uint32 (casts were added silently by pull
# request 665, which does not mention negative values).
#
# Seen on 2026-11-30 (Python 3.11, x86-64), of -1000 -1 0 7:
#   from_numpy, int16:     unsigned int 4294966296 4294967295 0 7
#   from_numpy, int32:     unsigned int 4294966296 4294967295 0 7
#   new_image_like, int16: unsigned int 4294966296 4294967295 0 7
#   image_read, int16:     float -1000 -1 0 7
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check antspyx==0.6.3 nibabel==5.4.2 numpy==2.3.5
cat > "$work/try.py" <<'PY'
import sys

import ants
import numpy as np
from nibabel import Nifti1Image, save

values = np.array([-1000, -1, 0, 7]).reshape(2, 2, 1).repeat(2, axis=2)
save(Nifti1Image(values.astype(np.int16), np.eye(4)), "volume.nii")
read = ants.image_read("volume.nii")
images = {
    "from_numpy, int16": ants.from_numpy(values.astype(np.int16)),
    "from_numpy, int32": ants.from_numpy(values.astype(np.int32)),
    "new_image_like, int16": read.new_image_like(values.astype(np.int16)),
    "image_read, int16": read,
}
same = True
for name, image in images.items():
    found = image.numpy()
    print(f"{name}: {image.pixeltype}", *found[..., 0].ravel().astype(np.int64))
    right = np.array_equal(found.astype(np.int64), values)
    wrapped = np.array_equal(found.astype(np.int64), values % 2**32)
    same &= right if name.startswith("image_read") else wrapped
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
