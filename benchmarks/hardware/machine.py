"""What a measurement was made on, and how the machine was while it was made."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge import __version__
from edge.board.hardware import NOW, read_board, temperature, throttling

_PACKAGES = (
    "numpy",
    "pillow",
    "ai-edge-litert",
    "tflite-runtime",
    "onnxruntime",
    "openvino",
    "keras",
    "tensorflow",
)


@dataclass(frozen=True)
class Machine:
    """Processor, system and software of a run of the benchmarks."""

    processor: str
    """The board's name where the system tells one, else the processor's."""
    cores: int
    """That this process may use."""
    memory_megabytes: float | None
    """10^6 bytes, of the whole machine."""
    system: str
    architecture: str
    governor: str | None
    """Of the processor's clock; None where the system does not tell."""
    python: str
    versions: dict[str, str]

    @property
    def kind(self) -> str:
        """Machines of one kind may be compared over time."""
        return f"{self.processor}, {self.cores} cores, {self.architecture}"


@dataclass(frozen=True)
class Conditions:
    """How the machine was while some rows were measured; None: the system does not tell."""

    load_average: float | None
    """Runnable processes over the last minute, before the measurement."""
    celsius: float | None
    """The hottest sensor, after it."""
    throttled: bool | None
    """Whether the processor was slowed down for heat or power, after it."""
    steal: float | None
    """Share of the processor time, 0..1, that a virtual machine's host gave to others meanwhile."""


class ConditionMonitor:
    """Notes the machine's state now; `conditions` tells what came of it."""

    def __init__(self, root: Path = Path("/")):
        self._root, self._load = root, load_average()
        self._ticks, self._throttles = _ticks(root), _throttle_count(root)

    def conditions(self) -> Conditions:
        """Since this watch was made."""
        now, steal = _ticks(self._root), None
        if self._ticks and now and sum(now) > sum(self._ticks):
            steal = (now[7] - self._ticks[7]) / (sum(now) - sum(self._ticks))
        return Conditions(self._load, temperature(str(self._root)), self._throttled(), steal)

    def _throttled(self) -> bool | None:
        now = _throttle_count(self._root)
        if now is not None and self._throttles is not None:
            return now > self._throttles
        return _pi_throttled(self._root)


def this_machine(root: Path = Path("/")) -> Machine:
    """Look around; `root` is where /proc and /sys are."""
    board = read_board(str(root))
    return Machine(
        processor=board.model,
        cores=board.cores,
        memory_megabytes=board.memory_mb,
        system=f"{platform.system()} {platform.release()}",
        architecture=board.machine,
        governor=board.governor,
        python=platform.python_version(),
        versions={"mri-edge": __version__, **_versions()},
    )


def load_average() -> float | None:
    """Over the last minute; None where there is none."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _throttle_count(root: Path) -> int | None:
    """How often the processor was throttled since the start, on x86; None where not told."""
    counts = [
        int(text)
        for path in root.glob("sys/devices/system/cpu/cpu*/thermal_throttle/*_throttle_count")
        if (text := _first_line(path)) and text.isdigit()
    ]
    return sum(counts) if counts else None


def _pi_throttled(root: Path) -> bool | None:
    found = throttling(str(root))
    return None if found is None else any(words.endswith(NOW) for words in found)


def _ticks(root: Path) -> Sequence[int] | None:
    """Of proc(5)'s stat: user, nice, system, idle, iowait, irq, softirq, steal."""
    text = _after(root / "proc/stat", "cpu ")
    values = [int(value) for value in text.split()[:8]] if text else []
    return values if len(values) == 8 else None


def _after(path: Path, start: str) -> str | None:
    """What follows `start` on the first line that begins with it."""
    try:
        with open(path) as file:
            for line in file:
                if line.startswith(start):
                    return line[len(start) :].strip()
    except OSError:
        pass
    return None


def _first_line(path: Path) -> str | None:
    try:
        with open(path) as file:
            return file.readline().strip() or None
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
