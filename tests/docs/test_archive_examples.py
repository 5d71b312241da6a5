"""The example files for job schedulers are run as they are, with what the scheduler sets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.conftest import results

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
PARTS = 3


def slurm(part: int) -> tuple[list[str], dict[str, str]]:
    numbers = {"SLURM_ARRAY_TASK_ID": str(part), "SLURM_ARRAY_TASK_COUNT": str(PARTS)}
    script = FOLDER / "slurm-array.sbatch"
    return ["bash", str(script)], {**numbers, "SLURM_CPUS_PER_TASK": "1"}


def kubernetes(part: int) -> tuple[list[str], dict[str, str]]:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((FOLDER / "kubernetes-job.yaml").read_text())
    assert job["spec"]["completionMode"] == "Indexed"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    set_there = {one["name"]: one["value"] for one in container["env"]}
    assert int(set_there["PARTS"]) == job["spec"]["completions"]
    return container["command"], {"PARTS": str(PARTS), "JOB_COMPLETION_INDEX": str(part)}


@pytest.mark.parametrize("scheduler", [slurm, kubernetes])
def test_all_parts_together_are_the_archive(scheduler, bundled_command, tmp_path):
    pytest.importorskip("pyarrow")
    archive, found = tmp_path / "archive", []
    (archive / "a").mkdir(parents=True)
    scans = sorted((FOLDER.parents[1] / "samples").glob("*.png"))
    for number in range(6):
        shutil.copy(scans[number % len(scans)], archive / "a" / f"{number}.png")
    (archive / "text.png").write_text("I am a text")
    (tmp_path / "results").mkdir()
    for part in range(PARTS):
        command, variables = scheduler(part)
        environment = {**os.environ, **variables, "PATH": bundled_command}
        environment |= {"ARCHIVE": str(archive), "RESULTS": str(tmp_path / "results")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        name = f"part-{part:05}.parquet"
        assert (tmp_path / "results" / name).exists()
        found += results(tmp_path / "results" / f"{name}.journal.ndjson")
    paths = [one["path"] for one in found]
    assert sorted(paths) == sorted(map(str, archive.rglob("*.png")))


@pytest.fixture
def bundled_command(tmp_path) -> str:
    """A PATH on which `edge-classify` is this one."""
    from edge.model_file.bundled import bundled_model

    if bundled_model("auto") is None:
        pytest.skip("no model is bundled")
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "edge-classify"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edge "$@"\n')
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
