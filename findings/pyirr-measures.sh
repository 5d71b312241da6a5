#!/usr/bin/env bash
# pyirr 0.84.1.2 (agreement of raters, after R's package irr): five measures are wrong, without a word:
#
#   kripp_alpha        Krippendorff's alpha is right for four categories, and wrong for two and three: -0.75 for two
#                      raters who always agree, where 1 is right
#   rater_bias         counts the cases in which both raters agree as a bias of one of them, with two categories in both
#                      directions, with three in one: raters without a bias get 0.95 and p = 0
#   N_cohen_kappa      the number of patients that a study needs depends on who is called the first rater
#   stuart_maxwell_mh  where the raters use other categories (one 1 2 3, the other 2 3 4), compares 1 with 2, 2 with 3,
#                      and 3 with 4
#   kendall            leaves out patients whom a rater missed, and divides by their number as if they were there:
#                      here 0.71 for 0.95
#
# One would expect the formulas: alpha is 1 for full agreement (Krippendorff); the bias is b / (b + c), where b and c
# are the sums above and below the diagonal; kappa treats both raters alike; the test of Stuart and Maxwell is of one
# square table of all categories (statsmodels' SquareTable); a patient left out changes nothing.
# The causes: kripp_alpha.py takes np.triu_indices_from(cm, k=len(cm)//2 - 1), which is the part above the diagonal
# (k=1) for four and five categories alone.
# rater_bias.py has the same k, and k=-len(rbx)//2 + 1. In N_cohen_kappa.py, Q_h has pi2 + rate1 where Q has
# pi_2 + rate1. stuart_maxwell_mh.py: pd.crosstab without common categories. kendall.py: ns is taken before dropna.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                       right    pyirr
#   kripp_alpha of 1 1, 1 1, 2 2, 2 2                               1       -0.75
#   kripp_alpha of 1 1, 2 2, 3 3, 1 1                               1       -1.10
#   rater_bias of 40 5 / 15 50, chi-square                          5        0.5
#   rater_bias of 30 2 1 / 2 30 2 / 1 2 30                          0.5      0.95
#   N_cohen_kappa(0.2, 0.4, 0.6, 0.4), and (0.4, 0.2, 0.6, 0.4)     110      125 and 108
#   stuart_maxwell_mh, chi-square, other categories                18.616   27.544
#   kendall, one more patient whom a rater missed                   0.954    0.708
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyirr==0.84.1.2 numpy==2.4.6 scipy==1.17.1 \
    pandas==3.1.1 statsmodels==0.15.0 setuptools==65.5.0
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from scipy.stats import norm, rankdata
from statsmodels.stats.contingency_tables import SquareTable

warnings.simplefilter("ignore")  # pkg_resources and dropna(inplace=True) are deprecated
import pyirr  # noqa: E402

same = True


def show(name, right, found, seen):
    global same
    print(f"{name}: right {right:.3f}, pyirr {found:.3f}")
    same &= abs(found - seen) < 0.005
    same &= abs(found - right) > 0.03


def patients(table):  # one row for each patient of a table of counts
    return np.array(
        [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    )


def alpha(grades):  # two raters, none missing, nominal, by Krippendorff's formula
    every = np.ravel(grades)
    n = len(every)
    observed = sum(2 * (a != b) for a, b in grades) / n
    chance = sum(a != b for a in every for b in every) / (n * (n - 1))
    return 1 - observed / chance


def patients_needed(first, second, kappa, null):  # by Fleiss, Cohen and Everitt (1969)
    rows, columns = np.array([first, 1 - first]), np.array([second, 1 - second])
    chance = rows @ columns

    def deviation(kappa):
        agreed = kappa * (1 - chance) + chance
        both = agreed - (agreed - first + 1 - second) / 2
        cells = np.array([[both, first - both], [second - both, agreed - both]])
        total = -((agreed * chance - 2 * chance + agreed) ** 2)
        for i, j in np.ndindex(2, 2):
            if i == j:
                total += cells[i, i] * (1 - chance - (columns[i] + rows[i]) * (1 - agreed)) ** 2
            else:
                total += (1 - agreed) ** 2 * cells[i, j] * (columns[i] + rows[j]) ** 2
        return total**0.5 / (1 - chance) ** 2

    share = norm.ppf(0.95) * deviation(null) + norm.ppf(0.8) * deviation(kappa)
    return np.ceil((share / (kappa - null)) ** 2)


# Krippendorff's alpha
for grades, seen in (
    ([[1, 1], [1, 1], [2, 2], [2, 2]], -0.75),
    ([[1, 1], [2, 2], [3, 3], [1, 1]], -1.10),
):
    assert alpha(grades) == 1
    show(f"alpha of {grades}", alpha(grades), pyirr.kripp_alpha(grades).value, seen)
four = patients([[5, 1, 0, 0], [0, 4, 2, 0], [1, 0, 5, 1], [0, 1, 0, 4]])
assert abs(pyirr.kripp_alpha(four).value - alpha(four)) < 1e-9

# Bias of a rater
table = np.array([[40, 5], [15, 50]])
show(
    "rater_bias, chi-square",
    (5 - 15) ** 2 / (5 + 15),
    pyirr.rater_bias(patients(table)).statistic,
    0.5,
)
table = np.array([[30, 2, 1], [2, 30, 2], [1, 2, 30]])
above, below = np.triu(table, 1).sum(), np.tril(table, -1).sum()
show("rater_bias", above / (above + below), pyirr.rater_bias(patients(table)).value, 0.95)

# Size of a study
for order, seen in (((0.2, 0.4), 125), ((0.4, 0.2), 108)):
    show(
        f"N_cohen_kappa, {order}",
        patients_needed(*order, 0.6, 0.4),
        pyirr.N_cohen_kappa(*order, 0.6, 0.4),
        seen,
    )
# Where it makes no difference
assert pyirr.N_cohen_kappa(0.5, 0.5, 0.6, 0.4) == patients_needed(0.5, 0.5, 0.6, 0.4)

# Stuart and Maxwell
table = np.array([[0, 9, 2, 0], [0, 20, 3, 1], [0, 1, 15, 6], [0, 0, 0, 0]])
right = SquareTable(table, shift_zeros=False).homogeneity("stuart_maxwell").statistic
show("stuart_maxwell_mh", right, pyirr.stuart_maxwell_mh(patients(table)).value, 27.544)
# Both use all categories
table = np.array([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
right = SquareTable(table, shift_zeros=False).homogeneity("stuart_maxwell").statistic
assert abs(pyirr.stuart_maxwell_mh(patients(table)).value - right) < 1e-9

# Kendall's W
grades = np.array([[1, 1, 2], [2, 2, 1], [3, 3, 3], [4, 4, 4], [5, 5, 5], [5, 4, 5.0]])
n, raters = grades.shape
ranks = np.apply_along_axis(rankdata, 0, grades)
counts = [np.unique(x, return_counts=True)[1] for x in grades.T]
ties = sum((count**3 - count).sum() for count in counts)
sums = ranks.sum(1)
right = 12 * ((sums - sums.mean()) ** 2).sum() / (raters**2 * (n**3 - n) - raters * ties)
assert abs(pyirr.kendall(grades, correct=True).value - right) < 1e-9
more = np.vstack([grades, [[np.nan, 1, 2]]])
show("kendall, one missing", right, pyirr.kendall(more, correct=True).value, 0.708)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
