#!/usr/bin/env bash
# netcal 1.4.0: `sample_threshold` of ACE and ECE, which is to leave out bins with few samples, counts them as perfectly
# calibrated. The more bins are too small, the better the model. No warning.
#
# One would expect the average over the other bins. The description of ACE, the average over bins, has it that those
# below the threshold "are not included into the miscalibration metrics". MCE, the greatest of them, is right.
# The cause, in metrics/Miscalibration.py: `binning` sets accuracy and confidence of such a bin to 0 each, and `process`
# then divides by the number of all bins that have any sample (ACE), or of all samples (ECE).
#
# 100 patients have a probability of 0.55, and 75 of them are ill: off by 0.2. Other bins have 5 patients each,
# off by 0.3 or more. sample_threshold=10. Seen on 2026-12-01 (Python 3.11, x86-64):
#                      by hand   ACE     ECE     MCE
#   no other bin         0.2     0.2     0.2     0.2
#   three other bins     0.2     0.05    0.174   0.2
#   nine other bins      0.2     0.02    0.138   0.2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check netcal==1.4.0 torch==2.14.1 numpy==2.4.6 \
    scipy==1.17.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that netcal imports
    from netcal.metrics import ACE, ECE, MCE

warnings.simplefilter("error")
LEAST = 10
same = True
for others, ace, ece in (
    ([], 0.2, 0.2),
    ([0, 1, 2], 0.05, 0.174),
    ([0, 1, 2, 3, 4, 6, 7, 8, 9], 0.02, 0.138),
):
    bins = [(0.55, 75, 25)]
    for number in others:  # all who have less than half are ill, and nobody else
        bins.append((number / 10 + 0.05, 5 * (number < 5), 5 * (number >= 5)))
    scores = np.concatenate([np.full(ill + well, score) for score, ill, well in bins])
    truth = np.concatenate([[1] * ill + [0] * well for _, ill, well in bins]).astype(int)
    off = [abs(ill / (ill + well) - score) for score, ill, well in bins if ill + well >= LEAST]
    right = round(sum(off) / len(off), 3)
    found = [
        round(float(m(10, sample_threshold=LEAST).measure(scores, truth)), 3)
        for m in (ACE, ECE, MCE)
    ]
    print(f"{len(others)} other bins: by hand {right}; ACE, ECE, MCE", *found)
    same &= right == 0.2 and found == [ace, ece, 0.2]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
