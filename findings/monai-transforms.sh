#!/usr/bin/env bash
# MONAI 1.6.1: eight transforms do something else than they say, without a word:
#
#   ScaleIntensityRange    of uint8, where a_min is written as a whole number: what is below it wraps around. The
#                          darkest pixels become the brightest, also with clip=True. With 50.0 for 50 it is right
#   ShiftIntensity         safe=True, "safe dtype convert when intensity overflow", does nothing for a whole-number
#                          offset
#   AdjustContrast         of whole numbers: invert_image=True of uint8 gives another picture even with gamma 1, and
#                          int16 wraps around where the least and the greatest value are more than 32767 apart
#   MaskIntensity          the mask is first made the type of the image. Of a probability map nothing is left in an
#                          int16 image, and FreeSurfer's label 1024 is 0 in a uint8 image
#   RandBiasField          in two dimensions: the field has terms in x alone, and none in y alone. Along the middle row
#                          it does not change (degree 1). In three dimensions all axes are alike
#   GibbsNoise             alpha = 0, "acting as the identity mapping", takes the corners of k-space away in three
#                          dimensions. Near alpha = 1, which RandGibbsNoise draws by default, pictures of an even size
#                          are black: the mask misses the centre of k-space by half a step
#   VoteEnsemble           of one-hot answers "to select the most common data": a class with two votes of five is not
#                          chosen, nor is any other: all channels are 0. Of labels, the same votes give that class
#   NormalizeIntensity     channel_wise=True or nonzero=True, RandRicianNoise(channel_wise=True), RandCoarseDropout,
#                          KeepLargestConnectedComponent: write into the image that they are given (also a NumPy array).
#                          Noise and holes add up from one call to the next. Most other transforms return a new image
#
# One would expect what is quoted; x ^ 1 for gamma 1; a field of all products of polynomials up to the degree, as
# in three dimensions; and a black picture of none.
# The causes: img - self.a_min, img + offset and -img in the image's type; convert_to_dst_type(mask_data, dst=img)
# before > 0; np.tril_indices, where i + j <= degree is meant; the radius max(shape) * sqrt(2) / 2 and the centre
# (shape - 1) / 2, where fftshift has it at shape // 2; torch.round of the mean; img[i] = .. in place.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                        expected             seen
#   ScaleIntensityRange(50, 200, 0, 1, clip=True) of 0 30 60 250   0 0 0.07 1           1 1 0.07 1
#   ShiftIntensity(10, safe=True) of 0 250                         10 255               10 4
#   AdjustContrast(1, invert_image=True) of 0 30 250               0 30 250             0 -226 -6
#   AdjustContrast(1) of -20000 0 20000                            -20000 0 20000       -20000 0 -45536
#   MaskIntensity of 100 100, mask 0.9 0                           100 0                0 0
#   MaskIntensity of 100 100 (uint8), mask 1024 2                  100 100              0 100
#   bias field, middle column, middle row: its span                1 1                  1 0
#   GibbsNoise(0) of a cube: the greatest difference               0                    0.19
#   GibbsNoise(0.99) of 64 x 64, the brightest pixel               0.5 (63 x 63: 0.5)   0
#   VoteEnsemble of 0 0 1 2 3                                      class 0              no class
#   the image after NormalizeIntensity(channel_wise=True)          as before            normalized
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check monai==1.6.1 torch==2.14.1 numpy==2.4.6 \
    scikit-image==0.26.0
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import torch
from monai.transforms import (
    AdjustContrast,
    GibbsNoise,
    KeepLargestConnectedComponent,
    MaskIntensity,
    NormalizeIntensity,
    RandBiasField,
    RandCoarseDropout,
    RandRicianNoise,
    ScaleIntensityRange,
    ShiftIntensity,
    VoteEnsemble,
)

warnings.simplefilter("error")
same = True


def row(*values, kind=torch.uint8):
    return torch.tensor(values, dtype=kind)[None, None]


def plain(values):
    return [round(float(each), 2) + 0.0 for each in np.ravel(values)]


def check(name, seen, right, wrong):
    global same
    seen = plain(seen)
    print(f"{name}: expected", *plain(right), "seen", *seen)
    same &= seen == plain(wrong) != plain(right)


dark = row(0, 30, 60, 250)
right = ScaleIntensityRange(50.0, 200.0, 0, 1, clip=True)(dark)
check(
    "ScaleIntensityRange",
    ScaleIntensityRange(50, 200, 0, 1, clip=True)(dark),
    right,
    [1, 1, 0.07, 1],
)
same &= plain(right) == [0, 0, 0.07, 1]
right = ShiftIntensity(10.0, safe=True)(row(0, 250))
check("ShiftIntensity", ShiftIntensity(10, safe=True)(row(0, 250)), right, [10, 4])
same &= plain(right) == [10, 255]

image = row(0, 30, 250)
check("AdjustContrast, inverted", AdjustContrast(1, invert_image=True)(image), image, [0, -226, -6])
assert plain(AdjustContrast(1.0, invert_image=True)(image.float())) == [0, 30, 250]
image = row(-20000, 0, 20000, kind=torch.int16)
check("AdjustContrast, int16", AdjustContrast(1)(image), image, [-20000, 0, -45536])
assert plain(AdjustContrast(1)(image.float())) == plain(image)

image, mask = row(100, 100, kind=torch.int16), row(0.9, 0, kind=torch.float32)
check("MaskIntensity by a probability", MaskIntensity(mask)(image), [100, 0], [0, 0])
assert plain(MaskIntensity(mask)(image.float())) == [100, 0]
mask = row(1024, 2, kind=torch.int16)
check("MaskIntensity by a label", MaskIntensity(mask)(row(100, 100)), [100, 100], [0, 100])

ones = RandBiasField(degree=1, coeff_range=(0.5, 0.5), prob=1)
plane, cube = (
    np.log(ones(torch.ones(1, 5, 5)).numpy()[0]),
    np.log(ones(torch.ones(1, 5, 5, 5)).numpy()[0]),
)
check("bias field in 2D, spans", [np.ptp(plane[:, 2]), np.ptp(plane[2])], [1, 1], [1, 0])
same &= plain([np.ptp(cube[:, 2, 2]), np.ptp(cube[2, :, 2]), np.ptp(cube[2, 2])]) == [1, 1, 1]

numbers = torch.tensor(np.random.default_rng(0).random((1, 32, 32, 32)), dtype=torch.float32)
check("GibbsNoise(0) of a cube", (GibbsNoise(0.0)(numbers) - numbers).abs().max(), 0, 0.19)
numbers = torch.tensor(np.random.default_rng(0).random((1, 64, 64)), dtype=torch.float32)
assert (GibbsNoise(0.0)(numbers) - numbers).abs().max() < 1e-5
odd = GibbsNoise(0.99)(numbers[:, :63, :63]).max()
check("GibbsNoise(0.99) of 64 x 64 and 63 x 63", GibbsNoise(0.99)(numbers).max(), odd, 0)

votes = [0, 0, 1, 2, 3]
coded = [torch.nn.functional.one_hot(torch.tensor(each), 4)[:, None].float() for each in votes]
check("VoteEnsemble of one-hot", VoteEnsemble()(coded), [1, 0, 0, 0], [0, 0, 0, 0])
same &= VoteEnsemble(num_classes=4)([torch.tensor([each]) for each in votes]).item() == 0

for name, transform in {
    "NormalizeIntensity, channel_wise": NormalizeIntensity(channel_wise=True),
    "NormalizeIntensity, nonzero": NormalizeIntensity(nonzero=True),
    "RandRicianNoise": RandRicianNoise(prob=1, channel_wise=True),
    "RandCoarseDropout": RandCoarseDropout(holes=1, spatial_size=1, prob=1, fill_value=7),
    "KeepLargestConnectedComponent": KeepLargestConnectedComponent(applied_labels=[1]),
}.items():
    for kind in (torch.tensor, np.array):
        image = kind(
            [[[1, 0, 1, 1], [0, 0, 1, 1]]],
            dtype=torch.float32 if kind == torch.tensor else np.float32,
        )
        before = image.clone() if kind == torch.tensor else image.copy()
        transform(image)
        changed = bool((image != before).any())
        print(f"{name}, {kind.__name__}: the image is changed: {changed}")
        same &= changed
image = np.array([[[1, 0, 1, 1]]], np.float32)
NormalizeIntensity()(image)
same &= image.tolist() == [[[1, 0, 1, 1]]]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
