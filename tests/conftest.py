"""Fixtures that several packages share: one small training run on phantoms, exported once."""

import shutil
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory) -> Path:
    """80 phantoms in the class folders yes/ and no/."""
    from train.phantom.files import write_phantoms

    return write_phantoms(tmp_path_factory.mktemp("data") / "phantoms", 80, seed=1)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, phantoms) -> Path:
    """A real run of `python -m train` on the phantoms. Read-only: take `run` to change it."""
    pytest.importorskip("tensorflow")
    from train.cli import main

    out = tmp_path_factory.mktemp("runs") / "small"
    options = ["--data", phantoms, "--out", out, "--epochs", "6", "--patience", "6"]
    assert main(list(map(str, options))) == 0
    return out


@pytest.fixture
def run(finished_run, tmp_path) -> Path:
    """A copy of the run, to do with as one likes."""
    return Path(shutil.copytree(finished_run, tmp_path / "runs" / "small"))


@pytest.fixture(scope="session")
def exported(tmp_path_factory, finished_run) -> Path:
    """The run exported in every format and precision: a dist folder. Read-only."""
    from export.cli import main

    out = tmp_path_factory.mktemp("dist")
    assert main([str(finished_run), "--out", str(out), "--format", "tflite", "onnx"]) == 0
    return out


@pytest.fixture
def real_scans() -> Path:
    """The 253 scans of the Kaggle set."""
    folder = SHARED_DATA / "brain_tumor_dataset"
    if not folder.is_dir():
        pytest.skip(f"the real scans are not at {folder}")
    return folder
