"""What a system costs: a whole process for one scan, a scan in a running one, memory."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.peers.environment import Environment
from benchmarks.peers.process import Answer, quiet
from benchmarks.peers.systems import System

_LONGEST = 300.0
_WARM_UP = 5


@dataclass(frozen=True)
class Times:
    """Milliseconds of a clock and of the processor, of all threads."""

    median: float
    least: float
    most: float
    cpu: float
    """Median."""

    @classmethod
    def of(cls, walls: Sequence[float], cpus: Sequence[float]) -> "Times":
        """Of single measurements."""
        return cls(median(walls), min(walls), max(walls), median(cpus))


@dataclass(frozen=True)
class Cost:
    """Of one system; None: it failed."""

    installed_mb: float
    """10^6 bytes of all packages in its environment, bytecode, pip and setuptools left out."""
    model_mb: float | None
    cold: Times | None
    """Whole processes that judge one scan."""
    cold_error: str | None
    warm: Times | None
    """A scan in a process that has judged some already, from its file to the verdict."""
    first_mb: float | None
    """Peak of a process that loaded everything and judged one scan, 10^6 bytes resident."""
    peak_mb: float | None
    """The same after all scans that were timed."""


def cold_starts(
    all_of_them: Sequence[tuple[System, Environment]],
    scan: Path,
    rounds: int,
    tick: Callable[[float], None] = lambda share: None,
) -> dict[str, tuple[Times | None, str | None]]:
    """Start each for one scan, in turns; a turn before the first one warms the file cache."""
    walls: dict[str, list[float]] = {one.name: [] for one, _ in all_of_them}
    cpus: dict[str, list[float]] = {one.name: [] for one, _ in all_of_them}
    errors: dict[str, str] = {}
    for turn in range(rounds + 1):
        tick(turn / (rounds + 1))
        for one, environment in all_of_them:
            if one.name in errors:
                continue
            wall, cpu, problem = _process(_command(one, environment, scan))
            if problem:
                errors[one.name] = problem
            elif turn:
                walls[one.name].append(wall)
                cpus[one.name].append(cpu)
    return {
        name: (None, errors[name]) if name in errors else (Times.of(walls[name], cpus[name]), None)
        for name in walls
    }


def _command(one: System, environment: Environment, scan: Path) -> list[str]:
    filled = {"bin": environment.bin, "scan": scan, "folder": scan.parent, "file": scan.name}
    command = list(one.cold)
    for name, value in filled.items():
        command = [part.replace(f"{{{name}}}", str(value)) for part in command]
    return command


def _process(command: list[str]) -> tuple[float, float, str | None]:
    before, start = os.times(), perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, env=quiet(), timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        return 0.0, 0.0, f"not done within {_LONGEST:.0f} s"
    except OSError as error:
        return 0.0, 0.0, f"cannot be started ({error.strerror})"
    wall, after = (perf_counter() - start) * 1e3, os.times()
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return 0.0, 0.0, (said[-1] if said else f"status {done.returncode}")[:200]
    user = after.children_user - before.children_user
    return wall, (user + after.children_system - before.children_system) * 1e3, None


def warm(answers: Sequence[Answer]) -> Times | None:
    """Of scans that were judged one after the other; the first few warm up."""
    timed = [answer for answer in answers if answer.verdict is not None][_WARM_UP:]
    if not timed:
        return None
    return Times.of([one.ms for one in timed], [one.cpu_ms for one in timed])
