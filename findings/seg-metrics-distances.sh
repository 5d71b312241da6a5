#!/usr/bin/env bash
# seg-metrics 1.2.8 (metrics of medical image segmentations, `write_metrics`) gets four things wrong, without a word:
#
#   a missed lesion    where the network found nothing, all distances are 0: hd, hd95, msd, mdsd and stdsd are those of
#                      a perfect answer. So they are where there is a lesion in the prediction alone. The mean over
#                      patients gets better the more lesions are missed
#   edge of the image  a structure that reaches the edge has no surface there. One column of pixels too few at the edge,
#                      and the Hausdorff distance is 4 and not 1
#   geometry           two SimpleITK images, or files, of the same mask whose slices are stored in the other order are
#                      brought to one order. Where rows or columns are, they are not: Dice is 0 for the same mask
#   vs                 volume similarity of two empty masks is 0 (equal), but 1 (three times as large) once a distance
#                      is asked for, too, as by default
#
# One would expect no number, or infinity, for a distance to nothing, as other libraries have it (surface-distance:
# infinity, MedPy: an exception). A warning is logged only along with overlaps, and it is of precision and recall alone.
# The causes, in seg_metrics.py: where a mask is empty the mask itself, all zeros, is taken for the map of distances;
# sitk.LabelContour finds no contour at the edge; gdth_orientation[-1] == -1 is the one place where the direction
# counts; quality["vs"] = 1 beside the distances.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                  right      seg-metrics
#   hd and msd, a lesion that was missed                     infinite   0, 0
#   hd and msd, a lesion that is none                        infinite   0, 0
#   hd, one column too few, at the edge                      1          4
#   hd, the same away from the edge                          1          1
#   Dice of the same mask, slices stored in the other order  1          1
#   Dice of the same mask, columns (or rows) so              1          0
#   vs of two empty masks, alone                             0          0
#   vs of two empty masks, with hd                           0          1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check seg-metrics==1.2.8 medutils==0.1.21 SimpleITK==2.5.7 \
    numpy==2.4.6 scipy==1.17.1
cat > "$work/try.py" <<'PY'
import logging
import sys
import warnings

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt

warnings.simplefilter("ignore")
from seg_metrics.seg_metrics import write_metrics  # noqa: E402

same = True
said = []


class Listener(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())


logging.getLogger().addHandler(Listener())


def measure(truth, found, *names):
    result = write_metrics([1], gdth_img=truth, pred_img=found, metrics=list(names))[0]
    return [float(result[name][0]) for name in names]


def show(name, seen, found):
    global same
    print(f"{name}:", *(f"{value:g}" for value in found))
    same &= found == seen


def hausdorff(a, b):
    return max(
        distance_transform_edt(b == 0)[a > 0].max(), distance_transform_edt(a == 0)[b > 0].max()
    )


# Missed, and seen where there is none
lesion = np.zeros((20, 20), np.int64)
lesion[4:9, 6:12] = 1
nothing = np.zeros_like(lesion)
distances = ["hd", "hd95", "msd", "mdsd", "stdsd"]
show("missed, all distances", [0.0] * 5, measure(lesion, nothing, *distances))
show("seen where there is none, all distances", [0.0] * 5, measure(nothing, lesion, *distances))
same &= not said

# At the edge
for start, seen in ((0, 4.0), (2, 1.0)):
    truth = np.zeros((20, 20), np.int64)
    truth[5:15, start : start + 16] = 1
    fewer = truth.copy()
    fewer[:, start] = 0
    assert hausdorff(truth, fewer) == 1
    show(f"hd, one column too few, from column {start} on", [seen], measure(truth, fewer, "hd"))

# The same mask, stored in another order
volume = np.zeros((6, 8, 10), np.uint8)
volume[1:3, 2:4, 1:4] = 1
image = sitk.GetImageFromArray(volume)
for name, axes, seen in (
    ("slices", [False, False, True], 1.0),
    ("rows", [False, True, False], 0.0),
    ("columns", [True, False, False], 0.0),
):
    other = sitk.Flip(image, axes)
    back = sitk.Resample(other, image, sitk.Transform(), sitk.sitkNearestNeighbor)
    assert (sitk.GetArrayFromImage(back) == volume).all()  # each voxel is where it was
    show(f"Dice, {name} in the other order", [seen], measure(image, other, "dice"))
    sitk.WriteImage(image, "a.nii.gz")
    sitk.WriteImage(other, "b.nii.gz")
    found = write_metrics([1], gdth_path="a.nii.gz", pred_path="b.nii.gz", metrics=["dice"])[0]
    show("  of files", [seen], [float(found["dice"][0])])

# Volume similarity
show("vs of two empty masks", [0.0], measure(nothing, nothing, "vs"))
show("vs and hd of two empty masks", [1.0, 0.0], measure(nothing, nothing, "vs", "hd"))
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
