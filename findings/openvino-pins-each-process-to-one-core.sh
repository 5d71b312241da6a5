#!/usr/bin/env bash
# OpenVINO 2026.4.1 with one thread a process: each process binds itself to the first core while it
# infers, whatever the others do. Two processes on two cores then share one, and have half of it each.
#
# One would expect one-threaded processes to spread over the cores, as those of other engines do. The
# properties' default is ENABLE_CPU_PINNING YES with PERFORMANCE_HINT LATENCY; set to NO, they spread.
# Needs two cores or more, Linux, and an .onnx file: here the int8 model that comes with the project.
#
# Seen on 2026-11-28 (Python 3.11, x86-64, AMD EPYC, 2 cores): which cores the processes may use while
# they infer, looked at 200 times each:
#   default: process 1 on 0, process 2 on 0
#   ENABLE_CPU_PINNING NO: process 1 on 0,1, process 2 on 0,1
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
model=$(realpath "$(dirname "$0")/../edge/models/compact-int8.onnx")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import os
import subprocess
import sys
import time

INFER = """
import sys
sys.modules["openvino.tools.ovc"] = None  # else the import reports itself
import numpy as np
import openvino
core = openvino.Core()
settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1}
if sys.argv[2] == "no":
    settings["ENABLE_CPU_PINNING"] = False
request = core.compile_model(core.read_model(sys.argv[1]), "CPU", settings).create_infer_request()
request.set_input_tensor(openvino.Tensor(np.zeros((1, 128, 128, 1), np.uint8)))
request.infer()
print("ready", flush=True)
while True:
    request.infer()
"""


def cores(pinning: str) -> list[str]:
    """For two processes at once, the smallest set of cores that each was seen to be bound to."""
    command = [sys.executable, "-c", INFER, sys.argv[1], pinning]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        process.stdout.readline()
    seen = [set(), set()]
    for _ in range(200):
        for process, found in zip(both, seen, strict=True):
            found.add(tuple(sorted(os.sched_getaffinity(process.pid))))
        time.sleep(0.002)
    for process in both:
        process.kill()
        process.wait()
    return [",".join(map(str, min(found, key=len))) for found in seen]


plain, spread = cores("default"), cores("no")
for name, found in (("default", plain), ("ENABLE_CPU_PINNING NO", spread)):
    print(f"{name}: process 1 on {found[0]}, process 2 on {found[1]}")
one_core = plain[0] == plain[1] and "," not in plain[0]
sys.exit(not (one_core and all("," in found for found in spread)))
PY
cd "$work" && ./venv/bin/python try.py "$model"
