"""What a fresh process costs: time to the first verdict, and peak memory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.errors import BenchmarkError

_REPEATS = 15
_MINIMAL = Path(__file__).with_name("minimal.py")

# Peak memory is read by the process itself: what a parent reads of its children (ru_maxrss) starts
# at the parent's own size. VmHWM is proc(5)'s peak resident set size, in kB.
_WITH_PEAK = """
import sys
from edge.cli import main
status = main(sys.argv[1:])
with open("/proc/self/status") as file:
    print(next(line.split()[1] for line in file if line.startswith("VmHWM")), file=sys.stderr)
raise SystemExit(status)
"""


def cold_start(model: str, engine: str, scan: Path) -> tuple[float, float]:
    """Milliseconds of whole processes for one scan, medians: (`edge-classify`, minimal script).

    The two take turns, so that whatever else the machine does strikes both.
    """
    script = shutil.which("edge-classify", path=os.path.dirname(sys.executable))
    ours = [script] if script else [sys.executable, "-m", "edge"]
    ours += [str(scan), "--model", model, "--engine", engine]
    minimal = [sys.executable, str(_MINIMAL), engine, model, str(scan)]
    times = []
    for _ in range(_REPEATS):
        times.append((_run(ours)[0], _run(minimal)[0]))
    ours_ms, minimal_ms = np.median(times[1:], axis=0)  # the first pair warms the file cache
    return float(ours_ms), float(minimal_ms)


def peak_memory(model: str, engine: str, scan: Path) -> float | None:
    """Megabytes (10^6) that a process classifying one scan holds at its peak; None if unknown."""
    if not os.path.exists("/proc/self/status"):
        return None
    arguments = [str(scan), "--model", model, "--engine", engine]
    text = _run([sys.executable, "-c", _WITH_PEAK, *arguments])[1]
    return int(text.split()[-1]) * 1024 / 1e6


def _run(command: list[str]) -> tuple[float, str]:
    """Milliseconds and standard error of a command that must succeed."""
    # An installed package has its bytecode; the first call writes it where the source was edited.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    milliseconds = (perf_counter() - start) * 1e3
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:3])}: failed: {done.stderr.strip()[-500:]}")
    return milliseconds, done.stderr
