"""Fixtures of the edge tests: tiny models and scans, and no TensorFlow."""

import json
import shutil
import signal
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.inference.engines import installed
from edge.model_file.container import open_model
from edge.model_file.manifest import LearnedGate, RejectGate
from edge.scan.crop import counts_of
from edge.scan.gate_features import FEATURE_SETS


def heed_ctrl_c() -> None:
    """For `preexec_fn`: a test run in the background of a script ignores SIGINT, and so would its
    children (POSIX, asynchronous lists); under `nohup` SIGHUP as well."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


MODELS = Path(__file__).parent / "models"


def gate_features(pixels: np.ndarray, name: str) -> np.ndarray:
    """What a learned gate is told of a preprocessed tensor, float32 [count] of the feature set."""
    channel = Image.fromarray(pixels[..., 0])
    return FEATURE_SETS[name].of(channel, counts_of(channel))


def doubting_gate() -> RejectGate:
    """A gate that passes any picture, with doubt: weights of 0 make its likeness 0."""
    weights = b64encode(bytes(FEATURE_SETS["layout"].count + 2 * (3 + 1))).decode()
    return RejectGate(learned=LearnedGate(1, weights, least=-1.0, sure=1.0))


@pytest.fixture(params=["tflite", "onnx"])
def model(request, tmp_path) -> Path:
    """A copy of the tiny model (tumor if the mean brightness is above 100), in either format."""
    if not installed(request.param):
        pytest.skip(f"no engine for {request.param} is installed")
    return Path(shutil.copy(MODELS / f"tiny.{request.param}", tmp_path))


@pytest.fixture
def any_model(tmp_path) -> Path:
    """A copy of the tiny model in a format that an installed engine runs."""
    for kind in ("tflite", "onnx"):
        if installed(kind):
            return Path(shutil.copy(MODELS / f"tiny.{kind}", tmp_path))
    pytest.skip("no engine is installed")


@pytest.fixture
def scan(tmp_path):
    """Write a grey gradient of a given mean brightness as an image file and return its path."""

    def write(mean: int, name: str = "scan.png") -> Path:
        row = np.linspace(mean - 30, mean + 30, 64)
        path = tmp_path / name
        Image.fromarray(np.tile(row, (64, 1)).astype(np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def unknown_rule(tmp_path) -> Path:
    """A model that loads, and whose manifest asks for a crop rule that there is not."""
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    from export.package.write_container import pack

    manifest = open_model(MODELS / "tiny.tflite").manifest
    payload = (MODELS / "tiny.tflite").read_bytes()
    manifest = replace(manifest, input=replace(manifest.input, crop="moon"))
    path = tmp_path / "moon.tflite"
    path.write_bytes(pack(payload[: payload.index(b"PK\3\4")], manifest))
    return path


def results(path: Path) -> list[dict]:
    """The lines of a file of results; none if it is not there."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
