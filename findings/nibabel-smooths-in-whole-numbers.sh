#!/usr/bin/env bash
# nibabel 5.4.2: `processing.smooth_image` of a whole-number image cuts its values off to whole numbers three
# times, once for each axis. A smoothed mask (0 and 1) vanishes where it is small, and small values shrink.
#
# Whether it happens depends on how the file was stored, and not on what it holds: with a scale (scl_slope)
# other than 1 the same values are smoothed as floats. One would expect the same answer for both, and
# one whose sum is that of the image: a Gaussian only spreads values. Nothing in the page of
# smooth_image, which takes an image and a width in millimeters, speaks of types.
# The cause is `gaussian_filter(img.dataobj, ...)`: SciPy keeps the type of the numbers as stored, and rounds
# towards zero after each axis. img.get_fdata() would be float64. nilearn's smooth_img makes floats first.
#
# Each image is smoothed by 4 mm at 1 mm; its sum, before and after. Seen on 2026-11-30 (Python 3.11, x86-64):
#                                  before   stored as such   with a scale of 0.5
#   mask of 1                         216                0                   216
#   probabilities of 20 percent      4320             2968                  4320
#   differences of -20              -4320            -2968                 -4320
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nibabel==5.4.2 scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import nibabel
import numpy as np
from nibabel.processing import smooth_image

mask = np.zeros((24, 24, 24))
mask[9:15, 9:15, 9:15] = 1
IMAGES = {"mask of 1": mask, "probabilities of 20 percent": 20 * mask, "differences of -20": -20 * mask}
same = True
for name, values in IMAGES.items():
    sums = {}
    for slope in (1, 0.5):
        image = nibabel.Nifti1Image((values / slope).astype(np.int16), np.eye(4))
        image.header.set_slope_inter(slope, 0)
        data = image.to_bytes()
        if slope != 1:  # what was stored, with its scale: nibabel takes it off when it writes
            header = image.header.copy()
            header["scl_slope"], header["scl_inter"], header["vox_offset"] = slope, 0, 352
            data = header.binaryblock + b"\0" * 4 + image.dataobj.tobytes(order="F")
        stored = nibabel.Nifti1Image.from_bytes(data)
        assert np.array_equal(stored.get_fdata(), values)
        sums[slope] = smooth_image(stored, 4).get_fdata().sum()
    print(f"{name}: {values.sum():.0f}; stored as such {sums[1]:.0f}, with a scale of 0.5 {sums[0.5]:.0f}")
    same &= abs(sums[0.5] - values.sum()) < 1e-3 * abs(values.sum())
    same &= abs(sums[1]) < 0.95 * abs(values.sum())
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
