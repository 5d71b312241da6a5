"""docs/pictures.py: nothing is overwritten unless asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from edge.inference.engines import installed

ROOT = Path(__file__).parents[1]
SCRIPT = next(ROOT.glob("docs/**/pictures.py"))
MODEL = ROOT / "edge" / "models" / "compact-int8.tflite"


def draw(folder, *options):
    return subprocess.run(
        [sys.executable, SCRIPT, "samples", MODEL, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_what_exists_is_kept_unless_it_is_to_be_replaced(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    committed = (ROOT / "docs").rglob("*.png")
    before = {path: path.stat().st_mtime_ns for path in committed}
    done = draw(tmp_path)
    assert done.returncode == 0, done.stderr
    picture = tmp_path / "samples.png"
    assert f"Written: {picture.resolve()}" in done.stdout
    picture.write_bytes(b"mine")
    refused = draw(tmp_path)
    assert refused.returncode == 2
    assert "samples.png: exists; name another file with --out, or replace it" in refused.stderr
    assert picture.read_bytes() == b"mine"
    assert draw(tmp_path, "--force").returncode == 0
    assert picture.read_bytes() != b"mine"
    assert {path: path.stat().st_mtime_ns for path in before} == before
