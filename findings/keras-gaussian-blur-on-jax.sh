#!/usr/bin/env bash
# Keras 3.15.1 on JAX 0.10.2: `keras.ops.image.gaussian_blur` blurs across alone, not down, and of a
# picture of two channels it mixes these. `keras.layers.RandomGaussianBlur` is made of it.
#
# One would expect what the NumPy and TensorFlow backends give: a round spot, each channel by itself. A
# network trained on another backend learns from other pictures.
#
# One bright pixel, kernel 3, sigma 1. Seen on 2026-11-30 (Python 3.11, x86-64):
#   NumPy   0.075 0.124 0.075 / 0.124 0.204 0.124 / 0.075 0.124 0.075
#   JAX     0 0 0 / 0.124 0.204 0.124 / 0 0 0
#   a second channel ten times as bright, their middles: NumPy 0.204 2.042, JAX 1.443 2.166
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
from keras import ops

picture = np.zeros((1, 5, 5, 2), np.float32)
picture[0, 2, 2] = 1, 10
one = ops.convert_to_numpy(ops.image.gaussian_blur(picture[..., :1], (3, 3), (1.0, 1.0)))
two = ops.convert_to_numpy(ops.image.gaussian_blur(picture, (3, 3), (1.0, 1.0)))
print(one[0, 1:4, 1:4, 0].round(3).tolist(), two[0, 2, 2].round(3).tolist())
np.savez(sys.argv[1], one=one[0, 1:4, 1:4, 0], two=two[0, 2, 2])
PY
cat > "$work/judge.py" <<'PY'
import sys

import numpy as np

right, found = np.load("numpy.npz"), np.load("jax.npz")
spot = np.outer([0.2741, 0.4519, 0.2741], [0.2741, 0.4519, 0.2741])
line = spot * [[0], [1], [0]]
sys.exit(
    not (
        np.allclose(right["one"], spot, atol=2e-3)
        and np.allclose(found["one"], line, atol=2e-3)
        and np.allclose(right["two"], [0.204, 2.042], atol=2e-3)
        and np.allclose(found["two"], [1.443, 2.166], atol=2e-3)
    )
)
PY
cd "$work"
for backend in numpy jax; do
    echo "$backend"
    KERAS_BACKEND=$backend JAX_PLATFORMS=cpu ./venv/bin/python try.py $backend.npz
done
./venv/bin/python judge.py
