#!/usr/bin/env bash
# DIPY 1.12.1: `gibbs_removal`, which takes the ringing beside sharp edges out of MR slices, destroys slices of uint16:
# here six pixels of ten are off by more than 1000, where the brightest has 1115. No error, no warning. int16 slices
# lose about 1 everywhere, and up to 6 at edges.
#
# One would expect the answer of the same slices as float64, rounded. "Matrix containing one volume (3D) or multiple
# (4D) volumes of images" is all that the docs say of the input. MR scanners store 12 bits, mostly as uint16, and
# DIPY's own load_nifti returns an array of the type that the file has.
# The causes, in denoise/gibbs.py: _image_tv subtracts neighbours in the type of the slice, where 3 - 5 is 65534; `isp`
# and `isn` of _gibbs_removal_1d keep interpolated values in that type, which cuts them off to whole numbers, and
# `isp - isn` wraps around, too.
#
# A disc of 1000 in 64 x 64 pixels, with ringing. Seen on 2026-12-01 (Python 3.11, x86-64):
#              brightest   mean     farthest from float64
#   given      1115        282.9
#   float64    1032        284.3
#   float32    1032        284.3    less than 0.5
#   int16      1031        283.4    5.6
#   uint16     61519       7005.2   61082.2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dipy==1.12.1 numpy==2.4.6 scipy==1.17.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from dipy.denoise.gibbs import gibbs_removal

# A disc, and the middle of its spectrum: what a scanner with fewer lines makes of it.
y, x = np.mgrid[:128, :128]
disc = 1000.0 * (((x - 64) / 40) ** 2 + ((y - 64) / 36) ** 2 < 1)
spectrum = np.fft.fftshift(np.fft.fft2(disc))[32:96, 32:96]
ringing = (np.abs(np.fft.ifft2(np.fft.ifftshift(spectrum))) / 4).round()
right = gibbs_removal(ringing, inplace=False)
print(f"given: brightest {ringing.max():.0f}, mean {ringing.mean():.1f}")
off = {}
for kind in (np.float64, np.float32, np.int16, np.uint16):
    given = ringing.astype(kind)
    assert np.array_equal(given, ringing)
    found = gibbs_removal(given, inplace=False)
    assert found.dtype == kind
    found = found.astype(np.float64)
    off[kind] = np.abs(found - right)
    print(
        f"{kind.__name__}: brightest {found.max():.0f}, mean {found.mean():.1f}, "
        f"farthest from float64 {off[kind].max():.1f}, {np.mean(off[kind] > 1000):.1%} off by more than 1000, "
        f"mean difference {np.mean(found - right):.2f}"
    )
same = off[np.float32].max() < 1 and off[np.int16].max() > 3 and np.mean(off[np.uint16] > 1000) > 0.1
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
