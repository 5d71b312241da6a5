#!/usr/bin/env bash
# fslpy 3.29.1 (FSL's image tools in Python): `resample`, `resampleToPixdims` and `resampleToReference`, and so the
# command `resample_image`, smooth the image before they make it coarser, and do that wrong in two cases. No error, no
# warning:
#   a reference with another order of axes   (sagittal beside axial, say) the voxels that become coarser lie along one
#                                            axis of the image, and another one is smoothed
#   masks, and other small whole numbers     the smoothed values are cut off to whole numbers, three times over: what
#                                            was 0.99 is 0. A cube of 20 voxels loses two thirds of its volume
#
# One would expect smoothing "only along axes which are being down-sampled", as the docs have it, thus the same values
# in whichever order the reference has its axes. And of a mask what the same mask as float32 gives, rounded: the docs
# let the data keep the image's type, and have linear interpolation and smoothing on by default.
# The causes, in utils/image/resample.py: applySmoothing takes the scales of affine.decompose, which are in the order of
# the reference's axes, for those of the image's; and gives whole numbers to scipy.ndimage.gaussian_filter, which
# keeps their type at each axis. Linear interpolation alone rounds.
#
# Planes across x, one of four is 100 and the others 0, to 4 mm along x: the middle of what comes out. The sum of a mask
# of 20 x 20 x 20. Seen on 2026-12-01 (Python 3.11, x86-64):
#   reference x y z    26.4
#   reference y z x    100    smoothed along z, and not along x
#   mask to 2 mm       uint8 343   float32 1000.0   8000 / 8 = 1000
#   mask to 3 mm       uint8  64   float32  293.8   8000 / 27 = 296.3
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check fslpy==3.29.1 nibabel==5.4.2 numpy==2.4.6 \
    scipy==1.17.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from fsl.data.image import Image
from fsl.utils.image.resample import resampleToPixdims, resampleToReference
from scipy.ndimage import gaussian_filter1d

planes = np.zeros((32, 32, 32), np.float32)
planes[::4] = 100
image = Image(planes, xform=np.eye(4))
# Two references with the same voxels of 4 x 1 x 1 mm. The second has its axes in another order: y, z, x.
straight = Image(np.zeros((8, 32, 32), np.float32), xform=np.diag([4, 1, 1, 1]))
turned = np.zeros((4, 4))
turned[1, 0], turned[2, 1], turned[0, 2], turned[3, 3] = 1, 1, 4, 1
other = Image(np.zeros((32, 32, 8), np.float32), xform=turned)

right = gaussian_filter1d(planes, 4 * 0.425, axis=0)[::4]
first, _ = resampleToReference(image, straight)
second, _ = resampleToReference(image, other)
second = second.transpose(2, 0, 1)  # back to x, y, z
assert first.shape == second.shape == right.shape
for name, found in (("by hand", right), ("reference x y z", first), ("reference y z x", second)):
    print(f"{name}: {found[4, 16, 16]:.1f}")
same = np.allclose(first, right, atol=0.01) and np.allclose(second, 100, atol=0.01)

mask = np.zeros((40, 40, 40), np.uint8)
mask[10:30, 10:30, 10:30] = 1
for size in (2, 3):
    whole, affine = resampleToPixdims(Image(mask, xform=np.eye(4)), (size,) * 3)
    exact, _ = resampleToPixdims(Image(mask, xform=np.eye(4)), (size,) * 3, dtype=np.float32)
    rounded = int((exact > 0.5).sum())
    print(f"mask to {size} mm: uint8 {whole.sum()}, float32 {exact.sum():.1f}, rounded {rounded}")
    assert whole.dtype == np.uint8
    assert np.isclose(exact.sum(), mask.sum() / size**3, rtol=0.02)
    same &= whole.sum() < 0.5 * exact.sum()
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
