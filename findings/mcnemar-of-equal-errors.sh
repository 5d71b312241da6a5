#!/usr/bin/env bash
# statsmodels 0.15.0 and mlxtend 0.25.0: McNemar's test with its continuity correction finds the strongest
# difference there is between two classifiers that answer alike. It tells whether two, tested on the same
# patients, differ.
# b and c count the patients whom only the one or only the other gets right. By default mlxtend takes this
# form of the test, as does statsmodels with exact=False.
#
#   b = c = 0    the same answers for everybody: the statistic is infinite and p = 0, the strongest difference
#   b = c        as many errors: p is below 1 (0.48 for b = c = 1)
#
# One would expect p = 1, as the exact test of both gives. Edwards' correction takes 1 off |b - c|, to bring it
# nearer to 0. Where b = c there is nothing to take off, but both compute (|b - c| - 1)^2 / (b + c), thus (-1)^2.
# NumPy warns of a division by zero; p is returned all the same.
#
# Seen on 2026-11-30 (Python 3.11, x86-64), the same of both:
#   b = c = 0: statistic inf, p = 0.0000, exact p = 1.0000
#   b = c = 1: statistic 0.5, p = 0.4795, exact p = 1.0000
#   b = c = 5: statistic 0.1, p = 0.7518, exact p = 1.0000
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 mlxtend==0.25.0 \
    numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from mlxtend.evaluate import mcnemar as by_mlxtend
from statsmodels.stats.contingency_tables import mcnemar as by_statsmodels

same = True
for each, statistic, p in ((0, np.inf, 0), (1, 0.5, 0.4795), (5, 0.1, 0.7518)):
    table = np.array([[80, each], [each, 20]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the division by zero
        found = by_statsmodels(table, exact=False)
        answers = {
            "statsmodels": (found.statistic, found.pvalue, by_statsmodels(table).pvalue),
            "mlxtend": (*by_mlxtend(table), by_mlxtend(table, exact=True)[1]),
        }
    for name, (value, wrong, exact) in answers.items():
        print(f"{name}, b = c = {each}: statistic {value:.1f}, p = {wrong:.4f}, exact p = {exact:.4f}")
        same &= bool(np.isclose(value, statistic) and np.isclose(wrong, p, atol=1e-4) and exact == 1)
sys.exit(not same)
PY
cd "$work" && OMP_NUM_THREADS=1 ./venv/bin/python try.py
