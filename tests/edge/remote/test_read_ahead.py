"""Reading ahead: in order, and never more in memory than may be."""

import threading
import time

import pytest

from edge.remote import read_ahead
from edge.remote.url import RemoteScan


@pytest.fixture
def reads(monkeypatch):
    """Reads that are made up; the bytes that were read and not given back yet."""
    lock, seen = threading.Lock(), {"now": 0, "most": 0, "at once": 0}
    at_once = []

    def read(scan, max_pixels):
        with lock:
            at_once.append(1)
            seen["now"] += scan.size
            seen["most"] = max(seen["most"], seen["now"])
            seen["at once"] = max(seen["at once"], len(at_once))
        time.sleep(0.002 * (int(scan.url[-1]) % 3))
        with lock:
            at_once.pop()
        if scan.url.endswith("7"):
            raise ValueError(scan.url)
        return scan.url

    monkeypatch.setattr(read_ahead, "read_remote", read)
    return seen


def test_in_order_within_bounds(reads):
    scans = [RemoteScan(f"s3://b/{i}", 10) for i in range(100)]
    taken = []
    for one in read_ahead.read_ahead(
        scans, lambda one: one, lambda one, got: (one, got), 1, readers=4, most=50
    ):
        taken.append(one)
        reads["now"] -= 10
    assert [one for one, _ in taken] == scans
    assert all(str(got) == one.url for one, got in taken)
    assert reads["most"] <= 60  # the one that was just handed out is not counted any more
    assert 1 < reads["at once"] <= 4


def test_one_larger_than_all_goes_alone_and_files_go_through(reads):
    items = ["a.png", RemoteScan("s3://b/1", 1000), "b.png", RemoteScan("s3://b/2", 1000)]
    found = read_ahead.read_ahead(
        items,
        lambda one: one if isinstance(one, RemoteScan) else None,
        lambda one, got: got,
        1,
        readers=3,
        most=50,
    )
    assert [*found] == ["a.png", "s3://b/1", "b.png", "s3://b/2"]
    assert reads["most"] <= 2000
