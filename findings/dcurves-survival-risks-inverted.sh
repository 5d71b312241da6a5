#!/usr/bin/env bash
# dcurves 1.1.7 (decision curve analysis): with survival times, `dca(..., models_to_prob=[...])` takes the probability of
# being alive for the risk of death. Of a model that tells well who will die it reports a net benefit below that of
# treating nobody.
#
# One would expect the risk: the docs of models_to_prob say "converted to risk scores from 0 to 1", and with outcomes that
# are yes or no it does that. The cause, in risks.py: what `CoxPHFitter.predict_survival_function` gives is returned as it
# is, not 1 less that. So the patients in danger are those left untreated. No warning; the curve looks like that of a
# useless model.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), 400 patients made at random, one number that tells when they die, net benefit
# at 1.5 years where one treats from a risk of       20 %     40 %     60 %
#   models_to_prob                                   +0.163   -0.089   -0.383
#   the same model's risks, by lifelines             +0.460   +0.370   +0.277
#   everybody treated                                +0.435   +0.246   -0.130
#   nobody                                           +0.000   +0.000   +0.000
# Correlation of the risks in use with lifelines' risks: -1.
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dcurves==1.1.7 lifelines==0.30.3 \
    statsmodels==0.15.0 pandas==2.3.3 numpy==1.26.4 scipy==1.17.1
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import pandas as pd
from dcurves import dca
from lifelines import CoxPHFitter

rng = np.random.default_rng(0)
marker = rng.normal(size=400)
death = rng.exponential(2 * np.exp(-1.5 * marker))
seen_for = rng.uniform(0.5, 6, 400)
patients = pd.DataFrame(
    {
        "marker": marker,
        "years": np.minimum(death, seen_for),
        "died": (death <= seen_for).astype(int),
    }
)
fitted = CoxPHFitter().fit(patients, "years", "died")
risk = 1 - fitted.predict_survival_function(patients, times=1.5).to_numpy()[0]
LIMITS = [0.2, 0.4, 0.6]


def curves(data, **options):
    table = dca(
        data,
        "died",
        ["marker"],
        thresholds=LIMITS,
        time=1.5,
        time_to_outcome_col="years",
        **options,
    )
    return {name: list(one.net_benefit) for name, one in table.groupby("model")}


converted = curves(patients, models_to_prob=["marker"])
by_hand = curves(patients.assign(marker=risk))
survival = curves(patients.assign(marker=1 - risk))
for name, found in (
    ("models_to_prob", converted["marker"]),
    ("1 less the survival", by_hand["marker"]),
    ("the survival", survival["marker"]),
    ("everybody", converted["all"]),
    ("nobody", converted["none"]),
):
    print(f"{name}:", *(f"{one:+.3f}" for one in found))
same = np.allclose(converted["marker"], survival["marker"])
same &= np.allclose(converted["marker"], [0.163, -0.089, -0.383], atol=0.002)
same &= np.allclose(by_hand["marker"], [0.460, 0.370, 0.277], atol=0.002)
same &= np.allclose(converted["all"], by_hand["all"])
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
