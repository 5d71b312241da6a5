#!/usr/bin/env bash
# imbalanced-learn 0.14.2: `make_index_balanced_accuracy` of `geometric_mean_score` does nothing for two classes,
# whatever its `alpha`: the index is the squared mean itself. A model that finds 95 percent of the patients and
# frightens half of the healthy gets the same as one that does it the other way round.
#
# The index is there to tell these two: (1 + alpha * (sensitivity - specificity)) * sensitivity * specificity, by
# García and others, whom its page cites. One would expect that, as it has it with average="binary". Nothing on the
# page says that the call without an average is another. By default geometric_mean_score has average="multiclass", for
# which the decorator takes "macro", the mean over both classes. One class' sensitivity is the other's specificity, so
# both means are equal, and their difference is 0. No error, no warning.
#
# 100 patients and 100 healthy. Seen on 2026-11-30 (Python 3.11, x86-64):
#                                  alpha 0   0.1      0.5      1
#   finds 95, clears 50   default   0.475    0.475    0.475    0.475
#                         binary    0.475    0.496    0.582    0.689
#   finds 50, clears 95   default   0.475    0.475    0.475    0.475
#                         binary    0.475    0.454    0.368    0.261
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imbalanced-learn==0.14.2 scikit-learn==1.9.1 \
    scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from imblearn.metrics import geometric_mean_score, make_index_balanced_accuracy

ALPHAS = (0, 0.1, 0.5, 1)
truth = np.repeat([1, 0], 100)
same = True
for found, cleared in ((95, 50), (50, 95)):
    predicted = np.repeat([1, 0, 0, 1], [found, 100 - found, cleared, 100 - cleared])
    sensitivity, specificity = found / 100, cleared / 100
    product = sensitivity * specificity
    right = [(1 + alpha * (sensitivity - specificity)) * product for alpha in ALPHAS]
    for name, options, seen in (
        ("default", {}, [product] * len(ALPHAS)),
        ("binary", {"average": "binary"}, right),
    ):
        index = [
            make_index_balanced_accuracy(alpha=alpha, squared=True)(geometric_mean_score)(truth, predicted, **options)
            for alpha in ALPHAS
        ]
        print(f"finds {found}, clears {cleared}, {name}:", *(f"{value:.3f}" for value in index))
        same &= np.allclose(index, seen)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
