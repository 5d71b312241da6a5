"""Processes of their own: for what must be measured alone, or not beside this process' threads."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.errors import BenchmarkError

_ROOT = str(Path(__file__).parents[2])
# Python puts the working folder first for `-c` and `-m`: a train.py of the user's that lies there
# would be imported in place of ours. From Python 3.11 on `-P` says the same.
_NOT_FROM_HERE = "import sys; sys.path[:1] = [] if sys.path[0] == '' else sys.path[:1]\n"


def python(code: str, *arguments: object) -> list[str]:
    """The command that runs code in a new Python, which imports nothing from the working folder."""
    return [sys.executable, "-c", _NOT_FROM_HERE + code, *map(str, arguments)]


def run(command: list[str], input: str | None = None, **environment: str) -> str:
    """Standard output of a command that must succeed; this source tree is on its path.

    Raises:
        BenchmarkError: it ends with another status than 0.
    """
    # An installed package has its bytecode; the first call writes it where the source was edited.
    base = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, (_ROOT, base.get("PYTHONPATH"))))
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        input=input,
        env={**base, "PYTHONPATH": path, **environment},
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise BenchmarkError(f"a process of its own failed: {said[-1][:300]}")
    return done.stdout
