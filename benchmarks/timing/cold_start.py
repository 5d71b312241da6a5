"""What a fresh process costs: time to the first verdict, and memory."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.timing.own_process import python, run
from benchmarks.timing.single_stream import Latency, Ratio, paired_ratio
from edge.model_file import bounded_json

_MINIMAL = Path(__file__).with_name("minimal_process.py")

# Memory is read by the process itself: what a parent reads of its children (ru_maxrss) starts at
# the parent's own size. proc(5): VmHWM is the peak resident set size, VmRSS the present one, in kB.
_TELL = """
with open("/proc/self/status") as file:
    told = dict(line.split(":", 1) for line in file)
print(json.dumps([int(told[key].split()[0]) * 1024 / 1e6 for key in ("VmHWM", "VmRSS")]))
"""
_MEMORY = f"""
import json, os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
from edge import Classifier
classifier = Classifier(sys.argv[1], engine=sys.argv[2], threads=int(sys.argv[3]))
for _ in range(20):
    classifier.classify(sys.argv[4])
{_TELL}"""

_EDGE = "from edge.cli import main; raise SystemExit(main())"
_KERAS = f"""
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras, numpy as np
import train.evaluation.keras_predictions  # registers the layers that are not Keras' own
from PIL import Image
model = keras.saving.load_model(sys.argv[1], compile=False)
_, height, width, channels = model.input.shape
image = Image.open(sys.argv[2]).convert("RGB" if channels == 3 else "L")
pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
model.predict(pixels.reshape(1, height, width, channels), verbose=0)
{_TELL if os.path.exists("/proc/self/status") else "print('null')"}
"""


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds of whole processes, from their start to a verdict on a generated 512x512 PNG."""

    ours: Latency
    """`edge-classify`."""
    minimal: Latency
    """`minimal_process.py`: NumPy, Pillow and the engine alone, interleaved with ours."""
    ratio: Ratio


@dataclass(frozen=True)
class Memory:
    """Megabytes (10^6 bytes) resident of a process of its own."""

    peak: float
    steady: float
    """After 20 scans."""


@dataclass(frozen=True)
class KerasProcess:
    """A process that loads the Keras model and judges one scan with `predict`, run once."""

    cold_ms: float
    """From its start to its end."""
    memory: Memory | None


def keras_process(model: Path, scan: Path) -> KerasProcess:
    """Run one.

    Raises:
        BenchmarkError: it fails.
    """
    start = perf_counter()
    text = run(python(_KERAS, model, scan))
    milliseconds = (perf_counter() - start) * 1e3
    told = bounded_json.loads(text.splitlines()[-1])
    return KerasProcess(milliseconds, told and Memory(*told))


def cold_start(model: str, engine: str, scan: Path, repeats: int) -> ColdStart:
    """Start processes for one scan, ours and the minimal script interleaved.

    Raises:
        BenchmarkError: one of them fails.
    """
    script = shutil.which("edge-classify", path=os.path.dirname(sys.executable))
    ours = [script] if script else python(_EDGE)
    ours += [str(scan), "--model", model, "--engine", engine]
    minimal = [sys.executable, str(_MINIMAL), engine, model, str(scan)]
    times = []
    for _ in range(repeats + 1):
        times.append((_timed(ours), _timed(minimal)))
    first, second = zip(*times[1:], strict=True)  # the first pair warms the file cache
    return ColdStart(
        ours=Latency.of([[ms] for ms in first]),
        minimal=Latency.of([[ms] for ms in second]),
        ratio=paired_ratio(first, second),
    )


def memory(model: str, engine: str, threads: int, scan: Path) -> Memory | None:
    """Measure a process that classifies one scan 20 times; None where the system does not tell.

    Raises:
        BenchmarkError: it fails.
    """
    if not os.path.exists("/proc/self/status"):
        return None
    peak, steady = bounded_json.loads(run(python(_MEMORY, model, engine, threads, scan)))
    return Memory(peak, steady)


def _timed(command: list[str]) -> float:
    start = perf_counter()
    run(command)
    return (perf_counter() - start) * 1e3
