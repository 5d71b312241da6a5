#!/usr/bin/env bash
# MAPIE 1.6.0: measures of calibration (mapie.metrics.calibration) pass models whose probabilities are wrong, or depend
# on what should not matter:
#
#   split_strategy="array split"   the calibration error depends on the order of the patients: shuffled, it is near 0
#   num_bins=2 (uniform, quantile) makes one bin, so errors of both signs cancel. N makes N - 1; 1 makes none: nan
#   spiegelhalter_p_value          is one-sided: probabilities that are too cautious get p = 1, the best there is
#   top_label_ece                  classes are averaged as if each was predicted equally often
#
# One would expect what the docs have: "array split" makes bins "to split y_scores", num_bins is the "number of bins",
# the statistic of Spiegelhalter is right "the closer to zero", and the formula of the top-label error weighs each bin
# by its share of all samples, as Gupta and Ramdas (2021) do, whom it cites. No error, no warning but that of 0 / 0.
# The causes: np.array_split without a sort, np.linspace(0, 1, num_bins) for the edges, 1 - cdf(z) and
# `ece /= len(labels)`.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   ten bins, patients sorted by score: uniform 0.172, quantile 0.172, array split 0.173
#   ten bins, the same, shuffled: uniform 0.172, quantile 0.172, array split 0.024
#   0.9 and 0.1, each right for half: 0.4 in ten bins, 0 in two, nan in one
#   0.6 for a thousand patients who all have it: z = -25.8, p = 1. KS test of the same module: p = 0
#   class 1 predicted for 10 of 1000, always wrongly, class 0 with the right certainty: 0.45, and not 0.009
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mapie==1.6.0 scikit-learn==1.9.1 scipy==1.17.1 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import math
import sys

import numpy as np
from mapie.metrics.calibration import (
    expected_calibration_error,
    kolmogorov_smirnov_p_value,
    spiegelhalter_p_value,
    spiegelhalter_statistic,
    top_label_ece,
)

same = True
count = 1000
scores = (np.arange(count) + 0.5) / count
rates = 0.5 + 0.3 * (scores - 0.5)  # too sure at both ends
outcomes = (np.arange(count) * 0.6180339887 % 1 < rates).astype(int)  # spread evenly, as many as the rates say
by_hand = np.mean([abs(part.mean()) for part in np.split(scores - outcomes, 10)])
for name, order in (
    ("patients sorted by score", np.arange(count)),
    ("the same, shuffled", np.random.default_rng(0).permutation(count)),
):
    found = {
        split: expected_calibration_error(outcomes[order], scores[order], num_bins=10, split_strategy=split)
        for split in ("uniform", "quantile", "array split")
    }
    print(f"ten bins, {name}:", ", ".join(f"{split} {error:.3f}" for split, error in found.items()))
    wrong = found.pop("array split")
    same &= all(abs(error - by_hand) < 0.01 for error in found.values())
    same &= wrong < 0.3 * by_hand if "shuffled" in name else abs(wrong - by_hand) < 0.01

scores, outcomes = np.repeat([0.9, 0.1], 100), np.tile([0, 1], 100)
with np.errstate(invalid="ignore"):
    ten, two, one = (expected_calibration_error(outcomes, scores, num_bins=bins) for bins in (10, 2, 1))
print(f"0.9 and 0.1, each right for half: {ten:.2g} in ten bins, {abs(round(two, 9)):g} in two, {one} in one")
same &= abs(ten - 0.4) < 1e-9 and abs(two) < 1e-9 and math.isnan(one)

scores, outcomes = np.full(1000, 0.6), np.ones(1000, int)
z, p = spiegelhalter_statistic(outcomes, scores), spiegelhalter_p_value(outcomes, scores)
other = kolmogorov_smirnov_p_value(outcomes, scores)
print(
    f"0.6 for a thousand patients who all have it: z = {z:.1f}, p = {p:g}.",
    f"KS test of the same module: p = {abs(round(other, 6)):g}",
)
same &= z < -25 and p > 0.999 and other < 1e-6

scores = np.repeat([[0.9, 0.1], [0.1, 0.9]], [990, 10], axis=0)
outcomes = np.repeat([0, 1, 0], [891, 99, 10])  # 0.9 of the first 990 are of class 0, none of the last 10 of class 1
found = top_label_ece(outcomes, scores)
weighted = (990 * abs(891 / 990 - 0.9) + 10 * abs(0 / 10 - 0.9)) / 1000
print(
    "class 1 predicted for 10 of 1000, always wrongly, class 0 with the right certainty:",
    f"{found:.2f}, and not {weighted:.3f}",
)
same &= abs(found - 0.45) < 1e-9
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
