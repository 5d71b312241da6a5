"""Measure what reports cost a node that sends them: time, memory, and slices that come meanwhile.

    python docs/scripts/node_report_speed.py [--size 256] [--slices 100] [--runs 5]

A study is sent to a node, and judged one second later. As soon as its report is being made, 20
slices of another study are sent, with `--send-results` and, to compare, without. The archive is
dcmtk's `storescp`. The memory is the most that all processes of the node took together at any look,
one each 20 ms, each page that they share counted once (PSS). Pages that other programs of the
machine share, libraries above all, count in part: run it where nothing else uses the same ones.
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from node_speed import free_port, memory_of_group, send, tool, wait_for, write_slices

_LATER = 20
_SETTLE = 1.0


def run(first: Path, second: Path, work: Path, counts: tuple[int, int], sends: bool) -> dict:
    """Seconds and megabytes of one run."""
    port, target, spool, received = free_port(), free_port(), work / "spool", work / "received"
    received.mkdir()
    command = [sys.executable, "-m", "edge", "--scp", f"127.0.0.1:{port}", "--spool", str(spool)]
    command += ["--settle", str(_SETTLE)]
    if sends:
        command += ["--send-results", f"ARCHIVE@127.0.0.1:{target}", "--queue", str(work / "queue")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    archive = subprocess.Popen([tool("storescp"), "-od", str(received), str(target)], **quiet)
    server = subprocess.Popen(command, start_new_session=True, **quiet)
    lines, studies = (spool / f".mri-edge-results{part}.ndjson" for part in ("", ".studies"))
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], memory_of_group(server.pid) / 1e6)

    watch = threading.Thread(target=look)
    try:
        wait_for(port)
        watch.start()
        send(first, port, no_delay=True)
        until(lambda: count(lines) >= counts[0])
        settled = time.perf_counter() + _SETTLE
        if sends:
            until((work / "queue" / "waiting").exists)
            until(lambda: any((work / "queue" / "waiting").iterdir()))
        else:
            until(lambda: count(studies) >= 1)
        began = time.perf_counter()
        send(second, port, no_delay=True)
        until(lambda: count(lines) >= sum(counts))
        meanwhile = time.perf_counter() - began
        until(lambda: count(studies) >= 1)
        found = {"meanwhile": meanwhile, "line": time.perf_counter() - settled}
        if sends:
            line = json.loads(studies.read_text().splitlines()[0])
            assert line["report"] == "queued"
            until(lambda: count(studies) == 2 and not any((work / "queue/waiting").iterdir()))
            found["objects"] = len(list(received.iterdir()))
        over.set()
        return {**found, "memory": most[0]}
    finally:
        over.set()
        server.send_signal(signal.SIGTERM)
        server.wait()
        archive.kill()
        archive.wait()
        watch.join()
        subprocess.run(["rm", "-rf", *map(str, (spool, work / "queue", received))], check=True)


def count(path: Path) -> int:
    """Lines of a file."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def until(true) -> None:
    """Wait for something."""
    last = time.monotonic() + 300
    while not true():
        assert time.monotonic() < last
        time.sleep(0.005)


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        first = write_slices(work / "first", given.size, given.slices)
        second = write_slices(work / "second", given.size, _LATER)
        counts = given.slices, _LATER
        found: dict[bool, list[dict]] = {True: [], False: []}
        for _ in range(given.runs):
            for sends in found:
                found[sends].append(run(first, second, work, counts, sends))
    for sends, runs in found.items():
        print("with --send-results" if sends else "without")
        for name in runs[0]:
            values = [one[name] for one in runs]
            print(f"  {name}: {statistics.median(values):.2f} "
                  f"({min(values):.2f} to {max(values):.2f})")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
