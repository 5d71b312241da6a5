"""Nothing is written that the user did not ask for."""

import os
import subprocess
import sys

import pytest

from edge.inference.engines import installed
from tests.edge.conftest import MODELS


@pytest.mark.parametrize("kind", ["tflite", "onnx"])
def test_no_engine_leaves_anything_in_the_home_folder(kind, scan, tmp_path):
    if not installed(kind):
        pytest.skip(f"no engine for {kind} is installed")
    home = tmp_path / "home"
    home.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-m", "edge", scan(180), "--model", MODELS / f"tiny.{kind}"],
        env={**environment, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TUMOR" in done.stdout
    assert [path.name for path in home.rglob("*")] == []
