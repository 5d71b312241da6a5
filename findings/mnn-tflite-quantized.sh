#!/usr/bin/env bash
# MNN 3.6.1: mnnconvert says "Converted Success!" of quantized TFLite files, and the converted network
# answers nonsense. Float and float16 files of the same network come out right.
#
#   dynamic range   int8 weights, float between (Optimize.DEFAULT alone)
#   int8            with a representative dataset, float at both ends
#
# One would expect answers near the float ones, or an error. Nothing is said at any time.
#
# A convolution, pooling, two dense layers; the first three of five logits. Seen on 2026-11-30
# (Python 3.11, x86-64 with AVX-512):
#   float           TensorFlow Lite 0.179 0.189 0.158    MNN 0.179 0.189 0.158
#   dynamic range   TensorFlow Lite 0.178 0.190 0.157    MNN -67071 86650 174562
#   int8            TensorFlow Lite 0.184 0.193 0.159    MNN -27301 -12149 7673
# Exit status 0: still so (MNN's answers more than 1 off). 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow==2.21.0 MNN==3.6.1
cat > "$work/try.py" <<'PY'
import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import subprocess
import sys
from pathlib import Path

import keras
import MNN
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
layers = keras.layers
network = keras.Sequential(
    [
        keras.Input((16, 16, 1)),
        layers.Conv2D(8, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(1),
    ]
)
pictures = np.random.default_rng(0).random((50, 16, 16, 1), np.float32)


def lite(optimize, represented):
    """The network as a TFLite file."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if optimize else []
    if represented:
        converter.representative_dataset = lambda: ([one[None]] for one in pictures)
    return converter.convert()


def by_tensorflow(model):
    """Logits of the first five."""
    engine = tf.lite.Interpreter(model_content=model)
    engine.allocate_tensors()
    found = []
    for one in pictures[:5]:
        engine.set_tensor(engine.get_input_details()[0]["index"], one[None])
        engine.invoke()
        found.append(engine.get_tensor(engine.get_output_details()[0]["index"]).item())
    return np.array(found)


def by_mnn(model):
    """The same, converted."""
    Path("m.tflite").write_bytes(model)
    convert = [str(Path(sys.executable).with_name("mnnconvert")), "-f", "TFLITE"]
    said = subprocess.run(
        [*convert, "--modelFile", "m.tflite", "--MNNModel", "m.mnn"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Converted Success!" in said
    engine = MNN.Interpreter("m.mnn")
    session = engine.createSession({})
    source, sink = engine.getSessionInput(session), engine.getSessionOutput(session)
    found = []
    for one in pictures[:5]:
        source.copyFrom(
            MNN.Tensor(
                (1, 16, 16, 1),
                MNN.Halide_Type_Float,
                one[None],
                MNN.Tensor_DimensionType_Tensorflow,
            )
        )
        engine.runSession(session)
        host = MNN.Tensor(
            sink.getShape(),
            MNN.Halide_Type_Float,
            np.zeros(sink.getShape(), np.float32),
            sink.getDimensionType(),
        )
        sink.copyToHostTensor(host)
        found.append(host.getData()[0])
    return np.array(found)


same = True
for name, asked in {
    "float": (False, False),
    "dynamic range": (True, False),
    "int8": (True, True),
}.items():
    model = lite(*asked)
    right, found = by_tensorflow(model), by_mnn(model)
    print(f"{name}: TensorFlow Lite {right[:3].round(3)} | MNN {found[:3].round(3)}")
    off = np.abs(right - found).max()
    same &= off < 0.01 if name == "float" else not off < 1
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
