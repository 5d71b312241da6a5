"""A model that is measured in no time."""

import shutil
from pathlib import Path

import pytest

from edge.inference.engines import installed
from tests.edge.conftest import MODELS


@pytest.fixture
def tiny(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    return Path(shutil.copy(MODELS / "tiny.tflite", tmp_path))
