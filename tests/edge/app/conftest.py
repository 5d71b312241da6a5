import shutil
import subprocess
import sys

import pytest

from tests.edge.app.batches import SCANS


@pytest.fixture
def archive(tmp_path, scan):
    """Scans in three folders; every second one is bright. Each has an inode of its own."""
    bright, dark = scan(180, "bright.png"), scan(40, "dark.png")
    for number in range(SCANS):
        folder = tmp_path / "archive" / f"f{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(bright if number % 2 else dark, folder / f"{number:03}.png")
    return tmp_path / "archive"


@pytest.fixture
def batch(any_model, archive, tmp_path):
    """Start the command; `--resume` and the results' name are there."""

    def start(*more, jobs=2, out="results.ndjson", **popen) -> subprocess.Popen:
        command = [sys.executable, "-m", "edge", archive, "--model", any_model, "--resume"]
        command += ["--out", tmp_path / out, "--jobs", jobs, *more]
        return subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, **popen)

    return start
