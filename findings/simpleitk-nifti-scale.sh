#!/usr/bin/env bash
# SimpleITK 2.5.7 does not apply the scale of a NIfTI file as the format has it, in three cases, without a word:
#
#   scl_slope below 2.2e-16   is taken for 0: the stored whole numbers come out, 1e16 times too large and more
#   scl_slope 0, scl_inter 5  5 is added all the same
#   int32 with a scale        is read as float32, which has no room for 32 bits: the last digits are lost
#
# A scale that small is no error: maps in SI units have it (a magnetic field of the brain is some 1e-13 T, its
# power 1e-26). nibabel writes it whenever values up to 1e-11 are stored as int16, as below.
#
# One would expect value * scl_slope + scl_inter for every slope but 0, and the stored value for 0: "If the
# scl_slope field is nonzero", says nifti1.h of its scale. nibabel 5.4.2 does so, in float64.
# The cause is in itkNiftiImageIO.cxx: a slope is compared with the epsilon of double, which tells how far apart
# numbers near 1 are, and the intercept is not left out with it.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#                       SimpleITK             nibabel
#   values up to 1e-9   0 to 1e-9             0 to 1e-9
#   values up to 1e-12  -32768 to 32767       0 to 1e-12
#   slope 0, inter 5    5 6 7                 0 1 2
#   int32, inter 1      16777216 16777220     16777218 16777220
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check simpleitk==2.5.7 nibabel==5.4.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import struct
import sys

import nibabel
import numpy as np
import SimpleITK

SCALE = 112  # where scl_slope and scl_inter stand in the header of NIfTI-1


def read(name):
    """What both readers make of a file, in the order in which it is stored."""
    image = SimpleITK.ReadImage(name)
    theirs = SimpleITK.GetArrayFromImage(image).ravel()
    return theirs, nibabel.load(name).get_fdata().ravel("F")


def store(stored, slope, inter):
    """A file of whole numbers with this scale."""
    nibabel.Nifti1Image(stored.reshape(-1, 1, 1), np.eye(4)).to_filename("a.nii")
    with open("a.nii", "r+b") as file:
        file.seek(SCALE)
        file.write(struct.pack("<ff", slope, inter))


same = True
for greatest, right in ((1e-9, True), (1e-12, False)):
    image = nibabel.Nifti1Image(np.linspace(0, greatest, 24).reshape(4, 3, 2), np.eye(4))
    image.set_data_dtype(np.int16)
    nibabel.save(image, "a.nii")
    with open("a.nii", "rb") as file:
        slope = struct.unpack_from("<f", file.read(), SCALE)[0]
    theirs, values = read("a.nii")
    print(f"values up to {greatest:g}, scl_slope {slope:.2g}: ", end="")
    print(f"SimpleITK {theirs.min():g} to {theirs.max():g} ({theirs.dtype}),", end=" ")
    print(f"nibabel {values.min():g} to {values.max():g}")
    same &= abs(values.max() / greatest - 1) < 1e-3
    same &= np.allclose(theirs, values, rtol=1e-3, atol=greatest * 1e-4) == right
    same &= right or (theirs.min(), theirs.max()) == (-32768, 32767)

CASES = {  # stored, slope, inter; what SimpleITK and nibabel return
    "slope 0, inter 5": (np.arange(3, dtype=np.int16), 0, 5, [5, 6, 7], [0, 1, 2]),
    "int32, inter 1": (
        np.array([16777217, 16777219], np.int32),
        1,
        1,
        [16777216, 16777220],
        [16777218, 16777220],
    ),
}
for name, (stored, slope, inter, wrong, right) in CASES.items():
    store(stored, slope, inter)
    theirs, values = read("a.nii")
    print(f"{name}: SimpleITK", *theirs.astype(int), f"({theirs.dtype}), nibabel", *values.astype(int))
    same &= theirs.tolist() == wrong and values.tolist() == right
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
