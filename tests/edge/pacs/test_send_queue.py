"""The queue on disk."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from edge.pacs import send_queue
from edge.pacs.report.derived_object import Made, derived_uid
from edge.pacs.send_queue import QueueError, SendQueue


def made(number: int, size: int = 10) -> Made:
    return Made(derived_uid("test", str(number)), "1.2", bytes([number % 256]) * size)


@pytest.fixture
def queue(tmp_path):
    return SendQueue(str(tmp_path / "queue"), "A@h:104")


def test_an_object_waits_until_it_is_sent(queue):
    queue.add(made(1))
    queue.add(made(2))
    first, second = queue.waiting()
    assert Path(first).read_bytes() == made(1).data
    queue.sent(first)
    assert queue.waiting() == [second]
    queue.sent(first)  # by another process as well
    assert SendQueue(queue.folder, "A@h:104").waiting() == [second]


def test_the_same_object_waits_once(queue):
    queue.add(made(1))
    before = os.stat(queue.waiting()[0]).st_mtime_ns
    queue.add(made(1))
    (path,) = queue.waiting()
    assert os.stat(path).st_mtime_ns == before


def test_only_its_owner_may_look(queue):
    queue.add(made(1))
    for folder in (queue.folder, os.path.dirname(queue.waiting()[0])):
        assert os.stat(folder).st_mode & 0o077 == 0
    assert os.stat(queue.waiting()[0]).st_mode & 0o077 == 0


def test_it_belongs_to_one_destination(queue):
    with pytest.raises(QueueError, match=r"is the queue of A@h:104.*name another"):
        SendQueue(queue.folder, "B@h:104")


def test_it_is_bounded(queue, monkeypatch):
    monkeypatch.setattr(send_queue, "MOST_OBJECTS", 2)
    queue.add(made(1))
    queue.add(made(2))
    queue.refuse(queue.waiting()[0])
    with pytest.raises(QueueError, match="is full"):
        queue.add(made(3))
    monkeypatch.setattr(send_queue, "MOST_OBJECTS", 9)
    monkeypatch.setattr(send_queue, "MOST_BYTES", 25)
    with pytest.raises(QueueError, match="is full"):
        queue.add(made(3))


def test_a_full_disk_leaves_nothing_behind(queue, monkeypatch):
    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(QueueError, match="No space left"):
        queue.add(made(1))
    assert os.listdir(Path(queue.folder) / "waiting") == []
    assert not list(Path(queue.folder).glob("*.partial"))


def test_what_was_refused_is_kept_and_may_come_again(queue):
    queue.add(made(1))
    place = queue.refuse(queue.waiting()[0])
    assert queue.refused() == [place]
    assert queue.waiting() == []
    queue.add(made(1))
    assert len(queue.waiting()) == 1
    assert queue.refused() == []


def test_one_process_sends_at_a_time(queue):
    other = SendQueue(queue.folder, "A@h:104")
    with queue.sending() as alone, other.sending() as second:
        assert alone
        assert not second
    with other.sending() as alone:
        assert alone


def test_the_time_of_a_version_is_that_of_its_first_making(queue):
    first, later = datetime(2026, 1, 1, 10), datetime(2026, 1, 2, 11)
    assert queue.version("s", "1.2.1", first) == (first, None)
    assert queue.version("s", "1.2.2", later) == (later, "1.2.1")
    again = SendQueue(queue.folder, "A@h:104")
    assert again.version("s", "1.2.1", later) == (first, None)
    assert again.version("s", "1.2.2", first) == (later, "1.2.1")
    assert again.version("t", "1.2.3", later) == (later, None)


def test_damaged_versions_are_begun_anew(queue):
    first, later = datetime(2026, 1, 1, 10), datetime(2026, 1, 2, 11)
    queue.version("s", "1.2.1", first)
    for path in (Path(queue.folder) / "versions").iterdir():
        path.write_bytes(b"\xff\0 nothing")
    assert queue.version("s", "1.2.1", later) == (later, None)


def test_versions_are_bounded(queue, monkeypatch):
    monkeypatch.setattr(send_queue, "_MOST_STUDIES", 20)
    for number in range(40):
        queue.version(str(number), "1.2", datetime(2026, 1, 1))
    assert len(os.listdir(Path(queue.folder) / "versions")) <= 20


def test_a_queue_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(QueueError, match="file is no folder; make it first"):
        SendQueue(str(tmp_path / "file" / "queue"), "A@h:104")


def test_killed_at_any_moment_an_object_is_whole_or_not_there(tmp_path):
    """And what was not finished is removed when it is old."""
    code = """
import sys
from edge.pacs.report.derived_object import Made, derived_uid
from edge.pacs.send_queue import SendQueue
queue = SendQueue(sys.argv[1], "A@h:104")
print("ready", flush=True)
for number in range(10**6):
    queue.add(Made(derived_uid(sys.argv[2], str(number)), "1.2", bytes([number % 256]) * 200_000))
"""
    folder = tmp_path / "queue"
    for attempt in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", code, folder, str(attempt)], stdout=subprocess.PIPE
        )
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.02 + 0.013 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    queue = SendQueue(str(folder), "A@h:104")
    assert queue.waiting()
    for path in queue.waiting():
        data = Path(path).read_bytes()
        assert len(data) == 200_000
        assert len(set(data)) == 1
    left = Path(folder, f"x{send_queue._PARTIAL}")
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    SendQueue(str(folder), "A@h:104")
    assert not left.exists()
