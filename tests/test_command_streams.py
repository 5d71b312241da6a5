"""The commands of the workstation and their standard streams, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REPORT = "docs/benchmarks/report.json"
MERGE = f"benchmarks merge {REPORT} {REPORT}"
PRINTING = ["train --help", "export --help", "benchmarks --help", "benchmarks schema", MERGE]


def shell(command, redirection=""):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m {command} {redirection}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_leaves_ends_a_command_quietly(command):
    """As `| head -1`, but that none of it is read for certain."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", PRINTING)
def test_a_full_disk_is_one_line(command):
    status, _, err = shell(command, ">/dev/full")
    assert status == 2
    assert err.endswith(
        "the results cannot be written (No space left on device); free some space\n"
    )
    assert len(err.splitlines()) == 1


def test_closed_streams():
    assert shell("train --epoch", "2>&-")[0] == 2
    assert shell("train --help", "<&-")[0] == 0
    status, _, err = shell(MERGE, ">&-")
    assert (status, err) == (
        2,
        "benchmarks: there is no standard output to write to (it is closed)\n",
    )


WITHOUT = """
import sys
for name in ("tensorflow", "keras"):
    sys.modules[name] = None
from {package}.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("package", "given", "extra"),
    [
        ("train", "--data phantom", "train"),
        ("train", "--data phantom --inspect", "train"),
        ("export", "", "export"),
        ("benchmarks", "transfer", "train"),
    ],
)
def test_without_its_extra_a_command_names_it(package, given, extra, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(package=package), *given.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == f"{package}: needs keras; run: pip install 'mri-edge[{extra}]'\n"
    assert list(tmp_path.iterdir()) == []
