#!/usr/bin/env bash
# TorchIO 1.2.1 (transforms of medical images for PyTorch): seven transforms do something else than they say, without a
# word:
#
#   masking_method "Left", "Right" ..   the halves are taken by the order of the voxels. In an image whose first axis
#                        runs to the left (LAS, and LPS, as DICOM has it) the left half is the right one. RemapLabels
#                        then renames the labels of the wrong side of the brain; normalizations measure the wrong side.
#                        The docstrings name no orientation for which this holds
#   Resize((8, 8, -1))   "The size of dimensions set to -1 will be kept." The first image keeps its size. All others
#                        get the size of the first one: -1 is overwritten by it
#   Motion, RandomMotion turn the head around the origin of the world, not around the image's centre, which is computed
#                        and then lost. The same image with another origin moves otherwise. Far from the origin, a turn
#                        of 10 degrees moves it out of the picture
#   Blur, RandomBlur     whole-number images are cut off to whole numbers three times, once for each axis
#   Gamma                its inverse is x^(2 - gamma), and not x^(1 / gamma). Undoing it gives another image
#   RandomElasticDeformation  locked_borders holds the first two axes. Along the third, the borders move as before
#   Ghosting, RandomGhosting  restore=0.02, "how much of the k-space center should be restored", restores nothing along
#                        an axis of up to 74 voxels: 2 percent of these, rounded, are 1 or 0, and half of 1 is 0. The
#                        mean of the image is then dimmed, too. restore=None, the default, restores the central plane
#
# The causes: get_mask_from_anatomical_label in transform.py ("Assume the image is in RAS orientation"); `shape_out =
# self.target_shape` without a copy in resize.py; GetTranslation() in random_motion.py, which leaves out the centre;
# gaussian_filter of whole numbers in random_blur.py; power(tensor, 1 - gamma) in random_gamma.py; coarse_field[i] and
# [:, i], and no [:, :, i], in random_elastic_deformation.py; size_restore // 2 in random_ghosting.py.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                     one would expect     seen
#   RemapLabels({1: 2}, "Right"), a label on each side, LPS     right is 2, left 1   right is 1, left 2
#   Resize((8, 8, -1)) of 10 and then of 20 slices              10, 20               10, 10
#   a cube turned by 10 degrees, image 500 mm off the origin    4096 voxels          0 voxels
#   Blur, 2 voxels, of a cube of 3, int16: the greatest value   2 or 3               0 (as float: 3.0)
#   Gamma(0.5) of 4, and its inverse                            2, 4                 2, 2.83
#   locked_borders=2: the greatest displacement there           0, 0, 0              0, 0, 3.0
#   Ghosting, intensity 0.5, restore 0.02, mean of 64 ones      1                    0.5 (of 128: 1)
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torchio==1.2.1 torch==2.13.0 \
    SimpleITK==2.5.7 numpy==2.4.6 scipy==1.17.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import SimpleITK as sitk
import torch
import torchio as tio

same = True


def check(name, seen, right, wrong):
    global same
    seen = np.round(np.array(seen, float), 2).tolist()
    assert seen != right, f"{name}: {seen}, as it should be"
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong


def image(data, affine=None, kind=tio.ScalarImage):
    return kind(tensor=data.clone(), affine=affine)


# A label on the patient's right (voxels 0 of LPS and 3 of RAS) and one on the left.
sides = torch.zeros(1, 4, 4, 4, dtype=torch.int16)
sides[0, [0, 3]] = 1
names = {}
for affine in (np.diag([1.0, 1, 1, 1]), np.diag([-1.0, -1, 1, 1])):
    given = image(sides, affine, tio.LabelMap)
    after = tio.RemapLabels({1: 2}, masking_method="Right")(given).data[0, :, 0, 0]
    order = [3, 0] if given.orientation_str[0] == "R" else [0, 3]  # right, left
    names[given.orientation_str] = after[order].tolist()
assert names["RAS"] == [2, 1]
check("RemapLabels, LPS: right, left", names["LPS"], [2, 1], [1, 2])

resize = tio.Resize((8, 8, -1))
slices = [resize(image(torch.rand(1, 16, 16, n))).shape[3] for n in (10, 20)]
check("Resize, slices", slices, [10, 20], [10, 10])

cube = torch.zeros(1, 32, 32, 32)
cube[0, 8:24, 8:24, 8:24] = 1
turn, shift = np.array([[0, 0, 10.0]]), np.array([[0, 0, 0.0]])
motion = tio.Motion(
    degrees=turn, translation=shift, times=np.array([0.2]), image_interpolation="linear"
)
kept, results = [], []
for origin in (-15.5, -500):  # the first puts the centre at the origin of the world
    affine = np.eye(4)
    affine[:3, 3] = origin
    given = image(cube, affine)
    moves = motion.get_rigid_transforms(turn, shift, given.as_sitk())
    moved = motion.resample_images(given.as_sitk(), moves, "linear")[1]
    kept.append(round(float(sitk.GetArrayFromImage(moved).sum())))
    results.append(motion(given).data)
assert kept[0] == 4096
assert (results[0] - results[1]).abs().max() > 0.05  # nor are the results the same
check("Motion, voxels after a turn", kept[1], 4096, 0)

greatest = {}
for kind in (torch.float32, torch.int16, torch.uint8):
    blurred = tio.Blur((2, 2, 2))(image((3 * cube).to(kind))).data
    greatest[kind] = round(float(blurred.max()), 2)
assert greatest[torch.float32] == 3
check("Blur, int16 and uint8", [greatest[torch.int16], greatest[torch.uint8]], [3, 3], [0, 0])

fours = tio.Subject(a=image(torch.full((1, 2, 2, 2), 4.0)))
bent = tio.Gamma(0.5)(fours)
back = bent.apply_inverse_transform()
assert bent.a.data.unique().tolist() == [2]
check("Gamma, undone", back.a.data.unique().tolist(), [4], [2.83])

torch.manual_seed(0)
elastic = tio.RandomElasticDeformation(num_control_points=7, max_displacement=3, locked_borders=2)
field = elastic.get_params(elastic.num_control_points, elastic.max_displacement, 2)
border = [float(np.abs(np.take(field, [0, 1, -2, -1], axis=axis)).max()) for axis in range(3)]
check("locked borders", border, [0, 0, 0], [0, 0, 3])
noise = torch.rand(1, 24, 24, 24)
moved = (elastic(image(noise)).data - noise).abs()[0]
print("   the outer planes of an image change by up to", round(float(moved[..., [0, -1]].max()), 2))

means = {}
for size in (64, 128):
    for restore in (0.02, None):
        ghosting = tio.Ghosting(num_ghosts=4, axis=0, intensity=0.5, restore=restore)
        means[size, restore] = float(ghosting(image(torch.ones(1, size, 4, 4))).data.mean())
assert round(means[64, None], 2) == round(means[128, None], 2) == round(means[128, 0.02], 2) == 1
check("Ghosting, mean", means[64, 0.02], 1, 0.5)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
