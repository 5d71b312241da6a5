#!/usr/bin/env bash
# hls4ml 1.3.0 (Keras to C++ for FPGAs; here its own emulation on the processor, by g++) returns another network for
# six kinds of layers of Keras 3.15.1, without a word:
#
#   dilation_rate                    of Conv1D and Conv2D with padding="same" is left out
#   LSTM(..., go_backwards=True)     the sequence is read forwards. GRU and SimpleRNN share that code
#   Activation("hard_sigmoid")       is 0.2 x + 0.5, as in Keras 2. In Keras 3 it is x / 6 + 0.5
#   Activation("softmax")            of a sequence or a map sums up to 1 over all of it, not at each place.
#                                    layers.Softmax does so at each place
#   Multiply, Add and others         of a map with channels and a map of one channel (spatial attention): the latter's
#                                    values are taken in turns, not one for each place
#   BatchNormalization(axis=1)       normalizes along the last axis all the same
#
# One would expect Keras's own answers, but for rounding, or an exception as of other layers that it does not know.
# The causes: gen_conv_config in converters/keras_v3/conv.py knows of no dilation, RecurentHandler in recurrent.py has
# "direction": "forward" in any case; HardActivation in model/layers.py has a slope of 0.2; ActivationHandler in core.py
# sets no n_outer; data2[ii % n_elem2] in nnet_merge.h, and the shapes are not compared before. BatchNormalization is
# read by converters/keras, which does not look at its axis.
#
# Fixed point numbers of 32 bits, 16 of them before the point (softmax: 16 and 6). Seen on 2026-12-01 (Python 3.11,
# x86-64, backend Vivado, io_parallel):        Keras                      hls4ml
#   kernel 1 10 100, dilated by 2, 1 2 3 4 5   310 420 531 42 53          210 321 432 543 54
#   LSTM backwards                             as Keras backwards         as Keras forwards
#   hard_sigmoid of -2.5 -1.5 0 1.5 2.5        0.08 0.25 0.5 0.75 0.92    0 0.2 0.5 0.8 1
#   softmax of (1, 2) (0, 0) (-1, 1)           each sums up to 1          all six sum up to 1
#   ones of three channels at two places,      2 2 2 5 5 5                2 5 2 5 2 5
#     times 2 and 5
#   rows of ones, moving_mean 0 10 20, axis 1  1 1 1 -9 -9 -9 -19 ..      1 -9 -19 1 -9 -19 1 ..
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hls4ml==1.3.0 keras==3.15.1 jax==0.10.2 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import contextlib
import io
import sys
import warnings

import hls4ml
import keras
import numpy as np

warnings.simplefilter("error")
warnings.simplefilter("ignore", DeprecationWarning)
keras.utils.set_random_seed(1)
layers = keras.layers


def short(values):
    return [round(float(value), 2) for value in values]


def both(name, inputs, outputs, arrays, precision="ap_fixed<32,16>"):
    model = keras.Model(inputs, outputs)
    arrays = [np.asarray(each, np.float32) for each in arrays]
    arrays = arrays if len(arrays) > 1 else arrays[0]
    with contextlib.redirect_stdout(io.StringIO()) as told:
        settings = hls4ml.utils.config_from_keras_model(
            model, granularity="name", default_precision=precision, backend="Vivado"
        )
        converted = hls4ml.converters.convert_from_keras_model(
            model, hls_config=settings, backend="Vivado", output_dir=name, io_type="io_parallel"
        )
        converted.compile()
    assert "warning" not in told.getvalue().lower(), told.getvalue()
    right = np.ravel(model.predict(arrays, verbose=0))
    seen = np.ravel(converted.predict(arrays))
    print(f"{name}: Keras {short(right)}, hls4ml {short(seen)}")
    assert seen.shape == right.shape
    return right, seen


def differs(right, seen, expected, wrong):
    return np.allclose(right, expected, atol=0.01) and np.allclose(seen, wrong, atol=0.05)


same = []
x = keras.Input((5, 1))
layer = layers.Conv1D(1, 3, padding="same", dilation_rate=2, use_bias=False)
y = layer(x)
layer.set_weights([np.array([1, 10, 100], np.float32).reshape(3, 1, 1)])
right, seen = both("dilated", x, y, [np.array([1, 2, 3, 4, 5]).reshape(1, 5, 1)])
same.append(differs(right, seen, [310, 420, 531, 42, 53], [210, 321, 432, 543, 54]))

x = keras.Input((4, 2))
steps = np.array([[[1, 2], [0, 0], [-1, 1], [3, -2]]])
layer = layers.LSTM(2, go_backwards=True)
y = layer(x)
right, seen = both("backwards", x, y, [steps])
ahead = layers.LSTM(2)
ahead.build((None, 4, 2))
ahead.set_weights(layer.get_weights())
forwards = np.ravel(ahead(steps.astype(np.float32)))
print(f"  Keras forwards {short(forwards)}")
same.append(np.abs(seen - forwards).max() < 0.02 and np.abs(seen - right).max() > 0.1)

x = keras.Input((5,))
right, seen = both(
    "hard_sigmoid", x, layers.Activation("hard_sigmoid")(x), [[[-2.5, -1.5, 0, 1.5, 2.5]]]
)
same.append(differs(right, seen, [1 / 12, 0.25, 0.5, 0.75, 11 / 12], [0, 0.2, 0.5, 0.8, 1]))

x = keras.Input((3, 2))
scores = np.array([[[1, 2], [0, 0], [-1, 1]]], float)
right, seen = both("softmax", x, layers.Activation("softmax")(x), [scores], "ap_fixed<16,6>")
raised = np.exp(scores[0])
each, together = raised / raised.sum(1, keepdims=True), raised / raised.sum()
same.append(differs(right, seen, each.ravel(), together.ravel()))

x, weights = keras.Input((1, 2, 3)), keras.Input((1, 2, 1))
y = layers.Multiply()([x, weights])
arrays = [np.ones((1, 1, 2, 3)), np.array([2, 5]).reshape(1, 1, 2, 1)]
right, seen = both("multiply", [x, weights], y, arrays)
same.append(differs(right, seen, [2, 2, 2, 5, 5, 5], [2, 5, 2, 5, 2, 5]))

x = keras.Input((3, 3))
layer = layers.BatchNormalization(axis=1, epsilon=1e-6)
y = layer(x)
layer.set_weights([np.ones(3), np.zeros(3), np.array([0, 10, 20]), np.ones(3)])
right, seen = both("normalized", x, y, [np.ones((1, 3, 3))])
same.append(differs(right, seen, np.repeat([1, -9, -19], 3), np.tile([1, -9, -19], 3)))
print([bool(each) for each in same])
sys.exit(not all(same))
PY
cd "$work" && KERAS_BACKEND=jax ./venv/bin/python try.py
