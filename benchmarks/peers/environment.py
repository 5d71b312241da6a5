"""A virtual environment for each: nothing of theirs is imported into ours."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.peers.systems import System
from edge.model_file import bounded_json

_DONE = "requirements.json"
_TOOLS = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "distutils-precedence")
"""What an environment begins with."""


@dataclass(frozen=True)
class Environment:
    """Where a system is installed."""

    bin: Path
    packages: Path
    versions: dict[str, str]
    """Of every distribution in it."""

    @property
    def megabytes(self) -> float:
        """10^6 bytes of the files of all packages, bytecode, pip and setuptools left out."""
        own = [path for path in self.packages.iterdir() if not path.name.startswith(_TOOLS)]
        return sum(map(_size, own)) / 1e6


def make(one: System, folder: Path, wheels: Path | None) -> Environment:
    """Install a system below `folder`, or take what an earlier call installed there.

    Args:
        wheels: a folder where pip looks as well.

    Raises:
        BenchmarkError: no environment can be made, or pip fails.
    """
    home = folder / "-".join(one.name.split())
    python = home / "bin" / "python"
    if not _is_done(home, one.requirements):
        _run([sys.executable, "-m", "venv", "--clear", str(home)], "no virtual environment")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        links = ["--find-links", str(wheels)] if wheels else []
        _run([*pip, "--no-input", *links, *one.requirements], f"pip cannot install {one.name}")
        (home / _DONE).write_text(json.dumps(one.requirements))
    told = bounded_json.loads(
        _run([str(python), "-I", "-c", _TELL], f"{one.name} cannot be started")
    )
    return Environment(python.parent, Path(told["packages"]), told["versions"])


def to_install(systems: Sequence[System], folder: Path) -> list[System]:
    """Those that are not in their environments below `folder` yet."""
    return [
        one
        for one in systems
        if not _is_done(folder / "-".join(one.name.split()), one.requirements)
    ]


_TELL = """
import json, sysconfig
from importlib.metadata import distributions
versions = {one.metadata["Name"]: one.version for one in distributions()}
print(json.dumps({"packages": sysconfig.get_path("purelib"), "versions": versions}))
"""


def can_make() -> bool:
    """Whether this Python can make virtual environments with pip in them."""
    from importlib.util import find_spec

    return os.name == "posix" and bool(find_spec("venv") and find_spec("ensurepip"))


def model_megabytes(one: System, environment: Environment) -> float | None:
    """10^6 bytes of its model; None if there is none where it should be."""
    files = [*environment.packages.glob(one.model)] if not Path(one.model).is_absolute() else []
    files = files or [path for path in (Path(one.model),) if path.is_file()]
    return sum(map(_size, files)) / 1e6 if files else None


def _is_done(home: Path, requirements: Sequence[str]) -> bool:
    if any(Path(one).is_absolute() for one in requirements):
        return False  # a source tree, which may have changed
    try:
        return bounded_json.read(home / _DONE) == list(requirements)
    except (OSError, ValueError):
        return False


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(
        file.stat().st_size
        for file in files
        if file.is_file() and not file.is_symlink() and file.suffix != ".pyc"
    )


def _run(command: list[str], otherwise: str) -> str:
    # A PYTHONPATH of the caller's would let packages of ours into the environment.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=inherited)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise BenchmarkError(f"{otherwise}: {said[-1][:300]}")
    return done.stdout
