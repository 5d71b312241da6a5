#!/usr/bin/env bash
# surfa 0.6.3 (FreeSurfer's Python library) makes something else of label maps and masks, without a word:
#
#   onehot   labels that were not asked for are counted as the first that was: with onehot([2, 3]) all background is 2
#   smooth   of uint8, as masks are stored, rounds down at each axis: a small mask vanishes. As float32 it does not
#
# One would expect zeros in all frames for a label that is in none: "list of label indices to one-hot encode", says the
# docstring; to choose some structures of a segmentation is what such a list is for. Of a Gaussian one would expect that
# the sum stays: it only spreads values. The docstring of smooth speaks of sigma alone.
# The causes, in core/framed.py and image/framed.py: a table of zeros, where 0 is the place of the first label, and
# SciPy's gaussian_filter, which keeps the type of what it is given.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   label    0 1 2 3 4
#   frame 2  1 1 1 0 1
#   frame 3  0 0 0 1 0
#   mask of 64 voxels smoothed (1.5 mm), its sum: uint8 0, float32 64
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check surfa==0.6.3 nibabel==5.4.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import surfa

labels = np.arange(5, dtype=np.int32).reshape(5, 1, 1)
frames = surfa.Volume(labels).onehot([2, 3]).data.reshape(5, 2)
print("label   ", *labels.ravel())
for index, label in enumerate((2, 3)):
    print("frame", label, "", *frames[:, index])
same = frames[:, 0].tolist() == [1, 1, 1, 0, 1] and frames[:, 1].tolist() == [0, 0, 0, 1, 0]

mask = np.zeros((20, 20, 20), np.uint8)
mask[8:12, 8:12, 8:12] = 1
sums = [float(surfa.Volume(mask.astype(kind)).smooth(1.5).data.sum()) for kind in (np.uint8, np.float32)]
print(f"mask of {mask.sum()} voxels smoothed (1.5 mm), its sum: uint8 {sums[0]:.0f}, float32 {sums[1]:.0f}")
same &= sums[0] == 0 and abs(sums[1] - 64) < 0.01
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
