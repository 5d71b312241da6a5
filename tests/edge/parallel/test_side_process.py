"""A child that does one thing beside its parent."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from edge.parallel.side_process import CRASHED, SideProcess
from edge.parallel.worker_process import Worker


def ended(process: SideProcess) -> int:
    ready, _, _ = select.select([process.descriptor], [], [], 10)
    assert ready
    return until_known(process)


def until_known(process):
    last = time.monotonic() + 10
    while process.status() is None and time.monotonic() < last:
        time.sleep(0.01)
    return process.status()


@pytest.fixture
def side():
    made = []

    def make(work, foreign=()):
        made.append(SideProcess(work, foreign, "a test"))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_its_status(side):
    assert ended(side(lambda: 0)) == 0
    assert ended(side(lambda: 3)) == 3
    assert ended(side(lambda: os.kill(os.getpid(), signal.SIGKILL))) == -signal.SIGKILL


def test_a_fault_is_told_without_what_it_says(side, capfd):
    assert ended(side(lambda: int("a name"))) == CRASHED
    assert "a test failed (ValueError)" in capfd.readouterr().err


def test_it_is_ended_with_what_it_has_in_hand(side):
    one = side(lambda: time.sleep(60) or 0)
    assert one.status() is None
    started = time.monotonic()
    one.close()
    one.close()
    assert time.monotonic() - started < 5


def test_no_other_child_keeps_it_alive(side):
    """A worker, and another one, that were forked later do not hold its parent's ends."""
    one = side(lambda: time.sleep(60) or 0)
    worker = Worker(lambda item: item)
    assert worker(1) == 1
    other = side(lambda: time.sleep(60) or 0)
    one.close()
    assert other.status() is None
    worker.close()


def test_what_is_its_parents_is_closed(side):
    ours, theirs = os.pipe()
    one = side(lambda: time.sleep(60) or 0, [theirs])
    os.close(theirs)
    assert os.read(ours, 1) == b""  # nobody holds the other end
    os.close(ours)
    one.close()


def test_it_ends_when_its_parent_is_killed(tmp_path):
    code = f"""
import os, time
from edge.parallel.side_process import SideProcess

def work():
    open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
    time.sleep(60)

one = SideProcess(work, [], "a test")
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    last = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < last
        time.sleep(0.02)
    child = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    while os.path.exists(f"/proc/{child}/exe"):
        assert time.monotonic() < last
        time.sleep(0.02)
