#!/usr/bin/env bash
# uncertainty-toolbox 0.1.1: recalibrating the quantiles of a model that predicts too much makes it predict twice as
# much too much. `get_quantile_recalibrator` moves them the wrong way, for `get_proportion_under_quantile` and
# `get_proportion_lists(prop_type="quantile")`, on which it rests, count on the wrong side. No error, no warning.
#
# One would expect the "proportion of data below the quantile level", as the docs have it: where the median is predicted
# at 1 and five of six patients lie below 1, that is 0.84. They return 0.16. And "the recalibrated quantile": the
# median should then have half of the patients below it. It has 98 percent.
# Models whose errors are as often above as below are not affected, nor are intervals, nor (without a recalibration) the
# areas that are computed of these shares, which are the same either way.
# The cause: prediction minus truth is compared with the quantile's number of standard deviations, in
# metrics_calibration.py; below the quantile is what has truth minus prediction below it.
#
# 4000 patients with values around 0, standard deviation 1, of whom the model predicts 1, standard deviation 1. By hand,
# then the library. Seen on 2026-12-01 (Python 3.11, x86-64):
#                                       0.25          0.5           0.75
#   share below the quantile            0.63 0.05     0.84 0.16     0.95 0.37
#   the recalibrated quantile          -0.69 1.34    -0.03 2.03     0.66 2.70
#   share below that                    0.25 0.91     0.50 0.98     0.75 1.00
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uncertainty-toolbox==0.1.1 numpy==2.4.6 \
    scipy==1.17.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys
from statistics import NormalDist

import numpy as np
from uncertainty_toolbox.metrics_calibration import get_proportion_lists, get_proportion_under_quantile
from uncertainty_toolbox.recalibration import get_quantile_recalibrator

truth = np.random.default_rng(0).normal(size=4000)
same = True
for bias in (0.0, 1.0):
    predicted, spread = np.full_like(truth, bias), np.ones_like(truth)
    recalibrated = get_quantile_recalibrator(predicted, spread, truth)
    print(f"model with a bias of {bias:g}")
    for level in (0.25, 0.5, 0.75):
        share = np.mean(truth <= bias + NormalDist().inv_cdf(level))
        found = get_proportion_under_quantile(predicted, spread, truth, level)
        levels, listed = get_proportion_lists(predicted, spread, truth, num_bins=5, prop_type="quantile")
        assert np.isclose(listed[list(levels).index(level)], found)
        right, quantile = np.quantile(truth, level), recalibrated(predicted, spread, level)[0]
        below = np.mean(truth <= quantile)
        print(
            f"  {level}: share below {share:.2f}, found {found:.2f}; recalibrated {quantile:.2f}, right {right:.2f}; "
            f"below that {below:.2f}"
        )
        if bias:
            same &= abs(found - (1 - np.mean(truth <= bias - NormalDist().inv_cdf(level)))) < 0.01
            same &= abs(found - share) > 0.3 and quantile - right > 1.5 and below - level > 0.2
        else:
            same &= abs(found - share) < 0.05 and abs(quantile - right) < 0.1
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
