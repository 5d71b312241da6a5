"""Scans that end the process that reads them, in a batch that can go on."""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.edge.app.batches import SCANS
from tests.edge.conftest import results

DEADLY = """
import os, signal, sys, time
import edge.parallel.scan_process as it
real = it.classify_one
def classify_one(classifier, scan, *more, name):
    path, name = name, os.path.basename(name)
    with open(os.environ["TRIED"], "a") as file:
        file.write(name + "\\n")
    if name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("all"):
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("spin"):
        while True: pass
    if name.startswith("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    return real(classifier, scan, *more, name=path)
it.classify_one = classify_one
from edge.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def deadly(any_model, archive, tmp_path):
    """Start the command, to which files do things by their names; and how often each was tried."""
    script, tried = tmp_path / "deadly.py", tmp_path / "tried"
    script.write_text(DEADLY)

    def start(name, *more, jobs=2):
        if not (archive / "f1" / name).exists():
            shutil.copy(archive / "f1" / "001.png", archive / "f1" / name)
        command = [sys.executable, script, archive, "--model", any_model, "--resume"]
        command += ["--out", tmp_path / "results.ndjson", "--jobs", jobs, *more]
        process = subprocess.run(
            list(map(str, command)),
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={**os.environ, "TRIED": str(tried)},
            check=False,
        )
        count = Counter(tried.read_text().split())
        return process.returncode, process.stderr, count

    return start


@pytest.mark.parametrize(
    ("name", "reason", "jobs"),
    [
        ("kill.png", "its process was ended by SIGKILL", 1),
        ("kill.png", "its process was ended by SIGKILL", 3),
        ("spin.png", "it took more than 0.3 seconds", 2),
        ("stop.png", "it took more than 0.3 seconds", 2),
    ],
)
def test_a_file_that_ends_its_process_twice_gets_an_error(
    deadly, archive, tmp_path, name, reason, jobs
):
    status, err, tried = deadly(name, "--timeout", "0.3", jobs=jobs)
    assert status == 1
    assert "Traceback" not in err
    found = {os.path.basename(one["path"]): one for one in results(tmp_path / "results.ndjson")}
    assert len(found) == len(results(tmp_path / "results.ndjson")) == SCANS + 1
    error = found.pop(name)["error"]
    assert "the process that read it ended 2 times" in error
    assert reason in error
    assert error in err
    assert all(one["verdict"] for one in found.values())
    assert tried[name] == 2
    os.utime(archive / "f1" / name)  # touched, the same content
    status, err, tried = deadly(name)
    assert (status, tried[name]) == (1, 2), "it is not tried again, and not forgotten"
    assert f"0 results, {SCANS + 1} were there before" in err


def test_a_file_that_ends_the_whole_command_is_found_out(deadly, tmp_path):
    """As the system may do for want of memory; with several in work at once, one is to blame."""
    statuses = []
    while not statuses or statuses[-1] == -signal.SIGKILL:
        status, err, tried = deadly("all.png", jobs=3)
        statuses.append(status)
        assert len(statuses) < 6
    assert statuses[-1] == 1, err
    found = {os.path.basename(one["path"]): one for one in results(tmp_path / "results.ndjson")}
    assert len(found) == len(results(tmp_path / "results.ndjson")) == SCANS + 1
    assert [name for name, one in found.items() if one["error"]] == ["all.png"]
    assert tried["all.png"] == 2
