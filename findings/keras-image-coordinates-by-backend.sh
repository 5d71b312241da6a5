#!/usr/bin/env bash
# Keras 3.15.1: two functions of `keras.ops.image` do other things on another backend.
#
#   affine_transform   takes 8 numbers, the last two for perspective. The JAX and NumPy backends leave
#                      these two out; TensorFlow applies them, as the documentation has it.
#   map_coordinates    fill_mode "reflect" is to repeat the edge (d c b a | a b c d | d c b a). JAX and
#                      NumPy do. TensorFlow 2.21.0 repeats it at the end of the axis and not at its
#                      start. `keras.layers.RandomElasticTransform` reflects by default.
#
# One would expect the same of each. A network trained on one and retrained on another sees other
# pictures.
#
# A row of 0 to 5. Seen on 2026-11-30 (Python 3.11, x86-64):
#   affine_transform [1 0 0 0 1 0 0.2 0]     TensorFlow 0 0.833 1.429 1.875 2.222 2.5
#                                            JAX, NumPy 0 1 2 3 4 5
#   map_coordinates at -3 -2 -1 0 | 5 6 7 8  TensorFlow 3 2 1 0 | 5 5 4 3
#                                            JAX, NumPy 2 1 0 0 | 5 5 4 3
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 tensorflow==2.21.0
cat > "$work/try.py" <<'PY'
import sys

import keras
import numpy as np
from keras import ops

row = np.arange(6, dtype=np.float32)
picture = np.tile(row, (4, 1))[None, ..., None]
perspective = np.array([[1, 0, 0, 0, 1, 0, 0.2, 0]], np.float32)
bent = ops.convert_to_numpy(ops.image.affine_transform(picture, perspective))[0, 0, :, 0]
at = np.array([[-3, -2, -1, 0, 5, 6, 7, 8]], np.float32)
beyond = ops.convert_to_numpy(
    ops.image.map_coordinates(row, at, order=0, fill_mode="reflect")
)
print(keras.backend.backend(), bent.round(3), beyond)
tensorflow = keras.backend.backend() == "tensorflow"
edge = [3, 2, 1, 0] if tensorflow else [2, 1, 0, 0]
sys.exit(
    not (
        np.allclose(bent, row / (1 + 0.2 * row) if tensorflow else row, atol=1e-3)
        and beyond.tolist() == [*edge, 5, 5, 4, 3]
    )
)
PY
cd "$work"
for backend in numpy jax tensorflow; do
    KERAS_BACKEND=$backend JAX_PLATFORMS=cpu TF_CPP_MIN_LOG_LEVEL=3 ./venv/bin/python try.py
done
