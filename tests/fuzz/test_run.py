"""The long run itself: what it finds, that it goes on, and a few inputs of every reader."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")
pytest.importorskip("sklearn", reason="reading runs needs the train extra")

from tests.fuzz.readers import Reader, all_readers
from tests.fuzz.run import _in_a_process

ROOT = Path(__file__).parents[2]
_EACH = 40


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    return all_readers(tmp_path_factory.mktemp("fuzz"))


def test_inputs_of_every_reader(readers):
    """Each a few, the same every time; as many as one wants are `python -m tests.fuzz.run`."""
    accepted = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's and pydicom's remarks on odd files
        for name, reader in readers.items():
            made = (reader.make(Random(f"test {name} {i}")) for i in range(_EACH))
            accepted[name] = sum(map(reader.check, made))
    assert len(accepted) == 35
    assert sum(accepted.values()) < _EACH * len(accepted)
    never = {name for name, count in accepted.items() if not count}
    assert len(never) < 8, f"of these no input was accepted, so little was tried: {never}"


def check(made: int) -> bool:
    """A reader with a fault of each kind."""
    if made == 2:
        raise KeyError("finding")
    if made == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    if made == 6:
        time.sleep(1)
    return made % 2 == 0


def test_whatever_is_wrong_is_a_finding_and_the_rest_follows():
    args = argparse.Namespace(seed=0, seconds=0.5, memory=512)
    found, accepted, at = [], 0, 0
    while at < 10:
        made = iter(range(at, 10))
        reader = Reader(lambda random, made=made: next(made), check, 1)
        for note in _in_a_process(reader, args, 0, at, 10):
            at = note["next"]
            accepted += note.get("accepted", 0)
            found += [(at - 1, note["finding"])] if "finding" in note else []
    assert [number for number, _ in found] == [2, 4, 6]
    assert "KeyError: 'finding'" in found[0][1]
    assert found[1][1] == "the process died (SIGKILL)"
    assert found[2][1].startswith("took 1")
    assert accepted == 3  # 0, 6 and 8


def test_it_goes_on_where_it_was(tmp_path):
    def run(count: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "tests.fuzz.run", "--only", "names", "--seed", "3"]
        command += ["--count", count, "--log", str(log), "--jobs", "2"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    log = tmp_path / "log.ndjson"
    done = run("2500")
    assert done.returncode == 0, done.stderr
    assert "| all | 2,500 |" in done.stdout
    whole = log.read_text().splitlines()
    # Killed while it wrote the last line.
    log.write_text("\n".join([*whole[:2], whole[2][:9]]))
    again = run("2500")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("2 chunks")

    def plain(lines):
        keys = ("chunk", "reader", "inputs", "accepted")
        rows = (json.loads(line) for line in lines[1:])
        return sorted([row[key] for key in keys] for row in rows)

    assert plain(log.read_text().splitlines()) == plain(whole)
    assert "name another with --log" in run("9000").stderr
