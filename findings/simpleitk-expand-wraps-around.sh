#!/usr/bin/env bash
# SimpleITK 2.5.7: `Expand` lets whole numbers wrap around where a spline or a windowed sinc overshoots. Next
# to an edge the brightest pixels become the darkest, and the darkest the brightest. uint8 is hit most, uint16
# in the dark.
#
# These interpolations pass the values on both sides of an edge by a tenth or so. ITK's ExpandImageFilter
# casts what it gets to the pixel type (itkExpandImageFilter.hxx); its ResampleImageFilter cuts it to the
# type's range first. The default, linear, cannot overshoot.
#
# One would expect the value to be cut off, as `Resample` does on the same grid with the same interpolation.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), an edge from 0 to 250 (uint8) or 1000 (uint16), twice as large:
#   uint8, Expand      6 243 232 53 196 18 7 243
#   uint8, Resample    6 0 0 53 196 255 255 243
#   uint16, Expand     26 65483 65439 215 784 1097 1053 973
#   uint16, Resample   26 0 0 215 784 1097 1053 973
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import SimpleITK

same = True
for kind, bright, high in ((np.uint8, 250, 200), (np.uint16, 1000, 60000)):
    edge = np.zeros((16, 16), kind)
    edge[:, 8:] = bright
    image = SimpleITK.GetImageFromArray(edge)
    larger = SimpleITK.Expand(image, [2, 2], SimpleITK.sitkBSpline)
    right = SimpleITK.Resample(image, larger, SimpleITK.Transform(), SimpleITK.sitkBSpline)
    expanded, resampled = (SimpleITK.GetArrayFromImage(one)[15] for one in (larger, right))
    name = np.dtype(kind).name
    print(f"{name}, Expand:", *expanded[12:20])
    print(f"{name}, Resample:", *resampled[12:20])
    same &= bool((expanded[:15] > high).any()) and not (resampled[:15] > bright / 2).any()
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
