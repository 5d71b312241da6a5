#!/usr/bin/env bash
# platipy 0.7.2 (segmentations for radiotherapy, on SimpleITK): six measures are wrong, without a word:
#
#   hausdorffDistance95   of compute_surface_metrics: the 95th percentile of two numbers, the greatest distance from one
#                         surface to the other and back. It is never below 0.95 of the greatest distance of all. One
#                         voxel that sticks out decides it, which is what the measure is to prevent
#   sigmaSurfaceDistance  of the same: the squares are summed up over all points, and not divided by their number. It
#                         is larger the larger the structure, and larger than any distance there is
#   compute_metric_specificity  crops both masks to the box around them first (auto_crop=True, which the docstring
#                         does not name). What lies outside is no longer counted, and the number depends on that box.
#                         compute_volume_metrics returns another for the same masks: trueNegativeFraction
#   calculate_v_receiving_dose  with relative=False, "as volume in cc": percent times cc, 100 times too much
#   mutual_information    takes densities for probabilities, and the two marginals for each other. The number depends
#                         on the units of the grey values, is 200 for two images that have nothing to do with each
#                         other, and is negative for an image and itself. Mutual information cannot be
#   smooth_and_resample   isotropic_voxel_size_mm=2, "New voxel size in millimetres", gives voxels of another size,
#                         and not the same along all axes: the distance of the outer voxels' centres is divided
#
# The causes: np.percentile(max_sd_list, 95), and a sum without a division, in comparison.py; relative_volume *
# total_volume in metric.py; density=True and np.outer(p_a, p_b) in fusion.py, where p_a = p_ab.sum(axis=0) is the
# marginal of b; (size - 1) * spacing / (new size - 1) in registration/utils.py.
#
# A cube of 20 voxels, and the same with four more in a row on one side, voxels of 1 mm. 50 Gy everywhere. Numbers of a
# normal and an exponential distribution, independent, 20000 of each. 20 x 20 x 10 voxels of 1 x 1 x 5 mm.
# References: distances by SciPy 1.17.1, and formulas by hand. Seen on 2026-12-01 (Python 3.11, x86-64):
#                                              one would expect     seen
#   95th percentile of distances               0                    3.8 (greatest: 4)
#   standard deviation of distances            0.08                 5.48
#   1 - specificity                            0.0002               0.0025
#   volume that gets 20 Gy or more             8 cc                 800 cc
#   mutual information, independent            0.05                 200; second one times 100: 4.1
#   mutual information, with itself            3.5                  -43
#   voxels of 2 mm                             2, 2, 2              2.11, 2.11, 1.875
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check platipy==0.7.2 SimpleITK==2.5.7 \
    pydicom==2.4.5 numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import SimpleITK as sitk
from platipy.imaging.dose.metric import calculate_v_receiving_dose
from platipy.imaging.label.comparison import (
    compute_metric_specificity,
    compute_surface_metrics,
    compute_volume_metrics,
)
from platipy.imaging.label.fusion import mutual_information
from platipy.imaging.registration.utils import smooth_and_resample
from scipy.ndimage import binary_erosion, distance_transform_edt

same = True


def check(name, right, seen, wrong, tolerance):
    global same
    right, seen = np.array(right, float), np.array(seen, float)
    print(f"{name}: expected {right.round(4)}, seen {seen.round(4)}")
    same &= not np.allclose(seen, right, rtol=0.02) and np.allclose(seen, wrong, atol=tolerance)


def distances(one, other):
    """From each voxel of one surface to the other surface, and the other way."""
    edges = [mask & ~binary_erosion(mask) for mask in (one, other)]
    far = [distance_transform_edt(~edge) for edge in edges]
    return np.concatenate([far[0][edges[1]], far[1][edges[0]]])


def information(one, other):
    joint = np.histogram2d(one, other, bins=64)[0]
    joint /= joint.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    return (joint[filled] * np.log(joint[filled] / apart[filled])).sum()


cube = np.zeros((30, 30, 30), np.uint8)
cube[5:25, 5:25, 5:25] = 1
spike = cube.copy()
spike[15, 15, 25:29] = 1
images = [sitk.GetImageFromArray(mask) for mask in (cube, spike)]
between = distances(cube > 0, spike > 0)
surface = compute_surface_metrics(*images)
assert surface["hausdorffDistance"] == surface["maximumSurfaceDistance"] == between.max() == 4
check("95th percentile", np.percentile(between, 95), surface["hausdorffDistance95"], 3.8, 0.01)
check("standard deviation", between.std(), surface["sigmaSurfaceDistance"], 5.48, 0.01)

outside = ((cube == 0) & (spike == 0)).sum() / (cube == 0).sum()
assert np.isclose(compute_volume_metrics(*images)["trueNegativeFraction"], outside)
check("1 - specificity", 1 - outside, 1 - compute_metric_specificity(*images), 0.0025, 1e-5)

dose = sitk.GetImageFromArray(np.full(cube.shape, 50, np.float32))
assert calculate_v_receiving_dose(dose, images[0], 20) == 100  # percent
received = calculate_v_receiving_dose(dose, images[0], 20, relative=False)
check("cc that get 20 Gy", cube.sum() / 1000, received, 800, 0.1)

rng = np.random.default_rng(0)
first, second = rng.normal(size=20000), rng.exponential(size=20000)
for name, one, other, wrong in (
    ("independent", first, second, 200),
    ("independent, times 100", first, 100 * second, 4.1),
    ("with itself", first, first, -43),
):
    right = information(one, other)
    check(f"information, {name}", right, mutual_information(one, other), wrong, 0.5)

thick = sitk.Image(20, 20, 10, sitk.sitkFloat32)
thick.SetSpacing((1, 1, 5))
after = smooth_and_resample(thick, isotropic_voxel_size_mm=2).GetSpacing()
check("voxels of 2 mm", [2, 2, 2], after, [2.111, 2.111, 1.875], 0.001)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
