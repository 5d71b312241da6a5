"""What a measurement was made on."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from edge import __version__

_PACKAGES = (
    "numpy",
    "pillow",
    "ai-edge-litert",
    "tflite-runtime",
    "onnxruntime",
    "keras",
    "tensorflow",
)


@dataclass(frozen=True)
class Machine:
    """Processor, system and software of a run of the benchmarks."""

    processor: str
    cores: int
    """That this process may use."""
    system: str
    governor: str | None
    """Of the processor's clock; None where the system does not tell."""
    load_average: float | None
    """Runnable processes over the last minute, before the first measurement."""
    python: str
    versions: dict[str, str]


def this_machine() -> Machine:
    """Look around."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        governor=_first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        load_average=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        python=platform.python_version(),
        versions={"mri-edge": __version__, **_versions()},
    )


def _processor() -> str:
    board = _first_line("/proc/device-tree/model")
    if board:
        return board.rstrip("\0")
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _first_line(path: str) -> str | None:
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return None


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
