#!/usr/bin/env bash
# Keras 3.15.1 on OpenVINO 2026.4.1: `keras.layers.Resizing` and `keras.ops.image.resize` with "nearest"
# take other pixels than on JAX 0.10.2 where the picture becomes smaller. Most of them lie one pixel further
# to the right.
#
# Nearest at pixel centres is input pixel floor((i + 0.5) * size before / size after). The OpenVINO backend
# asks Interpolate for tf_half_pixel_for_nn with nearest_mode "simple" (backend/openvino/image.py), which
# rounds up where a picture becomes smaller, and down where it becomes larger.
#
# One would expect the formula on each backend: a network trained on one and run on OpenVINO sees other
# pictures, and a label map that is made smaller is moved against its picture.
#
# A row of 0 to 7. Seen on 2026-11-30 (Python 3.11, x86-64):
#   to 3   formula, JAX 1 4 6       OpenVINO 2 4 7
#   to 5   formula, JAX 0 2 4 5 7   OpenVINO 1 3 4 6 7
#   to 12  formula, JAX 0 1 1 2 3 3 4 5 5 6 7 7, OpenVINO the same
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 \
    openvino==2026.4.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import keras
import numpy as np

SEEN = {3: [2, 4, 7], 5: [1, 3, 4, 6, 7], 12: [0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7]}
row = np.tile(np.arange(8, dtype=np.float32), (4, 1))[None, ..., None]
name = keras.backend.backend()
same = True
for width, seen in SEEN.items():
    inputs = keras.Input((4, 8, 1))
    model = keras.Model(inputs, keras.layers.Resizing(4, width, interpolation="nearest")(inputs))
    found = np.asarray(model.predict(row, verbose=0))[0, 0, :, 0].astype(int).tolist()
    formula = np.floor((np.arange(width) + 0.5) * 8 / width).astype(int).tolist()
    print(name, "to", width, "| formula", *formula, "| seen", *found)
    same &= found == (seen if name == "openvino" else formula)
sys.exit(not same)
PY
cd "$work"
export JAX_PLATFORMS=cpu
for backend in jax openvino; do
    KERAS_BACKEND=$backend ./venv/bin/python try.py
done
