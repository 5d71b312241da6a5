#!/usr/bin/env bash
# LiteRT 2.3.0: its reference kernels (OpResolverType.BUILTIN_REF) answer nonsense for an int8 SUM with
# negative numbers. They read int8 as uint8 (QuantizedMeanOrSum in reduce.cc), so -1 is 255. The default
# kernels are right.
#
# One would expect the reference to be the one to trust, as others check their engines by it. MEAN is right.
# Reported as issue 4079 of LiteRT.
#
# Columns of 3 x 2, summed up; scale 0.1, zero point 0. Seen on 2026-11-30 (Python 3.11, x86-64):
#   1 2, 3 4, 5 6          default 9 12      reference 9 12
#   -1 -2, -3 -4, -5 -6    default -9 -12    reference -1 -1
#   -1 2, -3 4, -5 6       default -9 12     reference -1 12
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 \
    flatbuffers==25.12.19 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tfl
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def tensor(name, shape, kind, buffer, zero=None):
    made = tfl.TensorT()
    made.name, made.shape, made.type, made.buffer = name, shape, kind, buffer
    if zero is not None:
        made.quantization = tfl.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [0.1], [zero]
    return made


def file(code, before, constants, after, zero, options_type, options):
    """A TFLite file of one operator, int8 with one scale and zero point for its input and its output."""
    model, graph, operator, kind = tfl.ModelT(), tfl.SubGraphT(), tfl.OperatorT(), tfl.OperatorCodeT()
    kind.builtinCode = kind.deprecatedBuiltinCode = code
    kind.version = 2
    model.version, model.operatorCodes, model.subgraphs = 3, [kind], [graph]
    model.buffers = [tfl.BufferT()]
    graph.tensors = [tensor("x", before, tfl.TensorType.INT8, 0, zero)]
    for values in constants:
        model.buffers.append(tfl.BufferT())
        model.buffers[-1].data = list(np.array(values, np.int32).tobytes())
        shape = list(np.shape(values))
        graph.tensors.append(tensor("c", shape, tfl.TensorType.INT32, len(model.buffers) - 1))
    graph.tensors.append(tensor("y", after, tfl.TensorType.INT8, 0, zero))
    last = len(graph.tensors) - 1
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, list(range(last)), [last]
    operator.builtinOptionsType, operator.builtinOptions = options_type, options
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [last]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def litert(data, x, kernels):
    runtime = Interpreter(model_content=data, experimental_op_resolver_type=kernels, num_threads=1)
    runtime.allocate_tensors()
    runtime.set_tensor(runtime.get_input_details()[0]["index"], x)
    runtime.invoke()
    return runtime.get_tensor(runtime.get_output_details()[0]["index"]).ravel().tolist()


options = tfl.ReducerOptionsT()
options.keepDims = False
data = file(
    tfl.BuiltinOperator.SUM, [1, 3, 2], [[1]], [1, 2], 0, tfl.BuiltinOptions.ReducerOptions, options
)
same = True
for values, seen in (
    ([1, 2, 3, 4, 5, 6], [9, 12]),
    ([-1, -2, -3, -4, -5, -6], [-1, -1]),
    ([-1, 2, -3, 4, -5, 6], [-1, 12]),
):
    x = np.array(values, np.int8).reshape(1, 3, 2)
    right = x.sum(1, dtype=int).ravel().tolist()
    default = litert(data, x, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    reference = litert(data, x, OpResolverType.BUILTIN_REF)
    print(*values, ": by hand", *right, "| default", *default, "| reference", *reference)
    same &= default == right and reference == seen
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
