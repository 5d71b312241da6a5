#!/usr/bin/env bash
# krippendorff 0.9.0: `alpha`, the agreement of raters, is another number for grades of uint8 and other unsigned types.
# It subtracts grades in their own type: 1 - 2 is 255, and the smallest difference counts as the greatest that there is.
# The default level of measurement, "interval", is hit, and so is "ratio"; "nominal" and "ordinal" are not. int8 is hit
# where a difference or a sum does not fit. No error, no warning.
#
# One would expect the same agreement for the same grades: `dtype`, float64 by default, is the "result and computation
# data-type". Grades are small whole numbers, and come as uint8 from label maps and from files written to save space.
# The cause, in krippendorff.py: (v1 - v2).astype(dtype) ** 2, of the values as they were given. `_ratio_metric` adds
# them up likewise.
#
# Three raters, ten lesions, grades 1 to 5. "By hand" is 1 - (observed / expected disagreement).
# Seen on 2026-12-01 (Python 3.11, x86-64):
#                      by hand   float64   int64    int8     uint8    uint16
#   nominal            0.6116    0.6116    0.6116   0.6116   0.6116   0.6116
#   ordinal            -         0.7917    0.7917   0.7917   0.7917   0.7917
#   interval           0.8592    0.8592    0.8592   0.8592   0.6098   0.6116
#   ratio              0.6917    0.6917    0.6917   0.6917   0.3168   0.3189
#   ratio, times 25    0.6917    0.6917    0.6917   0.8675   0.2753   0.3187
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check krippendorff==0.9.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from krippendorff import alpha

warnings.simplefilter("error")
GRADES = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 5],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5],
        [2, 3, 3, 3, 2, 3, 4, 2, 2, 5],
    ]
)
KINDS = [np.float64, np.int64, np.int8, np.uint8, np.uint16]
APART = {
    "nominal": lambda a, b: a != b,
    "interval": lambda a, b: (a - b) ** 2,
    "ratio": lambda a, b: ((a - b) / (a + b)) ** 2,
}


def by_hand(grades, level):
    """Krippendorff's alpha where each rater has graded each lesion."""
    apart, raters = APART[level], len(grades)
    every = [float(value) for value in grades.ravel()]
    within = sum(
        apart(float(a), float(b)) for lesion in grades.T for a in lesion for b in lesion
    ) / (raters - 1)
    between = sum(apart(a, b) for a in every for b in every) / (len(every) - 1)
    return round(1 - within / between, 4)


def show(name, grades, level, right, *expected):
    found = [
        round(float(alpha(grades.astype(kind), level_of_measurement=level)), 4) for kind in KINDS
    ]
    hand = by_hand(grades, level) if level in APART else "-"
    print(
        f"{name}: by hand {hand} |",
        *(f"{k.__name__} {v}" for k, v in zip(KINDS, found, strict=True)),
    )
    return hand == right and found == list(expected)


same = all(
    [
        show("nominal", GRADES, "nominal", 0.6116, *[0.6116] * 5),
        show("ordinal", GRADES, "ordinal", "-", *[0.7917] * 5),
        show("interval", GRADES, "interval", 0.8592, 0.8592, 0.8592, 0.8592, 0.6098, 0.6116),
        show("ratio", GRADES, "ratio", 0.6917, 0.6917, 0.6917, 0.6917, 0.3168, 0.3189),
        show(
            "ratio, times 25", GRADES * 25, "ratio", 0.6917, 0.6917, 0.6917, 0.8675, 0.2753, 0.3187
        ),
    ]
)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
