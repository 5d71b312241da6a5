#!/usr/bin/env bash
# TorchIO 1.2.1: `GridAggregator`, which puts a network's answers for overlapping patches together to one volume,
# returns a volume full of zeros, or wrong means, in two cases. No error, no warning.
#
#   downsampling_factor    for networks whose output is smaller than their input. The overlap is not divided by it. With
#                          overlap_mode="crop", the default, each patch loses its overlap at the size of the input, and
#                          that is too much: what lies between patches is never written, and stays 0. Of patches of 8
#                          with an overlap of 4 and a factor of 2, which are 4 wide then, only the borders are left
#   overlap_mode="average" of label maps in uint8: the patches are added up in uint8, which wraps around. Of a volume
#                          where everything is 200, and so is each patch, the mean is 8, 72 or 200
#
# One would expect the volume back if the network returns what it is given, or the mean of 2 x 2 x 2 voxels for a factor
# of 2. It is so without an overlap, and without a factor. The docstring names no limits of either.
# The causes, in aggregator.py: add_batch divides the locations by the factor, and hands self.patch_overlap on as it is;
# _initialize_output_tensor makes the sums of the type of the patches.
#
# A volume of 16 x 16 x 16, values between 1 and 2, patches of 8. Share of the result that is 0, and the greatest error.
# Seen on 2026-12-01 (Python 3.11, x86-64):     zeros      error
#   factor 1, overlap 0 or 4                    0          0
#   factor 2, overlap 0                         0          0
#   factor 2, overlap 2                         0.33       1.7
#   factor 2, overlap 4                         0.875      1.7
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torchio==1.2.1 torch==2.13.0 \
    SimpleITK==2.5.7 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import torch
import torchio as tio
from torch.nn.functional import avg_pool3d
from torch.utils.data import DataLoader

warnings.simplefilter("error", RuntimeWarning)


def put_together(volume, overlap, mode="crop", factor=1):
    sampler = tio.GridSampler(tio.Subject(a=tio.ScalarImage(tensor=volume)), 8, overlap)
    aggregator = tio.GridAggregator(sampler, overlap_mode=mode, downsampling_factor=factor)
    for batch in DataLoader(sampler, batch_size=4):
        patches = batch["a"][tio.DATA]
        answers = avg_pool3d(patches, factor) if factor > 1 else patches
        aggregator.add_batch(answers, batch[tio.LOCATION])
    return aggregator.get_output_tensor()


torch.manual_seed(0)
volume = torch.rand(1, 16, 16, 16) + 1
same = True
for factor, overlap, empty in ((1, 0, 0), (1, 4, 0), (2, 0, 0), (2, 2, 0.3), (2, 4, 0.8)):
    right = avg_pool3d(volume, factor)
    seen = put_together(volume, overlap, factor=factor)
    assert seen.shape == right.shape
    zeros, error = float((seen == 0).float().mean()), float((seen - right).abs().max())
    print(f"factor {factor}, overlap {overlap}: zeros {zeros:.3f}, greatest error {error:.1f}")
    same &= zeros > empty if empty else error < 1e-6
for kind, expected in ((torch.float32, [200]), (torch.uint8, [8, 72, 200])):
    labels = torch.full((1, 12, 12, 12), 200, dtype=kind)
    seen = put_together(labels, 4, mode="average").unique().tolist()
    print(f"mean of 200 everywhere, {kind}: expected [200], seen {seen}")
    same &= seen == expected
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
