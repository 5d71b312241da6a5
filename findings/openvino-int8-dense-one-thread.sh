#!/usr/bin/env bash
# OpenVINO 2026.4.1 answers nonsense for an int8 .tflite file with two dense layers, on the processor,
# with one thread and a fixed batch of 1. With two threads, or with a batch of any size, it is right.
#
# One would expect the number of threads to change the time alone. It matters because dense layers one
# after the other are how most classifiers end, and one thread is how small devices and servers with
# many processes run them. Nothing is raised. With one thread it puts the layers into one kernel (a
# "Subgraph" in its runtime model); SNIPPETS_MODE=DISABLE keeps it from that, and the answers are right.
#
# The file (TensorFlow 2.21.0, TFLITE_BUILTINS_INT8, uint8 [1,16,16,3] in, float [1,1] out):
# AveragePooling2D(8), Flatten, Dense(8, relu), Dense(1).
# Seen on 2026-11-28 (Python 3.11, x86-64 with AVX-512 VNNI), for grey pictures of 30, 120 and 240:
#   LiteRT                        33.5 131.7 262.4
#   OpenVINO, 1 thread            0.0 0.0 0.0
#   OpenVINO, 2 threads           33.5 131.7 262.4
#   OpenVINO, 1 thread, any batch 33.5 131.7 262.4
#   OpenVINO, 1 thread, no snippets 33.5 131.7 262.4
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 \
    ai-edge-litert==2.3.0 numpy==2.4.6
base64 -d <<'FILE' | gunzip >"$work/model.tflite"
H4sIAAAAAAACA6VWbUxbVRg+LR20pXToEJvBTJcQw5QViujIWmEEWDbDV6CbJJJ0V3qBzktb21tEokEIU9Ql6rIfmJnpD36ImWIM
ZmYjceoyie6HJsZgMuNkyUw2/6pxK1zf9573frQDtsSbPDlf79d5znvec72MsdD+tsegYSXMy8qZB9pi5oKxndmgz2COsSnAFcC0
lbEZwAEQyIOxBWADjGUUxUWyQcBWQEpMjkRjg+GIOCCkJVmXnVEUxU19OyCelhNpOVzDTPYmwR62+YBEdFSUUoyBW1ZH61fAxn3U
3wZo7uw43Nrdc7CzI9zeGmpqaQo1gW2Xugf0UWySHY7Gwsl0TI4Oi+ERMZmKxmPsfpj/EJx/ADgOGAVEAG0Wvu+fAJcBFwGLgAXA
GcAs4D3ASYBMPhpWeexHAJxHd1YclbhR2BnO5ZMO7vtmHspr/NtU3RdaTr98MxScw71bSRZ1an21fh8w9hH5Qrt+n7/Op7LIv7a/
FaULEAL0AvoARwARwBBAAtwwxXr+0FLQ3jn+zR/h05bwt9Zzb/2a8E74p94crRw/OvnLtVcryxt7fj715Vc/9B66mJk4+8TEzlNz
N/7a4961OLjr3eXfPn5g5ZJrfF9w0GXfeaLv35WJ6787VidOxBrrGxs6ttcf//PwGveFPJRde2bb97bPx4/SnI24GjONkZM3TGP8
vP8oSgUA86u97WC3tzkegzOUxYhPlS9Rpdw6i8ixm+YxN0NAYi+gz8ptDgvRGGo4cB3mFsFIAuAFXIW5LzD/6MxQ/lmF5znyXUAx
uqktAnwH6zwGZi8mv3heyxCzJpNHe0V7IK6Y4y00xYs2sPWQDbcqyywW0kc7hYAtuh2nvmcnyRTTuoVkrRQ3rjeATjn3E8DWq/Ns
5KaVdJ3Ud5DfMdCtoCOpIH7yiHu7noE2nRsL6WrnbyF7iEtGHHu0OKx6HAVqHDhlMekWkK/tObxRTFuwTtSTLOf3wax8sOdA41U7
U+7TqddBJ8m5TOsW2qU5BxjVvrdBwAO4AORLgAxsvB6wACR5AEuwQdnKc24GFDOgM0o5ylipWoeZXomZykMpudNyuZx81RFfmAMY
Q8stRSmDtkcWZHEgLXUJSTkqQ5UTI82CJIX9e2v0c0XU3uJ55SHu99F+8Mh6c2yXgKyd8hPHryj803iY//FYY/nmvv3MlFeIz9bx
X0T+Eyb/6PfkXfynd7zT+Di0A+lYP7oVwGV1RIylRGjbBbk9LQXWXesWpbQpLvTx1O0743KtwwvOVd3ePC6YaXwoN64BSZBlMaZ6
Tw0JCdHwjzYbMtx/CdktpHuA512Z4fdvc3vVZNW4bydybDpNNl/a3GZKTkYjYiSckqL9onbDV3LsOcheFb6XGX6vN7DXY44N68K5
jME31pMW4246hkz1UqsbWG9mM5z34hzeNc4rc/0L8FoIg2I4EY9L8HNSG4G5ppHBLhgy07tj9tG9mh3XAb3+MEeXKa5iigN1gqt3
zwc8Y3lA8j2fFuBnZEw0+zfb2r9mcDyt1ybmwP+OWfLTZnD1vz+0s1T0YqB2eDpwfn4yUP3kscD7w1OBpz95LXD10dcD1+emA2Wb
3zGVO61e5itG/DX0HmH8yGNkLfv8mKmmzreeDezYwE+4VvOUfWeTSnY+2kz53QdrD9/jnan2c8Wvc+zlkT3M6zP0Hysko/KQrz8e
S8lwkEZd0+q49vLwz6jjHnrbrWQzqMZrU2N+5B7vIYyE/ueyfeJffNkGb4eH3ouQwXfe0AY57NL1bfQOGvnMcs4K89lz5z9/mP+7
763ZKLfR5gy9fX2Ux8hDFXGDOp9CXPkGT/kXYOwwztaxAGPaXymu9fB+z2Xo7+b93cvQb+f9dhd432ral8WwbXGp/xI8WlxL8vnk
f2cBsHQoDQAA
FILE
cat > "$work/try.py" <<'PY'
import sys

import numpy as np

sys.modules["openvino.tools.ovc"] = None  # else the import reports itself
import openvino
from ai_edge_litert.interpreter import Interpreter

pictures = [np.full((1, 16, 16, 3), grey, np.uint8) for grey in (30, 120, 240)]


def litert() -> list[float]:
    interpreter = Interpreter("model.tflite")
    interpreter.allocate_tensors()
    found = []
    for picture in pictures:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).item())
    return found


def vino(batch: int = 1, **settings) -> list[float]:
    core = openvino.Core()
    graph = core.read_model("model.tflite")
    graph.reshape([batch, 16, 16, 3])
    compiled = core.compile_model(graph, "CPU", settings)
    return [compiled(picture)[0].item() for picture in pictures]


answers = {
    "LiteRT": litert(),
    "OpenVINO, 1 thread": vino(INFERENCE_NUM_THREADS=1),
    "OpenVINO, 2 threads": vino(INFERENCE_NUM_THREADS=2),
    "OpenVINO, 1 thread, any batch": vino(batch=-1, INFERENCE_NUM_THREADS=1),
    "OpenVINO, 1 thread, no snippets": vino(INFERENCE_NUM_THREADS=1, SNIPPETS_MODE="DISABLE"),
}
for name, values in answers.items():
    print(f"{name:31}", *(f"{value:.1f}" for value in values))
right = [np.allclose(values, answers["LiteRT"], atol=2) for values in answers.values()]
sys.exit(right != [True, False, True, True, True])
PY
cd "$work" && ./venv/bin/python try.py 2>/dev/null
