"""Nothing is written that the user did not ask for."""

import os
import subprocess
import sys

import pytest

from edge.inference.engines import ENGINES, installed
from tests.edge.conftest import MODELS


@pytest.mark.parametrize(
    ("engine", "kind"), [(name, kind) for name, (kinds, *_) in ENGINES.items() for kind in kinds]
)
def test_no_engine_leaves_anything_in_the_home_folder(engine, kind, scan, tmp_path):
    if engine not in installed():
        pytest.skip(f"{engine} is not installed")
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edge", scan(180)),
            *("--model", MODELS / f"tiny.{kind}", "--engine", engine),
        ],
        env={
            **environment,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert "TUMOR" in done.stdout
    assert [path.name for folder in (home, temporary) for path in folder.rglob("*")] == []
