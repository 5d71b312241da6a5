#!/usr/bin/env bash
# Five readers of ONNX files run recurrent layers (RNN, GRU, LSTM) as if an attribute or input was not there, without
# a word:
#   onnx 1.23.2, ReferenceEvaluator   sequence_lens, clip, input_forget, activations (of LSTM and GRU; RNN has an error)
#   MNN 3.6.1                         direction "reverse", sequence_lens, clip, activations (of RNN and GRU).
#                                     mnnconvert says "Converted Success!"
#   tract 0.23.9                      direction "reverse", clip, input_forget, activations (known upstream but for the
#                                     first: issue 2751, open)
#   OpenCV 5.0.0.93, cv2.dnn          direction "reverse" (of GRU), clip, input_forget. And a GRU of which only Y is an
#                                     output gives its last state, Y_h
#   OpenVINO 2026.4.1                 input_forget
# One would expect the formulas of the standard, which ONNX Runtime 1.32.0 computes, or an error. A layer that is to
# read the slices of a volume from the last one reads them from the first, and slices that only fill a batch up count.
# Shapes are right but for the last line's. In onnx's op_lstm.py these are arguments that nothing reads.
#
# A sequence of 1 -2 3, all weights 1. Y by hand and by ONNX Runtime, then the answer of those who differ (it is that
# of the layer without the attribute). Seen on 2026-11-30 (Python 3.11, x86-64):
#   RNN, reverse                   0.232 -0.764 0.995    0.762 -0.845 0.973   MNN, tract
#   RNN, clip 0.5                  0.462 -0.462 0.462    0.762 -0.845 0.973   reference, MNN, tract
#   RNN, Relu                      1 0 3                 0.762 -0.845 0.973   MNN, tract
#   RNN, sequence_lens 1, Y_h      0.762                 0.973                reference, MNN
#   LSTM, clip 0.5                 0.174 -0.025 0.15     0.37 -0.01 0.677     reference, tract, OpenCV
#   LSTM, input_forget             0.37 0.05 0.713       0.37 -0.01 0.677     reference, tract, OpenCV, OpenVINO
#   LSTM, HardSigmoid, Relu, Tanh  0.423 0.024 0.996     0.37 -0.01 0.677     reference, tract
#   GRU, reverse                   -0.224 -0.838 0.047   0.205 -0.796 -0.619  MNN, tract, OpenCV
#   GRU, Y alone                   0.205 -0.796 -0.619   -0.619               OpenCV
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 \
    openvino==2026.4.1 opencv-python-headless==5.0.0.93 MNN==3.6.1 tract==0.23.9 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import subprocess
import sys
from pathlib import Path

import cv2
import MNN.expr as expr
import MNN.nn
import numpy as np
import onnx
import onnxruntime
import openvino
import tract
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

SEQUENCE = [1.0, -2.0, 3.0]
x = np.array(SEQUENCE, np.float32).reshape(3, 1, 1)
CONVERT = [str(Path(sys.executable).with_name("mnnconvert")), "-f", "ONNX"]
FULL = {"INFERENCE_PRECISION_HINT": "f32"}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def write(kind, lens=None, outputs=("Y", "Y_h"), **attributes):
    gates = GATES[kind]
    tensors = {
        "W": np.ones((1, gates, 1), np.float32),
        "R": np.ones((1, gates, 1), np.float32),
        "B": np.zeros((1, 2 * gates), np.float32),
    }
    if lens is not None:
        tensors["lens"] = np.array([lens], np.int32)
    shapes = {"Y": [3, 1, 1, 1], "Y_h": [1, 1, 1]}
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *tensors], outputs, hidden_size=1, **attributes)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, "m.onnx")


def mnn(output):
    command = [*CONVERT, "--modelFile", "m.onnx", "--MNNModel", "m.mnn"]
    assert "Converted Success!" in subprocess.run(command, check=True, capture_output=True, text=True).stdout
    module = MNN.nn.load_module_from_file("m.mnn", ["x"], [output])
    return module.forward([expr.const(x, list(x.shape), expr.NCHW)])[0].read()


def opencv(output):
    network = cv2.dnn.readNetFromONNX("m.onnx")
    network.setInput(x)
    names = [each.name for each in onnx.load("m.onnx").graph.output]
    return network.forward(names)[names.index(output)]


ENGINES = {
    "ONNX Runtime": lambda output: onnxruntime.InferenceSession("m.onnx").run([output], {"x": x})[0],
    "reference": lambda output: ReferenceEvaluator("m.onnx").run([output], {"x": x})[0],
    "MNN": mnn,
    "tract": lambda _: tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy(),
    "OpenCV": opencv,
    "OpenVINO": lambda output: openvino.Core().compile_model("m.onnx", "CPU", FULL)([x])[output],
}


def answers(names, output="Y"):
    return {name: np.array(ENGINES[name](output)).ravel() for name in names}


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def by_hand(kind, values=SEQUENCE, clip=np.inf, gate=sigmoid, inner=np.tanh, outer=np.tanh, forget=False):
    """What a layer of one unit with weights of 1 and without a bias answers."""
    state = cell = 0.0
    seen = []
    for value in values:
        gates = np.clip(value + state, -clip, clip)
        if kind == "RNN":
            state = inner(gates)
        elif kind == "GRU":
            z = reset = gate(gates)
            state = (1 - z) * inner(value + reset * state) + z * state
        else:
            i = f = gate(gates)
            cell = (1 - i if forget else f) * cell + i * inner(gates)
            state = gate(gates) * outer(np.clip(cell, -clip, clip))
        seen.append(state)
    return np.array(seen)


def relu(value):
    return max(value, 0.0)


def hard(value):
    return min(max(0.2 * value + 0.5, 0.0), 1.0)


CASES = {  # kind, attributes, right, who leaves them out, who heeds them
    "RNN, reverse": (
        "RNN",
        {"direction": "reverse"},
        by_hand("RNN", SEQUENCE[::-1])[::-1],
        ("MNN", "tract"),
        ("reference", "OpenVINO"),
    ),
    "RNN, clip 0.5": (
        "RNN",
        {"clip": 0.5},
        by_hand("RNN", clip=0.5),
        ("reference", "MNN", "tract"),
        ("OpenVINO",),
    ),
    "RNN, Relu": (
        "RNN",
        {"activations": ["Relu"]},
        by_hand("RNN", inner=relu),
        ("MNN", "tract"),
        ("OpenVINO",),
    ),
    "LSTM, clip 0.5": (
        "LSTM",
        {"clip": 0.5},
        by_hand("LSTM", clip=0.5),
        ("reference", "tract", "OpenCV"),
        ("OpenVINO",),
    ),
    "LSTM, input_forget": (
        "LSTM",
        {"input_forget": 1},
        by_hand("LSTM", forget=True),
        ("reference", "tract", "OpenCV", "OpenVINO"),
        (),
    ),
    "LSTM, HardSigmoid, Relu, Tanh": (
        "LSTM",
        {"activations": ["HardSigmoid", "Relu", "Tanh"]},
        by_hand("LSTM", gate=hard, inner=relu),
        ("reference", "tract"),
        (),
    ),
    "GRU, reverse": (
        "GRU",
        {"direction": "reverse"},
        by_hand("GRU", SEQUENCE[::-1])[::-1],
        ("MNN", "tract", "OpenCV"),
        ("reference", "OpenVINO"),
    ),
}
same = True
for name, (kind, attributes, right, wrong, others) in CASES.items():
    write(kind)
    plain = answers(["ONNX Runtime", *wrong, *others])
    same &= all(np.allclose(found, by_hand(kind), atol=1e-3) for found in plain.values())
    write(kind, **attributes)
    for engine, found in answers(plain).items():
        print(f"{name}: {engine}", *found.round(3))
        wanted = by_hand(kind) if engine in wrong else right
        same &= found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-3)
    same &= not np.allclose(right, by_hand(kind), atol=0.02)

write("RNN", lens=1)
for engine, found in answers(["ONNX Runtime", "OpenVINO", "reference", "MNN"], "Y_h").items():
    print(f"RNN, sequence_lens 1, Y_h: {engine}", *found.round(3))
    wanted = by_hand("RNN")[2 if engine in ("reference", "MNN") else 0]
    same &= found.shape == (1,) and np.allclose(found, wanted, atol=1e-3)

write("GRU", outputs=("Y",))
for engine, found in answers(["ONNX Runtime", "OpenVINO", "OpenCV"]).items():
    print(f"GRU, Y alone: {engine}", *found.round(3))
    wanted = by_hand("GRU")[-1:] if engine == "OpenCV" else by_hand("GRU")
    same &= found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-3)
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
