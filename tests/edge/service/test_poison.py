"""A file that takes more memory than there is costs nobody else a result.

The poison is harmless: 64 million pixels of one grey, with transparency. What a limit of memory
does to a process that passes it (systemd's MemoryMax, the system's OOM killer) a loop does here: it
looks at what processes have, and kills them.
"""

import os
import resource
import signal
import struct
import subprocess
import sys
import time
import zlib
from functools import cache
from pathlib import Path

import pytest

from edge.scan.memory_price import room
from tests.edge.conftest import results

SIDE = 8000
LIMIT = 400_000_000
"""Bytes, as in the unit of the how-to page."""
GOOD = 20
pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="no /proc on this system"
)


@cache
def poison() -> bytes:
    """An RGBA PNG of one grey, row by row: decoding makes 1.3 GB of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer, row = zlib.compressobj(9), b"\0" + b"\x80\x80\x80\xff" * SIDE
    data = b"".join(packer.compress(row) for _ in range(SIDE)) + packer.flush()
    head = struct.pack(">2I5B", SIDE, SIDE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture
def poisoned(inbox, scan):
    """Twenty scans and, the oldest of all, the poison."""
    for number in range(GOOD):
        (inbox / f"{number:02}.png").write_bytes(scan(180).read_bytes())
    (inbox / "poison.png").write_bytes(poison())
    os.utime(inbox / "poison.png", (1, 1))
    return inbox


def start(folder, model, out, limit=None) -> subprocess.Popen:
    command = [sys.executable, "-m", "edge", "--watch", folder, "--model", model, "--out", out]

    def limited():
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    return subprocess.Popen(
        [*map(str, command), "--settle", "0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize()


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.skipif(room()[1] < 3 * LIMIT * 2, reason="too little memory to get to the limit")
@pytest.mark.parametrize("killed", ["the largest", "all"])
def test_every_file_has_its_result(any_model, poisoned, tmp_path, killed):
    """Whether the system kills the largest process, or all of the unit, which is then restarted."""
    out, deaths, said = tmp_path / "results.ndjson", 0, ""
    process = start(poisoned, any_model, out)
    end = time.monotonic() + 120
    while time.monotonic() < end and len(results_so_far(out)) <= GOOD:
        family = [process.pid, *children(process.pid)]
        largest = max(family, key=resident)
        if resident(largest) > LIMIT:
            deaths += 1
            assert deaths <= 5, "it is not given up"
            for pid in family if killed == "all" else [largest]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            while resident(largest):
                time.sleep(0.01)
                process.poll()
        if process.poll() is not None:
            said += process.communicate()[1]
            process = start(poisoned, any_model, out)
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    said += process.communicate(timeout=20)[1]
    found = {os.path.basename(one["path"]): one for one in results(out)}
    assert len(found) == len(results(out)) == GOOD + 1
    poison = found.pop("poison.png")
    assert {one["verdict"] for one in found.values()} == {"tumor"}
    assert deaths == 2
    assert poison["verdict"] is None
    assert "the process that read it ended 2 times" in poison["error"]
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.glob(".*")] == [], "no note is left"


def results_so_far(path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def test_a_limit_that_is_known_costs_no_process(any_model, poisoned, tmp_path):
    out = tmp_path / "results.ndjson"
    process = start(poisoned, any_model, out, limit=1_500_000_000)
    end = time.monotonic() + 60
    while time.monotonic() < end and len(results_so_far(out)) <= GOOD:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    found = {os.path.basename(one["path"]): one for one in results(out)}
    assert len(found) == len(results(out)) == GOOD + 1
    assert "needs about 1345 MB of memory to be decoded" in found["poison.png"]["error"]
