#!/usr/bin/env bash
# batchgenerators 0.25.5 (augmentation of medical images, from the makers of nnU-Net): seven functions do something
# else than they say, without a word:
#
#   RandomCropTransform           never takes the last position. A row at the end of an image that is one larger than
#                                 the crop is in no crop, however many are taken
#   GaussianNoiseTransform        noise_variance is taken for the standard deviation. So it is by RicianNoiseTransform
#   RicianNoiseTransform          where the image is 0 (the air around a head) it stays 0, though noise of this kind is
#                                 seen there first of all; where it is negative the magnitude is made negative
#   GammaTransform                a range below 1 is left: of (0.5, 0.6), nine of ten values lie between 0.6 and 1
#   ContrastAugmentationTransform the same
#   zero_mean_unit_variance_normalization, mean_std_normalization   of a whole-number image: the result is cut off to
#                                 whole numbers. Two thirds of the voxels become 0
#
# One would expect each end to be cropped as often as the other; "variance is uniformly sampled from that range"; the
# magnitude of a complex number, which is never negative, nor 0 in noise (RicianNoiseTransform refers to Gudbjartsson
# and Patz); "range from which to sample a random contrast"; and an image whose variance is one.
# The causes: np.random.randint(margin, size - crop - margin), which leaves its upper end out; np.random.normal(0.0,
# variance, ..); * np.sign(data_sample); np.random.uniform(range[0], 1) and uniform(max(range[0], 1), range[1]);
# np.zeros(data.shape, dtype=data.dtype).
#
# Seen on 2026-12-01 (Python 3.11, x86-64):               expected         seen
#   last row of 11 in 500 random crops of 10              250              0
#   500 crops of 12 that start at the last position       167              0
#   variance of Gaussian noise, noise_variance=(4, 4)     4                16
#   mean of Rician noise of an image of 0, (4, 4)         2.5              0
#   share of values below 0 in an image of -1, (4, 4)     0                1
#   share of gammas within (0.5, 0.6)                     1                0.1
#   share of contrasts within (0.5, 0.6)                  1                0.1
#   standard deviation of int16, normalized               1                0.68
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check batchgenerators==0.25.5 numpy==2.4.6 scipy==1.17.1 \
    scikit-image==0.26.0 pandas==3.1.1
cat > "$work/try.py" <<'PY'
import random
import sys

import numpy as np
from batchgenerators.augmentations.normalizations import (
    mean_std_normalization,
    zero_mean_unit_variance_normalization,
)
from batchgenerators.transforms.color_transforms import (
    ContrastAugmentationTransform,
    GammaTransform,
)
from batchgenerators.transforms.crop_and_pad_transforms import RandomCropTransform
from batchgenerators.transforms.noise_transforms import GaussianNoiseTransform, RicianNoiseTransform

np.random.seed(0)
random.seed(0)
same = True


def check(name, seen, right, wrong, tolerance=0.0):
    global same
    print(f"{name}: expected {right}, seen {round(float(seen), 3)}")
    same &= abs(seen - wrong) <= tolerance and abs(seen - right) > tolerance


def crops(size):
    rows = np.tile(np.arange(float(size))[:, None], (1, 10))[None, None]
    return [RandomCropTransform((10, 10))(data=rows.copy())["data"][0, 0, :, 0] for _ in range(500)]


check("last row of 11 in 500 crops of 10", sum(10 in rows for rows in crops(11)), 250, 0)
starts = [rows[0] for rows in crops(12)]
assert min(starts.count(0), starts.count(1)) > 200
check("crops of 12 that start at the last position", starts.count(2), 167, 0)

zeros = np.zeros((1, 1, 300, 300))
noise = GaussianNoiseTransform((4, 4))(data=zeros.copy())["data"]
check("variance of Gaussian noise", noise.var(), 4, 16, 0.5)
noise = RicianNoiseTransform((4, 4))(data=zeros.copy())["data"]
real, imaginary = np.random.default_rng(0).normal(0, 2, (2, 300, 300))
expected = round(float(np.sqrt(real**2 + imaginary**2).mean()), 1)
assert expected == 2.5
check("mean of Rician noise of an image of 0", noise.mean(), expected, 0)
noise = RicianNoiseTransform((4, 4))(data=zeros - 1)["data"]
check("share of values below 0 in an image of -1", (noise < 0).mean(), 0, 1)

ramp = np.array([0, 0.5, 1])[None, None, :, None]
gammas = [
    np.log(GammaTransform((0.5, 0.6))(data=ramp.copy())["data"][0, 0, 1, 0]) / np.log(0.5)
    for _ in range(2000)
]
assert min(gammas) > 0.499
assert max(gammas) < 1.001
check("share of gammas within the range", np.mean(np.array(gammas) < 0.601), 1, 0.1, 0.05)
ramp = np.array([-1.0, 0, 1])[None, None, :, None]
changed = [
    ContrastAugmentationTransform((0.5, 0.6))(data=ramp.copy())["data"][0, 0, 2, 0]
    for _ in range(2000)
]
check("share of contrasts within the range", np.mean(np.array(changed) < 0.601), 1, 0.1, 0.05)

scan = np.random.default_rng(0).normal(0, 100, (1, 1, 50, 50))
assert abs(zero_mean_unit_variance_normalization(scan).std() - 1) < 1e-6
whole = zero_mean_unit_variance_normalization(scan.astype(np.int16))
check("standard deviation of int16, normalized", whole.std(), 1, 0.68, 0.03)
assert 0.6 < (whole == 0).mean() < 0.75
whole = mean_std_normalization(scan.astype(np.int16), 0.0, 100.0)
check("the same, by a given mean and deviation", whole.std(), 1, 0.68, 0.03)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
