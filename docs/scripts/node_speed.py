"""Measure how long a node takes from 100 slices sent to 100 verdicts, beside sending alone.

    python docs/scripts/node_speed.py [--size 512] [--slices 100] [--pairs 7]

Sending alone is dcmtk's `storescu` to dcmtk's `storescp`, as it is and with TCP_NODELAY=1: without
it each answer waits for the system's delayed acknowledgement. Pairs are interleaved. The memory is
that of the node's processes, each page that they share counted once (PSS), when all is done.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.edge.dicom_files import write_dicom
from tests.edge.pacs.network import free_port, memory_of_group, tool
from train.phantom.make import make_phantom

_HEADS = 8


def write_slices(folder: Path, size: int, count: int) -> Path:
    """A series of generated heads, each with noise of its own."""
    from pydicom.uid import generate_uid

    folder.mkdir()
    study, series, noise = generate_uid(), generate_uid(), np.random.default_rng(0)
    heads = [make_phantom(seed, bool(seed % 2), size).pixels for seed in range(_HEADS)]
    for at in range(count):
        values = heads[at % _HEADS].astype(np.uint16) * 8
        values += noise.integers(0, 4, values.shape).astype(np.uint16)
        names = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
        write_dicom(folder / f"{at:04}.dcm", values, InstanceNumber=at + 1, **names)
    return folder


def send(folder: Path, port: int, no_delay: bool) -> float:
    """Seconds that `storescu` takes."""
    environment = {**os.environ, **({"TCP_NODELAY": "1"} if no_delay else {})}
    began = time.perf_counter()
    command = [tool("storescu"), "127.0.0.1", str(port), "+sd", str(folder)]
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def alone(folder: Path, work: Path, no_delay: bool) -> float:
    """To `storescp`."""
    port, target = free_port(), work / "received"
    target.mkdir()
    environment = {**os.environ, **({"TCP_NODELAY": "1"} if no_delay else {})}
    command = [tool("storescp"), "-od", str(target), str(port)]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        return send(folder, port, no_delay)
    finally:
        server.kill()
        server.wait()
        subprocess.run(["rm", "-r", str(target)], check=True)


def node(folder: Path, work: Path, count: int) -> tuple[float, float, float]:
    """Seconds of sending to a node, and until all verdicts are on disk; and megabytes of it."""
    port, spool = free_port(), work / "spool"
    command = [sys.executable, "-m", "edge", "--scp", f"127.0.0.1:{port}", "--spool", str(spool)]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    lines = spool / ".mri-edge-results.ndjson"
    try:
        wait_for(port)
        time.sleep(1)
        began = time.perf_counter()
        sent = send(folder, port, no_delay=False)
        while lines.read_bytes().count(b"\n") < count:
            time.sleep(0.005)
        return sent, time.perf_counter() - began, memory_of_group(server.pid) / 1e6
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
        subprocess.run(["rm", "-r", str(spool)], check=True)


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)


def main() -> int:
    """Print a line a pair, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("--size", 512), ("--slices", 100), ("--pairs", 7)):
        parser.add_argument(name, type=int, default=default)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        slices = write_slices(work / "slices", args.size, args.slices)
        for pair in range(args.pairs):
            row = (
                alone(slices, work, no_delay=False),
                alone(slices, work, no_delay=True),
                *node(slices, work, args.slices),
            )
            rows.append((*row, row[3] / row[0], row[3] / row[1]))
            print(pair + 1, *(f"{value:.2f}" for value in rows[-1]), flush=True)
    print("storescp | the same, TCP_NODELAY=1 | sent to node | all verdicts | MB | ratio to each")
    print("median", *(f"{statistics.median(column):.2f}" for column in zip(*rows, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
