#!/usr/bin/env bash
# MedPy 0.5.2 (medical image processing): filters compute in the type of the image, and two distances of histograms are
# none, without a word:
#
#   average_filter   the sum over the window is kept in the image's type, and divided afterwards. Of a uint8 image of
#                    200 everywhere the average is 0.89. sum_filter wraps around as well
#   ssd              the squared difference of uint8 images: that of 0 and 20 is 144
#   immerkaer        an image's noise: that of uint8 is too great, that of uint16 by a thousand times. The Laplacian's
#                    negative values become large ones. int16 is right
#   minowski         of a negative whole-number p: the powers are |p| + 2. p=-1.0 gives another number than p=-1
#   cosine_2         a "distance", a "metric", with "d(H, H) = 0": it is 0.36 for two equal histograms
#   manhattan, chebyshev   of counts of unsigned type, subtracted in that type
#
# One would expect the answers for float64, and the formula on minowski's page (SciPy's uniform_filter keeps uint8
# averages right; NumPy's power does for minowski). Of cosine_2 the page has 1 - 2 arccos(cos) / pi, which is 1 for
# equal histograms. 2 arccos(cos) / pi is the metric, and noelle_4 has that form.
# The causes: _get_output(None, input), as in sum_filter and separable_convolution; range(-p + 1), where range(-p - 1)
# is meant; 1.0 - (2 * cosine(h1, h2)) / math.pi, without arccos; h1 - h2.
#
# Seen on 2026-12-01 (Python 3.11, x86-64):                    expected          seen
#   average_filter of 200, uint8                               200               0.89
#   ssd of 0 and 20, uint8                                     400               144
#   immerkaer of noise 5: uint8, uint16                        5 5               26 6716
#   minowski of 0.1 0.2 0.3 0.4 and 0.4 0.3 0.05 0.25, p=-1    0.042             0.0007
#   cosine_2 of equal histograms                               0                 0.36
#   manhattan of 1 2 3 4 and 4 3 1 2, uint8                    8                 512
#   chebyshev of them                                          3                 255
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check medpy==0.5.2 numpy==2.4.6 scipy==1.17.1 \
    SimpleITK==2.5.7
cat > "$work/try.py" <<'PY'
import sys
import warnings

import numpy as np
from medpy.filter.image import average_filter, ssd, sum_filter
from medpy.filter.noise import immerkaer
from medpy.metric import histogram
from scipy.ndimage import uniform_filter

warnings.simplefilter("error")
same = True


def check(name, seen, right, wrong, digits=2):
    global same
    seen, right = round(float(seen), digits), round(float(right), digits)
    print(f"{name}: expected {right}, seen {seen}")
    same &= seen == wrong != right


bright = np.full((5, 5), 200, np.uint8)
assert uniform_filter(bright, 3).max() == 200
check(
    "average_filter",
    average_filter(bright, 3)[2, 2],
    average_filter(bright.astype(float), 3)[2, 2],
    0.89,
)
check("sum_filter", sum_filter(bright, 3)[2, 2], 9 * 200, 8)
dark, other = np.zeros((5, 5), np.uint8), np.full((5, 5), 20, np.uint8)
check(
    "ssd", ssd(other, dark, size=3)[0][2, 2], ssd(other.astype(float), dark, size=3)[0][2, 2], 144
)

noise = 100 + np.random.default_rng(0).normal(0, 5, (200, 200))
for kind, wrong in ((np.uint8, 26), (np.uint16, 6716)):
    check(f"immerkaer, {kind.__name__}", immerkaer(noise.astype(kind)), immerkaer(noise), wrong, 0)
assert round(immerkaer(noise.astype(np.int16))) == round(immerkaer(noise)) == 5

first, second = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.3, 0.05, 0.25])
for p, wrong in ((-1, 0.0007), (-2, 0.009)):
    right = (np.abs(first - second) ** float(p)).sum() ** (1 / p)
    assert np.isclose(histogram.minowski(first, second, float(p)), right)
    check(f"minowski, p={p}", histogram.minowski(first, second, p), right, wrong, 4)
for p in (1, 2, 3):
    assert np.isclose(
        histogram.minowski(first, second, p), (np.abs(first - second) ** p).sum() ** (1 / p)
    )
check("cosine_2 of equal histograms", histogram.cosine_2(first, first), 0, 0.36)
assert histogram.cosine_1(first, first) == histogram.noelle_4(first, first) == 0

first, second = np.array([1, 2, 3, 4], np.uint8), np.array([4, 3, 1, 2], np.uint8)
for name, wrong in (("manhattan", 512), ("chebyshev", 255)):
    distance = getattr(histogram, name)
    check(
        f"{name}, uint8",
        distance(first, second),
        distance(first.astype(float), second.astype(float)),
        wrong,
    )
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
