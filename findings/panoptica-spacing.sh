#!/usr/bin/env bash
# panoptica 2.1.7 (metrics of segmentations, as used for the BraTS challenges) measures distances with the wrong spacing
# of voxels, or with none:
#
#   SimpleITK images   the spacing is given as x, y, z, and the array has z first: the distance of slices is
#                      taken for that of columns. So it is with files: SimpleITK reads them, if it is installed
#   global metrics     the spacing is left out, however it was given: distances are in voxels
#
# Slices of MR are often five times as far apart as columns. One would expect millimetres, and the same for one file
# whichever packages are installed: "Voxel spacing for the evaluation", says `evaluate` of voxelspacing. Nothing in its
# page of metrics speaks of voxels. The causes: GetSpacing() beside GetArrayFromImage() in check_sitk_image.py, and
# `metric(reference_arr=..., prediction_arr=...)` without a spacing in panoptica_result.py. No error, no warning.
#
# A lesion, predicted two slices of 5 mm too far up: it lies 10 mm beside the right one. Its Hausdorff distance by
# lesion, globally, and the distance of the centres by lesion. Seen on 2026-11-30 (Python 3.11, x86-64):
#   array, voxelspacing (5, 1, 1)              10, 2, 10
#   file .nii.gz, without SimpleITK 2.5.7      10, 2, 10
#   file .nii.gz, with SimpleITK 2.5.7         2, 2, 2
#   SimpleITK image                            2, 2, 2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check panoptica==2.1.7 nibabel==5.4.2 \
    numpy==2.2.6
cat > "$work/try.py" <<'PY'
import contextlib
import importlib.util
import io
import sys

import nibabel
import numpy as np
from panoptica import (
    ConnectedComponentsInstanceApproximator,
    InputType,
    NaiveThresholdMatching,
    Panoptica_Evaluator,
)
from panoptica.metrics import Metric


def measure(prediction, reference, **options):
    """Hausdorff distance by lesion and globally, and the distance of the centres."""
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = Panoptica_Evaluator(
            expected_input=InputType.SEMANTIC,
            instance_approximator=ConnectedComponentsInstanceApproximator(),
            instance_matcher=NaiveThresholdMatching(matching_threshold=0.1),
            instance_metrics=[Metric.DSC, Metric.IOU, Metric.HD, Metric.CEDI],
            global_metrics=[Metric.HD],
        )
        result = evaluator.evaluate(prediction, reference, **options)["ungrouped"]
        found = result.sq_hd, result.global_bin_hd, result.sq_cedi
    assert result.tp == 1
    return [round(float(each), 3) for each in found]


reference = np.zeros((10, 20, 20), np.uint8)  # slices, rows, columns
reference[2:6, 5:10, 5:10] = 1
prediction = np.roll(reference, 2, axis=0)
for name, array in (("reference", reference), ("prediction", prediction)):
    nibabel.save(nibabel.Nifti1Image(array.T, np.diag([1, 1, 5, 1])), f"{name}.nii.gz")

same = True


def show(name, found, seen):
    global same
    print(f"{name:42s}" + ", ".join(f"{each:g}" for each in found))
    same &= found == seen


files = "prediction.nii.gz", "reference.nii.gz"
if importlib.util.find_spec("SimpleITK") is None:
    show("array, voxelspacing (5, 1, 1)", measure(prediction, reference, voxelspacing=(5.0, 1.0, 1.0)), [10, 2, 10])
    show("file .nii.gz, without SimpleITK 2.5.7", measure(*files), [10, 2, 10])
else:
    import SimpleITK

    show("file .nii.gz, with SimpleITK 2.5.7", measure(*files), [2, 2, 2])
    show("SimpleITK image", measure(*map(SimpleITK.ReadImage, files)), [2, 2, 2])
sys.exit(not same)
PY
cd "$work"
./venv/bin/python -W ignore try.py
"$work/venv/bin/pip" install --quiet --disable-pip-version-check SimpleITK==2.5.7
./venv/bin/python -W ignore try.py
