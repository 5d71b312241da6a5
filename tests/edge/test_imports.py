"""The device pays only for what it needs: `edge` never loads the workstation's packages."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import edge

HEAVY = (
    "tensorflow",
    "keras",
    "sklearn",
    "matplotlib",
    "scipy",
    "onnx",
    "tf2onnx",
    "rich",
    "pydicom",
    "nibabel",
    "pyarrow",
    "watchdog",
)
SOURCES = sorted(Path(edge.__file__).parent.rglob("*.py"))


def loaded_after(code: str, *arguments) -> set[str]:
    """Top-level modules in a fresh interpreter after running `code`."""
    report = "print('\\n' + ' '.join({module.split('.')[0] for module in sys.modules}))"
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\n{report}"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


MODULES = [
    ".".join(path.relative_to(Path(edge.__file__).parents[1]).with_suffix("").parts)
    for path in SOURCES
    if path.stem not in ("__init__", "__main__")
]


EACH_ALONE = """
import json, os, sys
import numpy, PIL.Image  # what a device has, loaded once for all
for module in sys.argv[1:]:
    if not os.fork():  # as if no other module of edge had been imported
        __import__(module)
        loaded = sorted({name.split(".")[0] for name in sys.modules})
        print(json.dumps([module, loaded]), flush=True)
        os._exit(0)
    _, status = os.wait()
    if status:
        sys.exit(f"{module} cannot be imported")
"""


def test_importing_any_module_of_edge():
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # a fork is of one thread
    command = [sys.executable, "-c", EACH_ALONE, *MODULES]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {module: set(names) for module, names in map(json.loads, done.stdout.splitlines())}
    assert sorted(loaded) == sorted(MODULES)
    for module, names in loaded.items():
        assert not names & {*HEAVY, "train", "export", "benchmarks"}, module


MAIN = "from edge.cli import main; main(sys.argv[1:])"


@pytest.mark.parametrize("format", ["text", "json", "ndjson", "csv"])
def test_classifying(model, scan, tmp_path, format):
    loaded = loaded_after(MAIN, scan(180), tmp_path / "gone", "--model", model, "--format", format)
    assert "edge" in loaded
    assert not loaded & {*HEAVY, "train", "export", "benchmarks"}


@pytest.mark.parametrize("arguments", [["--self-test"], ["--help"], ["--version"], []])
def test_other_paths(model, arguments):
    loaded = loaded_after(MAIN, *arguments, "--model", model)
    assert not loaded & {*HEAVY, "train", "export", "benchmarks"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--model"], []])
def test_help_and_version_load_not_even_numpy(arguments):
    assert not loaded_after(MAIN, *arguments) & {"numpy", "PIL", "json"}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_not_even_argparse(argument):
    assert not loaded_after(MAIN, argument) & {"argparse", "re", "typing", "dataclasses"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_import_statement_points_the_wrong_way(path):
    allowed = {"edge", "numpy", "PIL"} | set(sys.stdlib_module_names)
    if path.parent.name == "series":
        allowed |= {"pydicom", "nibabel"}  # extras likewise
    if "pacs" in path.parts:
        allowed |= {"pydicom", "pynetdicom"}
    if path.parent.name == "remote":
        allowed |= {"fsspec", "aiohttp"}  # likewise
    if path.parent.name == "cluster":
        allowed |= {"distributed", "dask"}  # likewise
    if path.parent.name == "dicom":
        allowed.add("pydicom")  # an extra, imported once a file is DICOM, as the tests above prove
    if path.name == "small_sha256.py":
        allowed |= {"_sha2", "_sha256"}  # Python's own: the one from 3.12 on, the other before
    if path.name == "parquet.py":
        allowed.add("pyarrow")
    if path.name == "changes.py":
        allowed.add("watchdog")
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        assert {name.split(".")[0] for name in names} <= allowed
