#!/usr/bin/env bash
# tf2onnx 1.17.0 `from_function` returns a model, and no exception, where it could not convert a network:
#
# - keras.layers.Normalization: mean and variance become inputs, which every call would have to give.
# - Activation("gelu"): a node `Erfc` stays, which ONNX does not have.
# - Conv2D(groups=4): a node `StatefulPartitionedCall` stays, as Keras compiles it in a function of its own.
#
# One would expect an exception, or a model that loads. It only logs an error.
#
# Seen on 2026-11-28 (Python 3.11, x86-64):
#   Normalization: 3 inputs, no ONNX operation: none
#   gelu: 1 inputs, no ONNX operation: Erfc
#   groups: 1 inputs, no ONNX operation: StatefulPartitionedCall
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.6 tf2onnx==1.17.0 onnx==1.23.2
cat > "$work/try.py" <<'PY'
import sys

import keras
import onnx
import tensorflow as tf
import tf2onnx
from keras import layers

cases = {
    "Normalization": layers.Normalization(mean=[1.0] * 8, variance=[2.0] * 8),
    "gelu": layers.Activation("gelu"),
    "groups": layers.Conv2D(8, 3, groups=4),
}
found = []
for name, layer in cases.items():
    entry = keras.Input((8, 8, 8), batch_size=1)
    model = keras.Model(entry, layer(entry))
    signature = [tf.TensorSpec((1, 8, 8, 8), tf.float32, name="x")]
    function = tf.function(lambda x, model=model: model(x), input_signature=signature)
    graph = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)[0].graph
    alien = sorted({node.op_type for node in graph.node if not onnx.defs.has(node.op_type)})
    found.append((len(graph.input), alien))
    print(f"{name}: {len(graph.input)} inputs, no ONNX operation: {' '.join(alien) or 'none'}")
sys.exit(found != [(3, []), (1, ["Erfc"]), (1, ["StatefulPartitionedCall"])])
PY
cd "$work" && TF_CPP_MIN_LOG_LEVEL=3 ./venv/bin/python try.py 2> /dev/null
