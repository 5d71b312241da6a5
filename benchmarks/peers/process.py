"""A system at work: a process in its environment that answers one scan after the other."""

import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environment import Environment
from benchmarks.peers.systems import DRIVERS, System
from edge.model_file import bounded_json

LOADING, JUDGING = 300.0, 120.0
"""Seconds that a system may take to load, and for a scan."""
_STARTS = 5
"""How often one that dies is started again."""


@dataclass(frozen=True)
class Answer:
    """What a system says of a scan."""

    verdict: str | None = None
    score: float | None = None
    """The higher, the more likely a tumor."""
    ms: float | None = None
    cpu_ms: float | None = None
    """Of all threads."""
    peak_mb: float | None = None
    """Of its process so far, 10^6 bytes."""
    error: str | None = None
    """What it raised, or how its process ended."""


class Worker:
    """A driver that runs in a system's environment; one that dies is started again."""

    def __init__(self, one: System, environment: Environment):
        adapter = Path(one.adapter)
        adapter = adapter if adapter.is_absolute() else DRIVERS / adapter
        self._command = [str(environment.bin / "python"), "-I", str(DRIVERS / "drive.py")]
        self._command += [str(adapter), *one.arguments]
        self._process: subprocess.Popen | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._starts = 0
        self.loaded_ms: float | None = None

    def ask(self, file: Path) -> Answer:
        """Its answer, which may be that there is none."""
        if self._process is None and (problem := self._start()):
            return Answer(error=problem)
        try:
            self._process.stdin.write(os.fsencode(file).hex() + "\n")
            self._process.stdin.flush()
        except OSError:
            return Answer(error=self._ended())
        said = self._next(JUDGING)
        return Answer(**said) if isinstance(said, dict) else Answer(error=said)

    def end(self) -> None:
        """Stop its process, if there is one."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            stream.close()
        self._process = None

    def _start(self) -> str | None:
        if self._starts == _STARTS:
            return f"given up: its process ended {_STARTS} times"
        self._starts += 1
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=quiet(),
        )
        self._answers = queue.Queue()
        reader = (self._process.stdout, self._answers)
        threading.Thread(target=_read, args=reader, daemon=True).start()
        said = self._next(LOADING)
        if not isinstance(said, dict):
            return said
        self.loaded_ms = said["loaded_ms"]
        return None

    def _next(self, seconds: float) -> dict | str:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.end()
            return f"no answer within {seconds:.0f} s"
        try:
            return bounded_json.loads(line, bounded_json.LINE)
        except ValueError:
            return self._ended()

    def _ended(self) -> str:
        try:
            status = self._process.wait(10)
        except subprocess.TimeoutExpired:
            status = "unknown"
        self.end()
        return f"its process ended with status {status}"


def _read(stream, answers: queue.Queue) -> None:
    try:
        for line in stream:
            answers.put(line)
    except ValueError:  # closed meanwhile
        pass
    answers.put("")


def quiet() -> dict[str, str]:
    """The environment variables of a system: none of our Python, fewer messages."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return {**own, "TF_CPP_MIN_LOG_LEVEL": "3", "ORT_DISABLE_TELEMETRY": "1"}


@contextmanager
def working(one: System, environment: Environment) -> Iterator[Worker]:
    """A worker that is ended in any case."""
    worker = Worker(one, environment)
    try:
        yield worker
    finally:
        worker.end()
