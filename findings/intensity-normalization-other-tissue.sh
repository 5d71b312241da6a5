#!/usr/bin/env bash
# intensity-normalization 3.0.1 (it brings the grey values of brain MRI to one scale): two of its methods
# divide by something else than the tissue that was asked for.
#
#   KDE   the mode of a tissue: by the middle of all tissues. It depends on the unit of the grey values: the
#         same image divided by 1000 is normalized to other values, and then right
#   FCM   white matter, with more than 3 clusters: by the third cluster, which is not the brightest
#
# One would expect the white matter of a T1 image at 1, whatever its unit: that is what the methods are for.
# KDE gives SciPy's gaussian_kde max/80 as bw_method, which is no width in grey values, but a factor of the
# standard deviation: the tissues melt into one hill where the values are above some tens. FCM:
# _get_tissue_index answers 2 for white matter, always. No warning is given. Pull request 88 is about the
# bandwidth, too.
#
# Cerebrospinal fluid, grey and white matter of 300, 600 and 900, with noise of 30. White matter
# comes out as follows. Seen on 2026-11-30 (Python 3.11, x86-64):
#   KDE, T1                1.36
#   KDE, T1, by 1000       1.01
#   FCM, 3 clusters        1.00
#   FCM, 4 clusters        1.44
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check intensity-normalization==3.0.1 \
    scikit-fuzzy==0.5.0 scipy==1.17.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from intensity_normalization import normalize_image
from intensity_normalization.adapters.images import create_image
from intensity_normalization.normalizers.individual.fcm import FCMNormalizer

rng = np.random.default_rng(0)
np.random.seed(0)
tissue = np.repeat([0, 1, 2], [600, 1200, 1400])
rng.shuffle(tissue)
tissue = tissue.reshape(8, 20, 20)
image = np.array([300, 600, 900])[tissue] + rng.normal(0, 30, tissue.shape)


def fcm(clusters):
    normalizer = FCMNormalizer(n_clusters=clusters)  # tissue_type is white matter by default
    normalizer.fit(create_image(image))
    return normalizer.transform(create_image(image))


FOUND = {
    "KDE, T1": (normalize_image(image, method="kde", modality="t1"), False),
    "KDE, T1, by 1000": (normalize_image(image / 1000, method="kde", modality="t1"), True),
    "FCM, 3 clusters": (fcm(3), True),
    "FCM, 4 clusters": (fcm(4), False),
}
same = True
for name, (found, right) in FOUND.items():
    values = np.asarray(found.get_data() if hasattr(found, "get_data") else found)
    means = [float(values[tissue == each].mean()) for each in range(3)]
    print(f"{name}: fluid, grey and white matter", *(f"{mean:.2f}" for mean in means))
    same &= abs(means[2] - 1) < 0.05 if right else means[2] > 1.2
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
