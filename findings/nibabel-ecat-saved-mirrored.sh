#!/usr/bin/env bash
# nibabel 5.4.2: an ECAT 7 file (PET) that is read and saved again is another one. Where the patient lay with the head
# first, its voxels are turned around along all three axes, so left is right, and along two where the feet came first.
# No error, no warning. And `dataobj[..., ::-1]`, the frames from the last to the first, gives them from the first to
# the last.
#
# One would expect the same image after nibabel.ecat.load, to_filename and load, and of dataobj what the same slice of
# the array is: its comment in the code has it that only the reading is to be made faster.
# The causes, in ecat.py: the reader turns the voxels by patient_orientation, to the axes of its affine. to_file_map
# writes what that same function returns, and leaves patient_orientation as it is, so the next reader turns them once
# more. EcatImageArrayProxy.__getitem__ puts a frame to its place in the file, and not to its place in the answer.
# dcm2niix 1.0.20260724, which does not look at patient_orientation, sees that the voxels were moved, too.
#
# Where the voxel of 1000 is (R or L, A or P, S or I of the middle); "unknown" is an orientation that turns nothing.
# Seen on 2026-12-01 (Python 3.11, x86-64):
#                 read   saved, and read   dcm2niix, before and after
#   head first    RAS    LPI               RAS LPI
#   feet first    LAS    LPI               RAS RPI
#   unknown       LPI    LPI               RAS RAS
#   frames backwards: 3 2 1 of the array, 1 2 3 of dataobj
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nibabel==5.4.2 numpy==2.4.6 dcm2niix==1.0.20260724
cat > "$work/try.py" <<'PY'
import subprocess
import sys
import warnings
from pathlib import Path

import nibabel
import numpy as np
from nibabel import ecat

warnings.simplefilter("ignore", ResourceWarning)
SHAPE, FRAMES, BLOCK = (4, 5, 3), 3, 512
HEAD_FIRST_SUPINE, FEET_FIRST_SUPINE, UNKNOWN = 3, 2, 8


def big_endian(dtype, **fields):
    made = np.zeros((), dtype.newbyteorder(">"))
    for name, value in fields.items():
        made[name] = value
    return made.tobytes().ljust(BLOCK, b"\0")


def ecat_file(orientation):
    """Main header, list of frames, and for each frame a subheader and a block of voxels."""
    blocks = [
        big_endian(
            ecat.hdr_dtype,
            magic_number=b"MATRIX72v",
            sw_version=72,
            file_type=7,
            num_frames=FRAMES,
            num_planes=SHAPE[2],
            num_gates=1,
            patient_orientation=orientation,
            ecat_calibration_factor=1,
        )
    ]
    rows = np.zeros((32, 4), ">i4")
    rows[0] = 31 - FRAMES, 2, 0, FRAMES
    for frame in range(FRAMES):
        rows[frame + 1] = 0x01010001 + frame, 3 + 2 * frame, 4 + 2 * frame, 1
    blocks.append(rows.tobytes())
    for frame in range(FRAMES):
        sizes = dict(zip(("x_dimension", "y_dimension", "z_dimension"), SHAPE, strict=True))
        pixels = dict.fromkeys(("x_pixel_size", "y_pixel_size", "z_pixel_size"), 0.2)  # cm
        blocks.append(
            big_endian(ecat.subhdr_dtype, data_type=6, num_dimensions=3, scale_factor=1, **sizes, **pixels)
        )
        voxels = np.full(SHAPE, frame + 1, ">i2")
        voxels[0, 0, 0] = 1000 if frame == 0 else 500
        blocks.append(voxels.tobytes(order="F").ljust(BLOCK, b"\0"))
    return b"".join(blocks)


def side(image):
    """On which side of the middle the voxel of 1000 lies: R or L, A or P, S or I."""
    values = image.get_fdata()
    voxel = np.argwhere(values == 1000)[0][:3]
    middle = (np.array(values.shape[:3]) - 1) / 2
    step = image.affine[:3, :3] @ (voxel - middle)
    return "".join(names[int(part < 0)] for names, part in zip(("RL", "AP", "SI"), step, strict=True))


def by_dcm2niix(name):
    subprocess.run([Path(sys.executable).with_name("dcm2niix"), "-f", f"{name}_", "-o", ".", f"{name}.v"],
                   check=True, capture_output=True)
    return side(nibabel.load(f"{name}_.nii"))


same = True
for name, orientation in (("head first", HEAD_FIRST_SUPINE), ("feet first", FEET_FIRST_SUPINE), ("unknown", UNKNOWN)):
    Path("given.v").write_bytes(ecat_file(orientation))
    given = ecat.load("given.v")
    given.to_filename("saved.v")
    saved = ecat.load("saved.v")
    assert np.array_equal(given.affine, saved.affine)
    assert saved.header["patient_orientation"] == orientation
    equal = np.array_equal(given.get_fdata(), saved.get_fdata())
    print(f"{name}: read {side(given)}, saved and read {side(saved)}, equal {equal}; "
          f"dcm2niix {by_dcm2niix('given')} and {by_dcm2niix('saved')}")
    same &= equal == (orientation == UNKNOWN)
    for found in Path().glob("*_.*"):
        found.unlink()
frames = given.get_fdata()
backwards = np.asarray(given.dataobj[..., ::-1])
print("frames backwards:", *frames[1, 1, 1, ::-1].astype(int), "of the array,", *backwards[1, 1, 1].astype(int),
      "of dataobj")
same &= np.array_equal(backwards, frames)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
