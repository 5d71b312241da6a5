#!/usr/bin/env bash
# panoptica 2.1.7 (metrics of segmentations, lesion by lesion) counts other lesions than there are:
#
#   label 128          a lesion of this label in both masks is cut off if it lies beyond all others: it is neither
#                      found nor missed, it is not there
#   a 2D slice         pixels that touch at a corner are lesions of their own, and lesions of two labels that touch are
#                      one. In a volume it is the other way round for both, also in one of a single slice
#
# One would expect a mask and its scaled copy (64 and 128 for 1 and 2) to have as many lesions, and a slice to have
# as many as the same slice in a volume. `ConnectedComponentsInstanceApproximator` says only that cc3d does volumes, and
# scipy slices. No error, no warning.
# The causes, in _functionals.py: labels below 256 are kept in 8 bits, and _get_paired_crop adds the two masks: 128 and
# 128 make 0 there. cc3d joins the 26 neighbours, and labels by value; scipy's label joins 4, and all that is not 0.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   labels 1 and 2: 2 lesions, 2 found
#   labels 64 and 128: 1 lesions, 1 found
#   labels 127 and 129: 2 lesions, 2 found
#   six pixels in a diagonal line: as a slice 6, as a volume 1, as a volume of one slice 1
#   two labels that touch: as a slice 1, as a volume 2, as a volume of one slice 2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check panoptica==2.1.7 numpy==2.2.6
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys

import numpy as np
from panoptica import (
    ConnectedComponentsInstanceApproximator,
    InputType,
    NaiveThresholdMatching,
    Panoptica_Evaluator,
)


def count(mask):
    """Lesions, and those found, of a prediction that is right everywhere."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = Panoptica_Evaluator(
            expected_input=InputType.SEMANTIC,
            instance_approximator=ConnectedComponentsInstanceApproximator(),
            instance_matcher=NaiveThresholdMatching(),
        )
        result = evaluator.evaluate(mask.copy(), mask.copy())["ungrouped"]
    return result.n_ref_instances, result.tp


same = True
for first, second, seen in ((1, 2, 2), (64, 128, 1), (127, 129, 2)):
    mask = np.zeros((20, 20, 20), np.uint8)
    mask[2:6, 2:6, 2:6] = first
    mask[12:16, 12:16, 12:16] = second
    lesions, found = count(mask)
    print(f"labels {first} and {second}: {lesions} lesions, {found} found")
    same &= (lesions, found) == (seen, seen)

diagonal = np.eye(6, dtype=np.uint8)
touching = np.repeat([[1, 1, 1, 2, 2, 2]], 6, axis=0).astype(np.uint8)
for name, slice_, seen in (
    ("six pixels in a diagonal line", diagonal, [6, 1, 1]),
    ("two labels that touch", touching, [1, 2, 2]),
):
    volume = np.zeros((3, 6, 6), np.uint8)
    volume[1] = slice_
    found = [count(each)[0] for each in (slice_, volume, slice_[np.newaxis])]
    print(f"{name}: as a slice {found[0]}, as a volume {found[1]}, as a volume of one slice {found[2]}")
    same &= found == seen
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python -W ignore try.py
