"""A Dask cluster of processes of its own, with workers that can be slow, wrong or deadly."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
CUSTOM = """
import os, signal, time
import edge
import edge.parallel.scan_process as process
classify, slow = process.classify_one, float(os.environ.get("TEST_SLOW", "0"))
def classify_one(classifier, scan, *more, name=None):
    time.sleep(slow)
    if "poison" in (name or str(scan)):
        os.kill(os.getpid(), signal.SIGKILL)
    return classify(classifier, scan, *more, name=name)
process.classify_one = classify_one
import edge.cluster.task_process
edge.cluster.task_process.classify_one = classify_one
if "TEST_VERSION" in os.environ:
    import edge.cluster.worker
    edge.cluster.worker.__version__ = os.environ["TEST_VERSION"]
if "TEST_MODEL" in os.environ:
    import edge.cluster.worker as worker
    read = worker.read_model
    worker.read_model = lambda path, trust: read(os.environ["TEST_MODEL"], trust)
"""
"""sitecustomize.py, which Python imports at its start."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    """A scheduler and workers, each of which can be killed."""

    def __init__(self, folder: Path, slow: float = 0.0):
        self._folder = folder
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        (folder / "custom").mkdir()
        (folder / "custom" / "sitecustomize.py").write_text(CUSTOM)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder / "custom"), str(ROOT)]),
            "TEST_SLOW": str(slow),
        }
        self.workers: list[subprocess.Popen] = []
        self.start()

    def start(self) -> None:
        """The scheduler."""
        self.scheduler = self._run(
            "dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the scheduler did not start")

    def add_worker(self, **environment: str) -> None:
        self.workers.append(
            self._run(
                *("dask_worker", self.address, "--nthreads", "1", "--no-nanny"),
                *("--no-dashboard", "--memory-limit", "0"),
                *("--local-directory", str(self._folder / "local")),
                **environment,
            )
        )

    def _run(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )

    def close(self) -> None:
        for process in (self.scheduler, *self.workers):
            kill(process)


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
