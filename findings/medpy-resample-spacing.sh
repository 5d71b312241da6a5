#!/usr/bin/env bash
# MedPy 0.5.2: `filter.image.resample` gives another spacing than the header says that it returns. Things move
# and change their size, more so the fewer slices there are.
#
# It calls scipy.ndimage.zoom, which puts the first and the last voxel onto each other: of 10 slices at 4 mm,
# 40 come out at 36 / 39 = 0.92 mm. The header gets the 1 mm that was asked for, and keeps its origin.
#
# One would expect a voxel at the header's spacing to hold what was there before: "The image header with the
# new voxel spacing".
#
# Seen on 2026-11-30 (Python 3.11, x86-64), two spots, their centres by the spacing of the header:
#   12.00 mm -> 13.00 mm (40 slices, spacing 1 mm)
#   24.00 mm -> 26.00 mm (40 slices, spacing 1 mm)
#   apart: 12.00 mm -> 13.00 mm
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check MedPy==0.5.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
from medpy.filter.image import resample
from medpy.io import Header


def centre(slices, spacing):
    return (slices * np.arange(slices.size)).sum() / slices.sum() * spacing


places = []
for where in (12, 24):  # mm
    profile = np.exp(-(((np.arange(10) * 4 - where) / 4) ** 2))
    volume = np.ones((8, 8, 1)) * profile
    made, header = resample(volume, Header(spacing=(1, 1, 4), offset=(0, 0, 0)), (1, 1, 1))
    spacing, slices = header.get_voxel_spacing(), made[4, 4]
    places.append(centre(slices, spacing[2]))
    before = centre(profile, 4)
    print(f"{before:.2f} mm -> {places[-1]:.2f} mm ({slices.size} slices, spacing {spacing[2]} mm)")
apart = places[1] - places[0]
print(f"apart: 12.00 mm -> {apart:.2f} mm")
sys.exit(not (abs(places[0] - 13) < 0.1 and abs(apart - 13) < 0.1))
PY
cd "$work" && ./venv/bin/python try.py
