#!/usr/bin/env bash
# SimpleITK 2.5.7 reads and writes MINC files (.mnc) with the patient turned half around: left is right, and front is
# back. A NIfTI file that it makes a MINC file of is turned for all other readers, and a MINC file that it makes a
# NIfTI file of, too. No error, no warning. Known upstream: ITK's pull 4864 of December 2024 mends it for ITK 6;
# SimpleITK 2.5.7 has ITK 5.4. (itk 5.4.7 reads them so, too.)
#
# One would expect a spot on the left to stay there, as it does by way of .nii and .nrrd. Positions of ITK go
# to the patient's left, back and head (LPS). Those of MINC go to the right, front and head (RAS), as the manual
# of its tools says ("positive xspace coordinates run from the patient's left side to right side", mincresample(1)).
# Files that SimpleITK has written look right in SimpleITK: it is wrong both ways.
# The cause, in itkMINCImageIO.cxx: positions are taken over as they are. For NIfTI, which is RAS as well, ITK
# turns the signs of two of them around.
#
# One spot 20 mm to the left, 30 to the front and 40 to the head; where it is, by nibabel 5.4.2 (RAS, so -20 30 40 is
# right) and by SimpleITK (LPS, so 20 -30 40 is right). Seen on 2026-12-01 (Python 3.11, x86-64):
#                                            nibabel       SimpleITK
#   NIfTI by nibabel                         -20  30 40     20 -30 40
#   the same, NIfTI by SimpleITK             -20  30 40     20 -30 40
#   the same, MINC by SimpleITK               20 -30 40     20 -30 40
#   MINC with the spot at -20 30 40          -20  30 40    -20  30 40
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check simpleitk==2.5.7 nibabel==5.4.2 h5py==3.16.0 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import h5py
import nibabel
import numpy as np
import SimpleITK as sitk


def by_nibabel(name):
    """Right, front and head of the spot, in mm."""
    image = nibabel.load(name)
    voxel = np.argwhere(image.get_fdata() == 100)
    assert len(voxel) == 1
    return [round(float(value)) for value in (image.affine @ [*voxel[0], 1])[:3]]


def by_simpleitk(name):
    """Left, back and head of the spot, in mm."""
    image = sitk.ReadImage(name)
    voxel = np.argwhere(sitk.GetArrayFromImage(image) == 100)
    assert len(voxel) == 1
    return [round(value) for value in image.TransformIndexToPhysicalPoint([int(i) for i in voxel[0][::-1]])]


voxels = np.zeros((40, 50, 60), np.uint8)
affine = np.diag([2.0, 2.0, 2.0, 1.0])
affine[:3, 3] = -40, -50, -60
voxels[10, 40, 50] = 100  # -40 + 20, -50 + 80, -60 + 100
nibabel.save(nibabel.Nifti1Image(voxels, affine), "given.nii")
image = sitk.ReadImage("given.nii")
sitk.WriteImage(image, "copy.nii")
sitk.WriteImage(image, "copy.mnc")

# A MINC file that is right: the one above with the starts and directions of the manual, one for each axis.
sitk.WriteImage(image, "right.mnc")
with h5py.File("right.mnc", "r+") as file:
    axes = file["minc-2.0/dimensions"]
    for number, name in enumerate(("xspace", "yspace", "zspace")):
        axes[name].attrs.modify("direction_cosines", np.eye(3)[number])
        axes[name].attrs.modify("start", np.float64(affine[number, 3]))
        axes[name].attrs.modify("step", np.float64(2))

RAS, LPS = [-20, 30, 40], [20, -30, 40]
same = True
for name, title, first, second in (
    ("given.nii", "NIfTI by nibabel", RAS, LPS),
    ("copy.nii", "the same, NIfTI by SimpleITK", RAS, LPS),
    ("copy.mnc", "the same, MINC by SimpleITK", LPS, LPS),  # wrong in nibabel, for it was written wrong
    ("right.mnc", "MINC with the spot at -20 30 40", RAS, RAS),  # wrong in SimpleITK
):
    found = by_nibabel(name), by_simpleitk(name)
    print(f"{title}: nibabel", *found[0], "| SimpleITK", *found[1])
    same &= found == (first, second)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
