#!/usr/bin/env bash
# SciPy 1.17.1: six functions subtract or multiply whole numbers in the type that they come in. Of uint8 and
# uint16, the types of pictures and of grades, 1 - 2 is 255 or 65535. No error, no warning:
#
#   stats.ttest_rel                        the paired t-test finds that the first is the greater where it is the less
#   spatial.distance.euclidean, cityblock, chebyshev, minkowski   the nearest picture is the farthest
#   spatial.distance.cosine                products and their sums wrap around as well: two pictures with little in
#                                          common are at distance 0
#
# One would expect the answers for the same numbers as float64, as their neighbours give them: stats.wilcoxon, pearsonr
# and theilslopes, spatial.distance.sqeuclidean and canberra, spatial.distance.cdist with any of these metrics (it
# makes them float64). Whoever takes cdist for many pictures and euclidean for one pair gets two numbers for
# the same distance.
# The causes: ttest_1samp(a - b, ..) in stats/_stats_py.py; u - v and np.dot(u, v) of what _validate_vector returns, in
# spatial/distance.py.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):              float64        uint8
#   ttest_rel of 1 2 3 4 5 9 and 3 4 5 7 7 8, t          -2.99          5.02
#   euclidean distance of them                           5.1            567.52
#   cityblock                                            12             1270
#   chebyshev                                            3              254
#   cosine distance of 16 1 and 1 16                     0.88           0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from scipy import stats
from scipy.spatial import distance

warnings.simplefilter("error")
A, B = [1, 2, 3, 4, 5, 9], [3, 4, 5, 7, 7, 8]
C, D = [16, 1], [1, 16]
CASES = {  # the function, its two arguments, the answers for float64 and for uint8
    "ttest_rel": (lambda a, b: stats.ttest_rel(a, b).statistic, A, B, -2.99, 5.02),
    "euclidean": (distance.euclidean, A, B, 5.1, 567.52),
    "minkowski": (distance.minkowski, A, B, 5.1, 567.52),
    "cityblock": (distance.cityblock, A, B, 12, 1270),
    "chebyshev": (distance.chebyshev, A, B, 3, 254),
    "cosine": (distance.cosine, C, D, 0.88, 0),
}
NEIGHBOURS = {
    "wilcoxon": lambda a, b: stats.wilcoxon(a, b).pvalue,
    "pearsonr": lambda a, b: stats.pearsonr(a, b).statistic,
    "theilslopes": lambda a, b: stats.theilslopes(b, a).slope,
    "ttest_ind": lambda a, b: stats.ttest_ind(a, b).statistic,
    "sqeuclidean": distance.sqeuclidean,
    "canberra": distance.canberra,
}
same = True
for name, (function, first, second, right, wrong) in CASES.items():
    seen = {}
    for kind in (np.float64, np.uint8) if name == "cosine" else (np.float64, np.uint8, np.uint16):
        seen[kind] = round(float(function(np.array(first, kind), np.array(second, kind))), 2)
    print(name, *(f"{kind.__name__} {value}" for kind, value in seen.items()))
    same &= (seen[np.float64], seen[np.uint8]) == (right, wrong)
    same &= seen.get(np.uint16) != right
    if hasattr(distance, name):
        pair = np.array([first, second], np.uint8)
        same &= round(float(distance.cdist(pair[:1], pair[1:], name)[0, 0]), 2) == right
for name, function in NEIGHBOURS.items():
    answers = [
        float(function(np.array(A, kind), np.array(B, kind))) for kind in (np.float64, np.uint8)
    ]
    assert np.isclose(*answers, rtol=1e-4), (name, answers)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
