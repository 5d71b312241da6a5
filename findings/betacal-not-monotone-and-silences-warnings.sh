#!/usr/bin/env bash
# betacal 1.1.0 (beta calibration of probabilities): two things that `BetaCalibration` does without a word.
#
#   parameters="ab"   of the two slopes one may be below 0, so the calibrated probability falls while the score rises: two
#                     scans change places, and a threshold on the score is none on the probability. With "abm", the
#                     default, that slope is set to 0.
#   any fit           every warning of the process is silent from then on, the program's own as well
#
# One would expect of a calibration that it keeps the order (isotonic regression and Platt's scaling of a useful score do;
# the paper that its docs name asks for slopes that are not below 0), and that a fit leaves Python's warnings as they are.
# The causes, in beta_calibration.py: `_beta_ab_calibration` takes both coefficients as the regression gives them;
# `warnings.filterwarnings("ignore")` is called in each fit, outside warnings.catch_warnings.
#
# Seen on 2026-12-01 (Python 3.11, x86-64), 2,000 scores, of which those of s are a tumor 0.9 * s**0.3 of the time:
#   score     0.1      0.5      0.8      0.95     0.99
#   "ab"      0.518    0.500    0.774    0.969    0.998    slopes -0.66 and 1.68: it falls at first
#   "abm"     0.444    0.740    0.827    0.876    0.909    slopes 0.72 and 0.19
#   warnings that reach the user: 1 before a fit, 0 after it
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check betacal==1.1.0 numpy==2.4.6 scipy==1.17.1 \
    scikit-learn==1.9.1
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys
import warnings

import numpy as np
from betacal import BetaCalibration

rng = np.random.default_rng(0)
scores = rng.beta(2, 2, 2000)
truth = (rng.random(2000) < 0.9 * scores**0.3).astype(int)
GIVEN = np.array([0.1, 0.5, 0.8, 0.95, 0.99])


def heard():
    """How many warnings of this program reach the user."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        warnings.warn("a scan was left out", stacklevel=1)
    return said.getvalue().count("UserWarning")


before = heard()
fitted = {kind: BetaCalibration(kind).fit(scores, truth) for kind in ("ab", "abm")}
found = {kind: one.predict(GIVEN) for kind, one in fitted.items()}
for kind, one in found.items():
    slopes = ", ".join(f"{slope:.2f}" for slope in fitted[kind].calibrator_.map_[:2])
    print(f"{kind}:", *(f"{each:.3f}" for each in one), f"| slopes {slopes}")
after = heard()
print("warnings that reach the user before a fit", before, "after it", after)
same = found["ab"][1] < found["ab"][0] - 0.01 and (np.diff(found["abm"]) >= 0).all()
same &= min(fitted["ab"].calibrator_.map_[:2]) < 0 <= min(fitted["abm"].calibrator_.map_[:2])
same &= (before, after) == (1, 0)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
