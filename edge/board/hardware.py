"""What this board is, read from the files of its system; nothing is changed.

Functions that read the system take its root folder, so that a test can be another board.
"""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from glob import escape, glob

from edge.inference.processor import flags_of
from edge.inference.threads import cores

_FEATURES = {
    "asimd": "NEON (64 bit)",
    "neon": "NEON (32 bit)",
    "asimdhp": "float16 arithmetic",
    "asimddp": "int8 dot product",
    "i8mm": "int8 matrix product",
    "avx2": "AVX2",
    "fma": "FMA",
    "avx512f": "AVX-512",
    "avx512_vnni": "int8 dot product (AVX-512 VNNI)",
    "avx_vnni": "int8 dot product (AVX VNNI)",
}
"""Processor features that decide how fast a model runs, by their names in /proc/cpuinfo."""

NOW = " now"
# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_THROTTLED = {
    0: "under-voltage" + NOW,
    1: "clock capped" + NOW,
    2: "throttled" + NOW,
    3: "at its temperature limit" + NOW,
    16: "under-voltage since boot",
    17: "clock capped since boot",
    18: "throttled since boot",
    19: "at its temperature limit since boot",
}


@dataclass(frozen=True)
class Board:
    """The machine; None where the system does not tell."""

    model: str
    system: str
    """Name of the distribution, with JetPack's L4T release where there is one."""
    codename: str | None
    """Of the distribution, as in /etc/os-release ("bookworm")."""
    machine: str
    """The processor architecture that Python runs as ("aarch64")."""
    cores: int
    features: tuple[str, ...]
    memory_mb: int | None
    memory_available_mb: int | None
    temperature_c: float | None
    """The hottest sensor's."""
    governor: str | None
    """Of the processor's clock."""
    throttling: tuple[str, ...] | None
    """What a Raspberry Pi's firmware complains of; empty if of nothing."""

    @property
    def is_jetson(self) -> bool:
        """Whether NVIDIA's system for Jetson is running."""
        return "L4T" in self.system


def read_board(root: str = "/") -> Board:
    """What the files of a running Linux system say of it."""
    cpuinfo = _text(root, "proc/cpuinfo") or ""
    memory = dict(
        line.split(":", 1)
        for line in (_text(root, "proc/meminfo") or "").splitlines()
        if ":" in line
    )
    os_release = _os_release(_text(root, "etc/os-release") or "")
    system = os_release.get("PRETTY_NAME") or platform.system()
    l4t = _text(root, "etc/nv_tegra_release")
    if l4t:  # "# R36 (release), REVISION: 3.0, GCID: ..."
        release = l4t.split()[1] if len(l4t.split()) > 1 else ""
        system += f", Jetson Linux (L4T) {release}"
    return Board(
        model=(_text(root, "proc/device-tree/model") or _cpu_name(cpuinfo)).rstrip("\0\n"),
        system=system,
        codename=os_release.get("VERSION_CODENAME"),
        machine=_machine(),
        cores=cores(),
        features=_features(cpuinfo),
        memory_mb=_megabytes(memory.get("MemTotal")),
        memory_available_mb=_megabytes(memory.get("MemAvailable")),
        temperature_c=temperature(root),
        governor=_text(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None,
        throttling=throttling(root),
    )


def _text(root: str, path: str) -> str | None:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20).strip()
    except OSError:
        return None


def _os_release(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _cpu_name(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        if line.startswith(("model name", "Model")) and ":" in line:
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _features(cpuinfo: str) -> tuple[str, ...]:
    there = flags_of(cpuinfo)
    return tuple(text for name, text in _FEATURES.items() if name in there)


def _machine() -> str:
    # A 32-bit Python on a 64-bit kernel needs 32-bit wheels.
    machine = platform.machine()
    return "armv7l" if machine == "aarch64" and sys.maxsize < 2**32 else machine


def _megabytes(text: str | None) -> int | None:
    return int(text.split()[0]) * 1024 // 10**6 if text else None


def temperature(root: str = "/") -> float | None:
    """Degrees Celsius of the hottest thermal zone or sensor; None where there is none."""
    found = []
    for pattern in ("thermal/thermal_zone*/temp", "hwmon/hwmon*/temp*_input"):
        for path in glob(os.path.join(escape(root), "sys/class", pattern)):
            text = _text("", path) or ""
            if text.lstrip("-").isdigit():
                found.append(int(text) / 1000)  # millidegrees
    return max(found) if found else None


def throttling(root: str = "/") -> tuple[str, ...] | None:
    """What slows a Raspberry Pi down (`NOW` ends what does so now); None on other boards.

    From the kernel's file or the firmware's tool.
    """
    text = _text(root, "sys/devices/platform/soc/soc:firmware/get_throttled")
    if text is None and root == "/":
        try:
            done = subprocess.run(
                ["vcgencmd", "get_throttled"],
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            )
            text = done.stdout.strip().partition("=")[2]
        except (OSError, subprocess.SubprocessError):
            return None
    try:
        bits = int(text or "", 16)
    except ValueError:
        return None
    return tuple(words for bit, words in _THROTTLED.items() if bits >> bit & 1)
