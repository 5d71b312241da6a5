"""What the processor can do that decides how engines compute."""

import platform

_EXACT = {"avx512_vnni", "avx_vnni", "amx_int8"}
"""Instructions of x86 that add products of 8 bits up in 32. Without them engines add pairs up in 16
bits first, which two products of 255 and 127 do not fit in."""
_X86 = ("x86_64", "amd64", "i686")


def flags_of(cpuinfo: str) -> frozenset[str]:
    """The features that Linux lists of a processor, from the text of /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        if line.startswith(("flags", "Features")) and ":" in line:
            return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def adds_exactly(cpuinfo: str | None = None, machine: str | None = None) -> bool:
    """Whether products of 8 bits are added up without loss by any engine's kernels.

    False also where nobody knows: an x86 processor of a system without /proc/cpuinfo.

    Args:
        cpuinfo: text of /proc/cpuinfo, and machine: name of the architecture; None: of this one.
    """
    if (platform.machine() if machine is None else machine).lower() not in _X86:
        return True
    return bool(_EXACT & flags_of(_read() if cpuinfo is None else cpuinfo))


def _read() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""
