"""What tests of `--resume` wait for and look at."""

import time
from collections import Counter
from pathlib import Path

from tests.edge.conftest import results

SCANS = 300


def finish(process, status=0) -> str:
    _, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert "Traceback" not in err
    return err


def lines(path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition, process=None):
    end = time.monotonic() + 30
    while not condition() and (process is None or process.poll() is None):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def check(out, archive, wanted=SCANS):
    names = Counter(result["path"] for result in results(out))
    assert set(names.values()) == {1}
    assert set(names) == {str(path) for path in archive.rglob("*.png")}
    assert len(names) == wanted
    right = {"0": "no_tumor", "1": "tumor"}
    for one in results(out):
        number = int(Path(one["path"]).stem)
        assert one["verdict"] == right[str(number % 2)], one
