#!/usr/bin/env bash
# pymannkendall 1.4.3 (tests for a trend, as of a drift in a scanner or a model's answers): three things are wrong,
# without a word:
#
#   alpha       regional_test and correlated_seasonal_test take alpha and test at 0.05 all the same. multivariate_test,
#               and seasonal_test, of the same numbers at 0.01 find no trend
#   gaps        hamed_rao_modification_test and yue_wang_modification_test take the trend away before they look for
#               autocorrelation, but count the days anew once missing ones are left out. What is left of the trend is
#               then taken for autocorrelation: the variance depends on how steep the trend is
#   short year  correlated_seasonal_test leaves out the last year if it is not complete; seasonal_test does not
#
# One would expect a trend where p < alpha; the variance of a series not to change when a straight line is added to it
# (it does not without gaps); and the last months to count, as in seasonal_test.
# The causes, in pymannkendall.py: multivariate_test(x_old) and correlated_multivariate_test(x), without alpha;
# x - np.arange(1,n+1) * slope after the missing values are dropped, though sens_slope is of the days as they were;
# the rest is filled up with NaN, and every row with one is dropped.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):
#   alpha=0.01, p = 0.027: multivariate_test, seasonal_test     no trend
#   alpha=0.01, p = 0.027: regional_test                        increasing
#   alpha=0.01, p = 0.035: correlated_seasonal_test             increasing
#   variance of S, hamed_rao and yue_wang, the same numbers     without a gap    with one
#     as they are                                               4741, 350         515, 54
#     with a line of 1 a day added                              4741, 350        1300, 1877
#   S of 27 months that rise, years of 12                       seasonal_test 18, correlated_seasonal_test 12
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pymannkendall==1.4.3 numpy==2.4.6 scipy==1.17.1
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
import pymannkendall as mk

warnings.simplefilter("error")
same = True

# alpha
rng = np.random.default_rng(2)
years = (rng.normal(size=(20, 3)) + np.arange(20)[:, None] * 0.045).round(1)
for name, found, expected in (
    ("multivariate_test", mk.multivariate_test(years, alpha=0.01), "no trend"),
    ("seasonal_test", mk.seasonal_test(years.ravel(), period=3, alpha=0.01), "no trend"),
    ("regional_test", mk.regional_test(years, alpha=0.01), "increasing"),
    (
        "correlated_seasonal_test",
        mk.correlated_seasonal_test(years.ravel(), period=3, alpha=0.01),
        "increasing",
    ),
):
    print(f"{name}, alpha 0.01: p {found.p:.3f}, {found.trend}")
    same &= 0.01 < found.p < 0.05  # right: no trend
    same &= found.trend == expected

# Gaps
day = np.arange(40)
whole = np.round(3 * np.sin(2.4 * day) + 2 * np.sin(0.7 * day * day), 2)
gap = whole.copy()
gap[8:30] = np.nan
for test in (mk.hamed_rao_modification_test, mk.yue_wang_modification_test):
    for name, x in (("whole", whole), ("with a gap", gap)):
        before, after = (float(test(x + steep * day).var_s) for steep in (0, 1))
        print(f"{test.__name__}, {name}: variance {before:.0f}, with a line added {after:.0f}")
        if name == "whole":
            same &= abs(after / before - 1) < 1e-6
        else:
            same &= after > 2 * before

# Short year
rising = np.arange(27.0)
counted = sum((j - i) % 12 == 0 and rising[i] < rising[j] for j in range(27) for i in range(j))
found = mk.seasonal_test(rising, period=12).s, mk.correlated_seasonal_test(rising, period=12).s
print("27 months: by hand, seasonal_test, correlated_seasonal_test", counted, *found)
same &= counted == found[0] == 18
same &= found[1] == 12
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
