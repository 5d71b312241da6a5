#!/usr/bin/env bash
# TensorFlow 2.21.0, int8 TFLite: `denylisted_nodes` of QuantizationDebugOptions names operations that are to
# stay in float. One with two outputs (TOPK_V2) is quantized all the same, whichever of its outputs is named.
# No warning. By its kind, in `denylisted_ops`, it stays in float.
#
# One would expect a name that the file itself shows to work for every operation.
#
# Seen on 2026-11-29 (Python 3.11, x86-64), type of each operation's first output:
#   nothing named: MUL int8, TOPK_V2 int8; MUL named: MUL float32, TOPK_V2 int8
#   TOPK_V2 named, both outputs: MUL int8, TOPK_V2 int8; TOPK_V2 by kind: MUL int8, TOPK_V2 float32
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  tensorflow==2.21.0 keras==3.15.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

TYPES = {schema.TensorType.FLOAT32: "float32", schema.TensorType.INT8: "int8"}


class Strongest(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([1, 64], tf.float32)])
    def __call__(self, x):
        values, _ = tf.math.top_k(x * 2.0, k=4)
        return tf.reduce_mean(values, axis=1)


network = Strongest()
rows = np.random.default_rng(0).normal(size=(50, 1, 64)).astype(np.float32)


def operations(**options):
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [network.__call__.get_concrete_function()], network
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row] for row in rows)
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=converter.representative_dataset,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(**options),
    )
    file = debugger.get_nondebug_quantized_model()
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(file))
    (graph,) = model.subgraphs
    return {
        flatbuffer_utils.opcode_to_name(model, one.opcodeIndex): [
            graph.tensors[i] for i in one.outputs
        ]
        for one in graph.operators
    }


def types(**options):
    found = operations(**options)
    return {kind: TYPES[found[kind][0].type] for kind in ("MUL", "TOPK_V2")}


names = {
    kind: [tensor.name.decode() for tensor in outputs] for kind, outputs in operations().items()
}
seen = {
    "nothing named": types(),
    "MUL named": types(denylisted_nodes=names["MUL"]),
    "TOPK_V2 named, both outputs": types(denylisted_nodes=names["TOPK_V2"]),
    "TOPK_V2 by kind": types(denylisted_ops=["TOPK_V2"]),
}
print("; ".join(f"{what}: MUL {of['MUL']}, TOPK_V2 {of['TOPK_V2']}" for what, of in seen.items()))
still = [(of["MUL"], of["TOPK_V2"]) for of in seen.values()] == [
    ("int8", "int8"),
    ("float32", "int8"),
    ("int8", "int8"),
    ("int8", "float32"),
]
sys.exit(not still)
PY
cd "$work" && TF_CPP_MIN_LOG_LEVEL=3 ./venv/bin/python try.py 2> /dev/null | tail -n 1
