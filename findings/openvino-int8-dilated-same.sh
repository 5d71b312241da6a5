#!/usr/bin/env bash
# OpenVINO 2026.4.1 answers wrongly, and without an error, for an int8 .tflite file with a dilated
# convolution of padding "same" between two others, on the processor, with any number of threads.
#
# TFLite writes a dilated convolution as SPACE_TO_BATCH_ND, CONV_2D and BATCH_TO_SPACE_ND, and pads with
# the value that stands for 0, the zero point. One would expect an engine to do so as well, or to refuse
# the file. The fp32 file comes out right, as does int8 with padding "valid", so a look at either does
# not show it. Behind a ReLU it is right, too.
#
# The file (TensorFlow 2.21.0, float [1,6,6,1] in and out, int8 inside):
# Conv2D(1, 3, "same"), Conv2D(1, 3, "same", dilation_rate=2), Conv2D(1, 1).
# Seen on 2026-11-28 (Python 3.11, x86-64 with AVX-512 VNNI), ten random inputs:
#   largest difference from LiteRT, in standard deviations of its answers:
#   5.16 with 1 thread, 5.16 with 2 threads
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 \
    ai-edge-litert==2.3.0 numpy==2.4.6
base64 -d <<'FILE' | gunzip >"$work/model.tflite"
H4sIAAAAAAACA51XX2hbZRT/8qdpl6Zp5kINa5FQbCk40iSWLrRVWrvJBllX1iBOqneX5MYG0yQmN3MMcQplKGgZuAf/VNnDQB/2
4MMQH6b0oYwhQYb/UPGhSB8GDu2DQtEmn+fce5L75c9N6274cb8/5zvnd853vnO/DDDGYk9HH/cyPxtgPuZlHuaCsS5mhzaDMcbe
Bmzh28rYGmC6hzEb9C0AO2B8l3MXyU4BegEFJX8+lXlRSihJuZhWa7JXOOceancBskU1V1SlIBP0Vcqc49sNeEnJywVJVTKFbF6K
MAbm2RjJ/Qq6DlEb37On5545fmbh5Ok56dTx2MyxmdgM2HBpvqCthwTZ5VRGyhczampZkc4r+UIqm9H8vQ4k1gArgEXAFGAE4ALs
wPw24B6gBNgA3ALcBNzAtYA1wFWASra+rui+nAPocXXX+GAcRtBx5tDGHLQG4/C7DeWr+2HX1r6/+t0nm5NfPokxsJIsrgkHwqEA
RHCc67ZQbygQGgtoUdWfL/7i/BZgHbABuAMoAe4CMrTuAOB26VLOdq3/hz5o34e5bcAqzdtJ18eC/BvWP89uffvhY99A+3MaR/6X
UJfAp/H5TZizNqAxHl3C3Ot/c74CwBw7FT15xj+bzcD+qUoioNn1auvdtcihHjeNY35ugNAdQMmi616WUxlc0Yn5DWPTOA74FPpp
2h+UO8z1HPcIe+ShN3JxwLxum1nQjp/mLsO4hdr4qsrbKL+r/l0U9FfPlpvaPdS3kW+Hybdu8s1PupHrkZotJ8j0av47aUzk0EP6
0GYH+a+vcdXWuIT9sVAf13RT39oQ624h1ijio5ij7C9CHCykw6ZZ1PPIQfartcdJcXGRvNPgXxd7fA4CIiC8CU7EAFug7FnAT+DY
qwAf4CYEOgi4AUZ3gHgU8BntdY72YXCHc1SL/B8lHKSahvPgAncQVy0eIN8P7wVVVpVkMT0v59WUCpVESczK6bQUmgjWckVc98eu
bsdH+XXCOCMHzpnYWvyH8y6KrYVqGBPi8dyFtyYH2nMJMSF3Rd2vlZv59BKfCyZ87u/BZ7U8OIV1OlnMxJGGnJbCUmg0Dqc1nJCO
UjObLuLk6FOyGl+KZRdyclyZO2bGc7jSzNNNPJcEnjbhDF39d2+ew/vlGTJ4iTa+asGrp0X8Ouis4Zoju/W8Oht4Zdbn/0f8tMDF
sloY6+Mn2kzyZp6uFvETY/79Pniaxy9iGj/RBmN92u2jv3b7wLPfyfqEOlLl20185034rpTr+a5z/any/TnFptCCmkwHXi7KcAG4
qJjl2+Vdox6MUQ1C2zHM/wY7rCEunuffnRzab1xY67xylOvtU+yt0/htqrS3/8o7zgjWFDmfUpcCYKuggrOhMBNqcLKN/tIe+q/k
XmilPyTqvy3oDwr6I5j/XNfvadCv1ZYfD0V6m3XX9D5SqdfrEHJipY3ea4k32+zJ0X3tyQdk20/fhQ6yvaidpWru2uk71prHvY/O
tuExbspDxCA3YuA17mZWPCPXgePEA9be0Xg+myvU38dWG2zZyFYU/YO5Jx6wTo3m5EQC/iQUmu5/fdp/kYfpNqI/Rj2o8rASD/zu
vQc83E05I95TdJ3MpMZ4qcaMUHxPmNQXu/bT71wN/3Gk+v8qE0GzutJBd8so3dd8JHeXbJFfjk3oDxn9oW3oDxv9YZd2wzPyzWbs
jc2l3cd0BjiX18fz/wGce8JH8A0AAA==
FILE
cat > "$work/try.py" <<'PY'
import sys

import numpy as np

sys.modules["openvino.tools.ovc"] = None  # else the import reports itself
import openvino
from ai_edge_litert.interpreter import Interpreter

random = np.random.default_rng(0)
inputs = random.random((10, 1, 6, 6, 1)).astype(np.float32) * 2 - 0.5
interpreter = Interpreter("model.tflite")
interpreter.allocate_tensors()
expected = []
for one in inputs:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], one)
    interpreter.invoke()
    expected.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
expected = np.stack(expected)
core = openvino.Core()
graph = core.read_model("model.tflite")
graph.reshape([1, 6, 6, 1])
wrong = []
for threads in (1, 2):
    compiled = core.compile_model(graph, "CPU", {"INFERENCE_NUM_THREADS": threads})
    found = np.stack([np.array(compiled(one)[0]) for one in inputs])
    wrong.append(np.abs(found - expected).max() / expected.std())
print("largest difference from LiteRT, in standard deviations of its answers:", end=" ")
print(", ".join(f"{w:.2f} with {t} thread{'s' * (t > 1)}" for w, t in zip(wrong, (1, 2), strict=True)))
sys.exit(not min(wrong) > 1)
PY
cd "$work" && ./venv/bin/python try.py 2>/dev/null
