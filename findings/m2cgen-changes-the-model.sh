#!/usr/bin/env bash
# m2cgen 0.10.0 (scikit-learn, XGBoost and LightGBM to C, Java, Python and others) returns another model for five kinds,
# without a word:
#   XGBoost, early stopping      all trees count, also those after the best one. It asks for best_ntree_limit, which
#                                today's XGBoost no longer has
#   XGBoost, count:poisson, reg:gamma, reg:tweedie, reg:logistic   the exponential or logistic function is left out
#   XGBoost, missing=0           zeros are no missing values
#   LightGBM, linear_tree        the constant of each leaf alone
#   trees with several targets   the first target alone comes back
# One would expect the answers of the model, or an error. (Of XGBoost's DART and LightGBM's random forests the list of
# what it supports says that they are none of it.) LightGBM's poisson, gamma and others come out right, as does a
# linear model with several targets.
# The causes, in m2cgen/assemblers: boosting.py, which reads the trees of `get_dump`, "leaf_value", and no objective of
# XGBoost; `self._tree.value[node_id][0]` in tree.py.
#
# The model, then the Python code of m2cgen. Seen on 2026-12-01 (Python 3.11, x86-64):
#   XGBoost, plain, 0 1 2          0 1 2                     0 1 2
#   early stopping                 0.22 0.78 1.34            0.13 0.87 1.6
#   count:poisson                  0.98 1.93 2.87            1.17 1.85 2.25
#   reg:gamma                      1 1.99 2.98               1.19 1.88 2.28
#   reg:tweedie                    1 2 2.99                  1.19 1.88 2.29
#   reg:logistic                   0.03 0.5 0.97             -2.89 0.5 3.89
#   missing=0                      2 0 2                     0 0 2
#   LightGBM, poisson              1.01 2 2.99               1.01 2 2.99
#   linear_tree, 10 50 95          10.01 50.67 95.04         14.11 42.88 88.54
#   forest, two targets            2 -2                      2
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check m2cgen==0.10.0 scikit-learn==1.9.1 lightgbm==4.7.0 \
    numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps xgboost==3.2.0
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from lightgbm import LGBMRegressor
from m2cgen import export_to_python
from sklearn.ensemble import RandomForestRegressor
from xgboost import XGBRegressor

warnings.simplefilter("error")


def column(*values, times=1):
    return np.repeat(np.array(values, float).reshape(-1, 1), times, axis=0)


same = True


def show(name, model, rows, right, wrong):
    global same
    code = {}
    exec(export_to_python(model), code)
    found = np.array([code["score"](row) for row in rows.tolist()])
    expected = (np.round(model.predict(rows).astype(float), 2) + 0).ravel().tolist()
    found = (np.round(found.astype(float), 2) + 0).ravel().tolist()
    print(f"{name}:", *(f"{v:g}" for v in expected), "| m2cgen", *(f"{v:g}" for v in found))
    same &= (expected, found) == (right, wrong)


def trees(count=20, **options):
    return XGBRegressor(n_estimators=count, base_score=0.5, n_jobs=1, random_state=0, **options)


x, rows = column(0, 1, 2, times=30), column(0, 1, 2)
y = x[:, 0]
line = column(*range(100))

show("plain", trees().fit(x, y), rows, [0, 1, 2], [0, 1, 2])
held = column(0, 1, 2), [0, 1, 1.2]
model = trees(100, learning_rate=0.1, early_stopping_rounds=5)
show(
    "early stopping",
    model.fit(x, y, eval_set=[held], verbose=False),
    rows,
    [0.22, 0.78, 1.34],
    [0.13, 0.87, 1.6],
)
show(
    "count:poisson",
    trees(objective="count:poisson").fit(x, y + 1),
    rows,
    [0.98, 1.93, 2.87],
    [1.17, 1.85, 2.25],
)
show(
    "reg:gamma",
    trees(objective="reg:gamma").fit(x, y + 1),
    rows,
    [1, 1.99, 2.98],
    [1.19, 1.88, 2.28],
)
show(
    "reg:tweedie",
    trees(objective="reg:tweedie").fit(x, y + 1),
    rows,
    [1, 2, 2.99],
    [1.19, 1.88, 2.29],
)
show(
    "reg:logistic",
    trees(objective="reg:logistic").fit(x, y / 2),
    rows,
    [0.03, 0.5, 0.97],
    [-2.89, 0.5, 3.89],
)
show(
    "missing=0", trees(missing=0).fit(x, [2] * 30 + [0] * 30 + [2] * 30), rows, [2, 0, 2], [0, 0, 2]
)

model = LGBMRegressor(objective="poisson", verbose=-1, n_jobs=1)
show("LightGBM, poisson", model.fit(x, y + 1), rows, [1.01, 2, 2.99], [1.01, 2, 2.99])
model = LGBMRegressor(linear_tree=True, verbose=-1, n_jobs=1).fit(line, line[:, 0])
show(
    "LightGBM, linear_tree", model, column(10, 50, 95), [10.01, 50.67, 95.04], [14.11, 42.88, 88.54]
)
model = RandomForestRegressor(5, bootstrap=False).fit(x, np.c_[y, -y])
show("two targets", model, column(2), [2, -2], [2])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
