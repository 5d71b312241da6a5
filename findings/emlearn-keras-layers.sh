#!/usr/bin/env bash
# emlearn 0.23.2 (Keras to C, for microcontrollers) returns another network for four kinds, without a word:
#   ReLU(max_value=6)                    the upper bound is left out
#   Dense(activation="relu"), Softmax    an activation layer replaces the activation of the layer before it
#   Dense, Activation, Activation        the second replaces the first
#   two classes with Softmax             predict_proba has them exchanged, and predict has not
#
# One would expect the answers of Keras 3.15.1, or an error: a ReLU with a slope or a threshold gets one, as do a
# Softmax of another axis and layers that it does not know.
# The causes: `convert_keras` in net.py does not look at max_value, and set_activation writes over what is there (its
# comment has it that the two are merged). In eml_net.h (eml_net_predict_proba) two outputs are taken for those of one
# neuron: the first becomes the probability of class 1.
#
# Two inputs, weights 1. Keras, then the C code. Seen on 2026-11-30 (Python 3.11, x86-64). Needs a C compiler:
#   2 9, ReLU6, summed up                8                   11
#   -1 -3, relu, softmax (three classes) 0.33 0.33 0.33      0.2595 0.0351 0.7054
#   -1 -3, relu, tanh, summed up         0                   -1.757
#   -1 -3, softmax of two                0.8808 0.1192       0.1192 0.8808, though predict says class 0
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check emlearn==0.23.2 scikit-learn==1.9.1 numpy==2.4.6 \
    keras==3.15.1 jax==0.10.2 setuptools==84.2.1
cat > "$work/try.py" <<'PY'
import os
import sys
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
import emlearn
import numpy as np
from keras import Input, Sequential
from keras.layers import Activation, Dense, ReLU, Softmax

warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning)
same_size = [np.eye(2, dtype=np.float32), np.zeros(2, np.float32)]
summed_up = [np.ones((2, 1), np.float32), np.zeros(1, np.float32)]
CASES = {  # layers, their weights, input, by Keras, by the C code
    "ReLU6, summed up": (
        [Dense(2), ReLU(max_value=6), Dense(1)],
        [same_size, summed_up],
        [2, 9],
        [8],
        [11],
    ),
    "relu, softmax": (
        [Dense(2), Dense(3, activation="relu"), Softmax()],
        [same_size, [np.eye(2, 3, dtype=np.float32), np.zeros(3, np.float32)]],
        [-1, -3],
        [1 / 3, 1 / 3, 1 / 3],
        None,
    ),
    "relu, tanh, summed up": (
        [Dense(2, activation="relu"), Activation("tanh"), Dense(1)],
        [same_size, summed_up],
        [-1, -3],
        [0],
        [-1.7567],
    ),
    "softmax of two": (
        [Dense(2), Dense(2), Softmax()],
        [same_size, same_size],
        [-1, -3],
        [0.8808, 0.1192],
        [0.1192, 0.8808],
    ),
}
same = True
for name, (layers, weights, x, right, wrong) in CASES.items():
    network = Sequential([Input((2,)), *layers])
    network.set_weights([each for pair in weights for each in pair])
    x = np.array([x], np.float32)
    by_keras = network.predict(x, verbose=0).ravel()
    if len(right) == 1:
        found = np.ravel(emlearn.convert(network, return_type="regressor").predict(x))
    else:
        converted = emlearn.convert(network)
        found = np.ravel(converted.predict_proba(x))
    print(f"{name}: Keras", *by_keras.round(4), "| C", *found.round(4))
    if wrong is None:
        powers = np.exp([-1, -3, 0])
        wrong = powers / powers.sum()
    same &= np.allclose(by_keras, right, atol=1e-3) and np.allclose(found, wrong, atol=1e-3)
    if name == "softmax of two":
        print("  predict: class", *converted.predict(x))
        same &= list(converted.predict(x)) == [0]
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
