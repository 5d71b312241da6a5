#!/usr/bin/env bash
# nilearn 0.14.1: `image.mean_img` of several whole-number images adds them up in their own number type, and
# divides afterwards. Sums that do not fit wrap around, without a word: the mean of two equal uint8 images is
# not that image, and of twelve int16 images of 3000 it is negative.
#
# The same volumes as one 4D image, or as float32, come out right. One would expect a mean between the least
# and the greatest value: "compute the mean of the images", its page says, and names no limit.
# The cause is `running_mean += this_mean` in mean_img: running_mean is the first image's array.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   uint8, 2 images of 255: 127.0, as one 4D image: 255.0
#   int16, 2 images of 32767: -1.0, as one 4D image: 32767.0
#   int16, 12 images of 3000: -2461.3, as one 4D image: 3000.0
#   float32, then int16, 12 images of 3000: 3000.0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nilearn==0.14.1 nibabel==5.4.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from nibabel import Nifti1Image
from nilearn.image import mean_img

same = True


def mean(images):
    found = mean_img(images).get_fdata()
    assert found.shape == (3, 3, 3) and np.ptp(found) == 0
    return round(float(found[0, 0, 0]), 1)


for kind, count, value, wrong in (
    (np.uint8, 2, 255, 127.0),
    (np.int16, 2, 32767, -1.0),
    (np.int16, 12, 3000, -2461.3),
):
    volume = np.full((3, 3, 3), value, kind)
    several = mean([Nifti1Image(volume, np.eye(4)) for _ in range(count)])
    one = mean(Nifti1Image(np.stack([volume] * count, axis=-1), np.eye(4)))
    print(f"{kind.__name__}, {count} images of {value}: {several}, as one 4D image: {one}")
    assert one == value
    same &= several == wrong
images = [Nifti1Image(volume, np.eye(4)) for _ in range(12)]
images[0] = Nifti1Image(volume.astype(np.float32), np.eye(4))
print("float32, then int16, 12 images of 3000:", mean(images))
assert mean(images) == 3000
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
