#!/usr/bin/env bash
# Keras 3.15.1: the advice for a file with a layer of one's own does not load it.
#
# A model with a layer that was never registered is saved, as most people save theirs. Loading it says to decorate the
# class with @keras.saving.register_keras_serializable(). Decorated so, the very same file gives the very same error:
# the decorator registers "Custom>Twice", and the file asks for "Twice". Only custom_objects, or an entry in
# keras.saving.get_custom_objects() under the bare name, loads it. So the decorator helps files that are saved after it.
#
# One would expect that doing what the message says changes something.
#
# Seen on 2026-11-28 (Python 3.11, x86-64):
#   plain: not found, to be decorated
#   decorated: not found, to be decorated
#   bare name: 6.0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6 jax[cpu]==0.10.2
cd "$work"
cat >save.py <<'PY'
import keras


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


given = keras.Input((1,))
keras.Model(given, Twice()(given)).save("own.keras")
PY
cat >load.py <<'PY'
import sys

import keras
import numpy as np


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


if sys.argv[1] == "decorated":
    Twice = keras.saving.register_keras_serializable()(Twice)
elif sys.argv[1] == "bare name":
    keras.saving.get_custom_objects()["Twice"] = Twice
try:
    model = keras.saving.load_model("own.keras")
    print(float(model.predict(np.array([[3.0]]), verbose=0)[0, 0]))
except TypeError as error:
    text = str(error)
    asked = "decorated with `@keras.saving.register_keras_serializable()`" in text
    known = "Could not locate class 'Twice'" in text and asked
    print("not found, to be decorated" if known else text)
PY
export KERAS_BACKEND=jax
"$work/venv/bin/python" save.py
for how in plain decorated "bare name"; do
    seen=$("$work/venv/bin/python" load.py "$how" 2>/dev/null | tail -1)
    echo "$how: $seen"
    [ "$how" = "bare name" ] && wanted=6.0 || wanted="not found, to be decorated"
    [ "$seen" = "$wanted" ] || { echo "changed: it was: $wanted"; exit 1; }
done
