"""A made-up peer: a package without dependencies, as a wheel, and its adapter."""

import zipfile

import pytest

from benchmarks.peers.environment import can_make
from benchmarks.peers.systems import System

CODE = '''
import os

def judge(path):
    """A tumor is a file whose name says so; some names are too much for it."""
    name = os.path.basename(path)
    if "crash" in name:
        os._exit(3)
    if "strange" in name:
        raise ValueError(f"cannot read {name}")
    print("what a peer prints is no answer")
    return "big" if "tumor" in name else "small"

if __name__ == "__main__":
    import sys
    print(judge(sys.argv[1]))
'''
ADAPTER = """
def load(word="none"):
    import os, tinypeer
    def judge(file):
        return "tumor" if tinypeer.judge(file) == "big" else "no_tumor"
    def score(file):
        name = os.path.basename(file)
        return float("tumor" in name) + len(name) % 3
    return judge, lambda file: float("nan") if "unsure" in file else score(file)
"""
METADATA = "Metadata-Version: 2.1\nName: tinypeer\nVersion: 1.5\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(scope="session")
def tinypeer(tmp_path_factory):
    """Installable without an index."""
    if not can_make():
        pytest.skip("this Python makes no virtual environments")
    folder = tmp_path_factory.mktemp("tinypeer")
    wheel = folder / "tinypeer-1.5-py3-none-any.whl"
    info = "tinypeer-1.5.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tinypeer/__init__.py", CODE)
        archive.writestr("tinypeer/__main__.py", "import runpy, tinypeer, sys\n"
                         "print(tinypeer.judge(sys.argv[1]))\n")  # fmt: skip
        archive.writestr("tinypeer/model.bin", b"0" * 2_000_000)
        archive.writestr(f"{info}/METADATA", METADATA)
        archive.writestr(f"{info}/WHEEL", WHEEL)
        archive.writestr(f"{info}/RECORD", "")
    adapter = folder / "on_tinypeer.py"
    adapter.write_text(ADAPTER)
    return System(
        "tiny",
        (str(wheel),),
        str(adapter),
        ("{bin}/python", "-m", "tinypeer", "{scan}"),
        "tinypeer/*.bin",
        "no network at all",
        "by the file's name",
        "nothing",
        fitted=("learned",),
    )
