#!/usr/bin/env bash
# uncertainty-calibration 0.1.4: `get_calibration_error_uncertainties(probs, labels, alpha=0.1)`, and its sister for the
# top label, give the 99.9 % interval where their docs say "1-alpha confidence intervals".
#
# One would expect the 90 % interval of 0.1, which is also the default. The cause: alpha goes on to
# `bootstrap_uncertainty`, which takes it for percent: np.percentile(estimates, 100 - alpha / 2), here the 99.95th. Of the
# 100 resamples that are drawn this is all but the largest, and the other end all but the least. alpha=10 gives 90 %; 0.05,
# meant as 95 %, gives 99.95 %. So two models whose calibration differs are told apart less often than they could be.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), 1,000 scans, the resamples drawn anew by hand from the same seed:
#   alpha=0.1                             0.0258 to 0.0944
#   by hand, 99.9 % of the resamples      0.0258 to 0.0944
#   by hand, 90 %                         0.0424 to 0.0837
#   alpha=10                              0.0424 to 0.0837
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uncertainty-calibration==0.1.4 \
    numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import sys

import calibration
import numpy as np

rng = np.random.default_rng(0)
told = rng.random(1000)
tumor = (rng.random(1000) < told**1.3).astype(int)


def error(places):
    return calibration.get_calibration_error(told[places], tumor[places], debias=False)


def asked_for(alpha):
    np.random.seed(0)
    low, _, high = calibration.get_calibration_error_uncertainties(told, tumor, alpha=alpha)
    return low, high


np.random.seed(0)
again = [error(np.random.choice(1000, 1000)) for _ in range(100)]


def by_hand(percent):
    outside = (100 - percent) / 2
    ends = np.percentile(again, [100 - outside, outside])
    return tuple(2 * error(np.arange(1000)) - ends)


found = {
    "alpha=0.1": asked_for(0.1),
    "by hand, 99.9 %": by_hand(99.9),
    "by hand, 90 %": by_hand(90),
    "alpha=10": asked_for(10),
}
for name, (low, high) in found.items():
    print(f"{name}: {low:.4f} to {high:.4f}")
same = np.allclose(found["alpha=0.1"], found["by hand, 99.9 %"])
same &= np.allclose(found["alpha=10"], found["by hand, 90 %"])
same &= np.ptp(found["alpha=0.1"]) > 1.2 * np.ptp(found["by hand, 90 %"])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
