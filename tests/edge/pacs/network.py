"""A node, and what speaks with it: for the tests of this folder."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edge.service.watch import RESULTS
from tests.edge.conftest import MODELS
from tests.edge.dicom_files import write_dicom

STUDIES = ".mri-edge-results.studies.ndjson"
MR = "1.2.840.10008.5.1.4.1.1.4"


def tool(name: str) -> str:
    """A program's path; the test is skipped where it is not installed."""
    # Not those beside Python: pynetdicom's have the names of dcmtk's, and other options.
    beside = os.path.dirname(sys.executable)
    folders = [one for one in os.environ.get("PATH", "").split(os.pathsep) if one != beside]
    found = shutil.which(name, path=os.pathsep.join([*folders, "/usr/bin", "/usr/sbin"]))
    return found or pytest.skip(f"{name} is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(true, seconds: float = 30.0):
    """Wait until something is true, and return it."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def write_slices(
    folder: Path, count: int, *, study: str = "1.2.3", size: int = 64, first: int = 1, **elements
) -> list[Path]:
    """Slices of one series, each other pixels; their UIDs tell study and number."""
    folder.mkdir(exist_ok=True, parents=True)
    row = np.linspace(60, 140, size)
    files = []
    for number in range(first, first + count):
        values = (np.tile(row, (size, 1)) + number % 100).astype(np.uint8)
        values[0, 0] = number % 251
        names = {
            "StudyInstanceUID": study,
            "SeriesInstanceUID": f"{study}.1",
            "SOPInstanceUID": f"{study}.1.{number}",
            "InstanceNumber": number,
            **elements,
        }
        files.append(write_dicom(folder / f"{number:05}.dcm", values, **names))
    return files


class Node:
    """`edge-classify --scp` in a process group of its own."""

    def __init__(self, folder: Path, *options: str, port: int | None = None, wait: bool = True):
        self.spool, self.port = folder / "spool", port or free_port()
        self.log = folder / "node.err"
        kind = "tflite" if (MODELS / "tiny.tflite").exists() else "onnx"
        self._command = [
            *(sys.executable, "-m", "edge", "--scp", f"127.0.0.1:{self.port}"),
            *("--spool", str(self.spool), "--model", str(MODELS / f"tiny.{kind}"), *options),
        ]
        self._wait, self._starts = wait, 0
        self.start()

    def start(self) -> None:
        self._starts += 1
        with open(self.log, "ab") as log, open(f"{self.log}.out", "ab") as out:
            self.process = subprocess.Popen(
                self._command, stdout=out, stderr=log, start_new_session=True
            )
        if self._wait:
            until(self._is_ready)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        # "watching" is said before the receiver's process is made: who connects then waits.
        return self.said().count("watching") == self._starts

    def kill(self) -> None:
        """The node alone, as systemd or the kernel would: its children see to themselves."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def results(self) -> list[dict]:
        return read(self.spool / RESULTS)

    def studies(self) -> list[dict]:
        return read(self.spool / STUDIES)

    def said(self) -> str:
        return self.log.read_text()

    def memory(self) -> int:
        """Bytes of all its processes."""
        return memory_of_group(self.process.pid)


def memory_of_group(group: int) -> int:
    """Bytes of a group's processes, pages that they share counted once (PSS)."""
    total = 0
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(one.name)) == group:
                text = (one / "smaps_rollup").read_text()
                total += int(text.partition("\nPss:")[2].split()[0]) * 1024
        except OSError:
            continue
    return total


def read(path: Path) -> list[dict]:
    """Whole lines of a file of results; none if it is not there."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(True) if line.endswith("\n")]


def store(port: int, *files, program: str = "storescu", options=(), check=True):
    """Send by dcmtk; the ended process."""
    return subprocess.run(
        [tool(program), *options, "127.0.0.1", str(port), *map(str, files)],
        check=check,
        capture_output=True,
        text=True,
        timeout=120,
    )
