#!/usr/bin/env bash
# TensorFlow 2.21.0, int8 TFLite: where a tensor is clipped and also goes on unclipped (a skip connection
# beside a clip, a minimum or relu6), the converter gives the clip's narrow range to the tensor itself. The
# skip is then clipped as well, by the file of a network that clips nothing there. No warning.
#
# One would expect an error of some percent, as int8 has elsewhere. `experimental_new_quantizer=False`, which
# reads as the worse choice, is right.
#
# Seen on 2026-11-28 (Python 3.11, x86-64), error as a share of the output's standard deviation:
#   default 0.82, experimental_new_quantizer=False 0.01
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

keras.utils.set_random_seed(1)
entry = keras.Input((16, 16, 4), batch_size=1)
x = layers.Conv2D(8, 3, padding="same", name="conv")(entry)
clipped = layers.Conv2D(8, 3, padding="same")(ops.clip(x, -0.1, 0.1))
model = keras.Model(entry, layers.Add()([clipped, x]))
# Coarse blocks: a picture, not noise.
pictures = np.random.default_rng(0).uniform(0, 1, (16, 1, 4, 4, 4)).astype(np.float32)
pictures = pictures.repeat(4, axis=2).repeat(4, axis=3)
wanted = np.stack([model(one).numpy() for one in pictures])


def error(new: bool) -> float:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([one] for one in pictures)
    converter.experimental_new_quantizer = new
    engine = tf.lite.Interpreter(model_content=converter.convert())
    engine.allocate_tensors()
    found = []
    for one in pictures:
        engine.set_tensor(engine.get_input_details()[0]["index"], one)
        engine.invoke()
        found.append(engine.get_tensor(engine.get_output_details()[0]["index"]))
    return float(np.sqrt(((np.stack(found) - wanted) ** 2).mean()) / wanted.std())


default, older = error(True), error(False)
print(f"default {default:.2f}, experimental_new_quantizer=False {older:.2f}")
sys.exit(not (default > 0.3 and older < 0.05))
PY
cd "$work" && TF_CPP_MIN_LOG_LEVEL=3 ./venv/bin/python try.py 2> /dev/null | tail -n 1
