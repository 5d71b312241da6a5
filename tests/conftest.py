"""Two processes for the tests, and fixtures that packages share: a small run, exported once."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"

MAX_WORKERS = 4
"""Each loads TensorFlow, and grows to two gigabytes."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config) -> None:
    """Whole folders of tests run in a process a core; `-n 0` puts them into one.

    Without pytest-xdist it is one in any case.
    """
    if hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ:
        return  # this is one of the processes, or a child of one: it must not start more
    option = config.option
    if getattr(option, "numprocesses", 0) is not None or option.usepdb or option.collectonly:
        return
    if getattr(option, "cov_source", None):  # pytest-cov has settled on one process by now
        return
    if all(Path(argument).is_dir() for argument in config.args):
        option.numprocesses = min(len(os.sched_getaffinity(0)), MAX_WORKERS)
        # Neighbours stay together, for they share fixtures; who is done takes from the others' end.
        option.dist = "worksteal"


def pytest_collection_modifyitems(items) -> None:
    """What takes long comes first, so that the processes end at about the same time."""
    long = [ROOT / "tests" / name for name in ("train", "export", "benchmarks")]

    def rank(item) -> int:
        return next((i for i, folder in enumerate(long) if folder in item.path.parents), len(long))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Have a folder of a name made, once a session: the processes of pytest-xdist share it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        folder.parent.mkdir(exist_ok=True)
        with open(base / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # another failed at it
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def phantoms(made_once) -> Path:
    """80 phantoms in the class folders yes/ and no/."""
    from train.phantom.files import write_phantoms

    return made_once("data/phantoms", lambda folder: write_phantoms(folder, 80, seed=1))


@pytest.fixture(scope="session")
def finished_run(made_once, phantoms) -> Path:
    """A real run of `python -m train` on the phantoms. Read-only: take `run` to change it.

    The CNN has a quarter of its filters, for it is converted a dozen times.
    """
    pytest.importorskip("tensorflow")
    from tests.train.small import full_input, narrow_networks
    from train.cli import main

    def train(out: Path) -> None:
        options = ["--data", phantoms, "--out", out, "--epochs", "6", "--patience", "6"]
        with narrow_networks(0.25, full_input("cnn")):
            assert main(list(map(str, options))) == 0

    return made_once("runs/small", train)


@pytest.fixture
def run(finished_run, tmp_path) -> Path:
    """A copy of the run, to do with as one likes."""
    return Path(shutil.copytree(finished_run, tmp_path / "runs" / "small"))


@pytest.fixture(scope="session")
def exported(made_once, finished_run) -> Path:
    """The run exported in every format and precision: a dist folder. Read-only."""
    from export.cli import main

    def export(out: Path) -> None:
        assert main([str(finished_run), "--out", str(out), "--format", "tflite", "onnx"]) == 0

    return made_once("exported", export)


@pytest.fixture(autouse=True, scope="module")
def _no_graphs_pile_up():
    """What Keras and TensorFlow keep of a module's networks goes with the module."""
    yield
    if keras := sys.modules.get("keras"):
        keras.backend.clear_session()


@pytest.fixture
def real_scans() -> Path:
    """The 253 scans of the Kaggle set."""
    folder = SHARED_DATA / "brain_tumor_dataset"
    if not folder.is_dir():
        pytest.skip(f"the real scans are not at {folder}")
    return folder


@pytest.fixture
def deep_folder(tmp_path):
    """The innermost of 1,100 folders in one another."""
    parent = tmp_path / "deep"
    parent.mkdir()
    for _ in range(1100):
        parent = parent / "d"
        parent.mkdir()
    yield parent
    subprocess.run(["rm", "-rf", tmp_path / "deep"], check=True)  # shutil.rmtree calls itself
