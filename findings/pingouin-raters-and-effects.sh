#!/usr/bin/env bash
# pingouin 0.7.0 (statistics with pandas): one test answers another question than its page says, and two functions
# subtract unsigned numbers in their own type, where 1 - 2 is 255. No error, no warning:
#
#   intraclass_corr   F and its p, by the page "F-test results for detecting systematic differences (bias) between
#                     raters. A significant p-value suggests that rater means differ", tell whether the patients differ.
#                     Raters with one and the same mean have p = 9e-41. Of three raters one of whom gives 20 more to
#                     all, p is 0.18 and 1
#   mwu               of uint8 and uint16 (grades, scores): CLES, the share of pairs where x is the greater, counts all
#                     pairs that differ. It contradicts RBC beside it
#   wilcoxon          of such: RBC has the other sign, CLES as above
#
# One would expect F to be the mean square of the raters by that of the error, as an analysis of variance has it
# (F_raters here, computed by hand); and the effect sizes of the same numbers as int64.
# The causes: f2k = msb / mse in reliability.py, where msb is of the targets (msj is of the raters); x[:, None] - y and
# x - y in nonparametric.py, in the type of the numbers.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                    expected          seen
#   p of a bias, three raters of the same mean                 1                 9e-41
#   p of a bias, one of three gives 20 more                    7e-44             0.18
#   mwu of 1 2 3 4 5 and 3 4 5 6 7, uint8: RBC, CLES           -0.64 0.18        -0.64 0.94
#   wilcoxon of them: RBC, CLES                                -1 0.18           1 0.94
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pingouin==0.7.0 scipy==1.17.1 numpy==2.4.6 \
    pandas==3.1.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import pandas as pd
import pingouin
from scipy.stats import f

same = True


def raters(scores):
    patients, number = scores.shape
    error = scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True) + scores.mean()
    freedom = (patients - 1) * (number - 1)
    ratio = patients * scores.mean(axis=0).var(ddof=1) / ((error**2).sum() / freedom)
    right = f.sf(ratio, number - 1, freedom)
    table = pd.DataFrame(scores).reset_index().melt(id_vars="index")
    table.columns = ["patient", "rater", "score"]
    found = pingouin.intraclass_corr(table, "patient", "rater", "score").set_index("Type")
    return right, found.loc["ICC(A,1)", "pval"], found.loc["ICC(1,1)", "pval"]


random = np.random.default_rng(0)
noise = random.normal(0, 1, (20, 3))
scores = random.normal(0, 10, (20, 1)) + noise - noise.mean(axis=0)
right, wrong, _ = raters(scores)
print(f"p of a bias, three raters of the same mean: expected {right:.2g}, seen {wrong:.1g}")
same &= right > 0.99 and wrong < 1e-20
scores = random.normal(0, 1, (20, 3)) + np.array([0, 0, 20])
right, wrong, other = raters(scores)
print(f"one of three gives 20 more: expected {right:.1g}, seen {wrong:.2g} and {other:.2g}")
same &= right < 1e-20 and min(wrong, other) > 0.05


def effects(name, function, first, second, columns, right, wrong):
    global same
    seen = []
    for kind in (np.int64, np.uint8):
        row = function(np.array(first, kind), np.array(second, kind)).iloc[0]
        seen.append([round(float(row[each]), 2) for each in columns])
    print(f"{name}:", *columns, "expected", *seen[0], "seen", *seen[1])
    same &= seen == [right, wrong]


first, second = [1, 2, 3, 4, 5], [3, 4, 5, 6, 7]
assert np.mean([0.5 * (a == b) + (a > b) for a in first for b in second]) == 0.18
both = ["RBC", "CLES"]
effects("mwu", pingouin.mwu, first, second, both, [-0.64, 0.18], [-0.64, 0.94])
effects("wilcoxon", pingouin.wilcoxon, first, second, both, [-1, 0.18], [1, 0.94])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
