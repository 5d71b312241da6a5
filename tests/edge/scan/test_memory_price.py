"""What a scan costs in memory, and what there is."""

import io
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.errors import ImageError, ShortOfMemoryError
from edge.parallel.pipeline import classify_one
from edge.parallel.worker_process import LostWorkerError, Worker
from edge.scan import memory_price
from edge.scan.decode import read_scan
from edge.scan.memory_price import SMALL, check_memory, in_turn, room, share_turns

MB = 1_000_000


@pytest.fixture
def memory(monkeypatch):
    """Say how much memory is free, and how much there is, in MB; every scan is asked for."""

    def there_is(free: int, most: int) -> None:
        monkeypatch.setattr(memory_price, "room", lambda: (free * MB, most * MB))
        monkeypatch.setattr(memory_price, "SMALL", 0)

    return there_is


def test_what_will_never_fit_is_told_from_what_does_not_fit_now(memory):
    memory(100, 1000)
    check_memory(100 * MB, "x")
    with pytest.raises(ShortOfMemoryError, match=r"x: needs about 101 MB .* are 100 MB now; try"):
        check_memory(101 * MB, "x")
    with pytest.raises(ImageError, match=r"about 751 MB .* of the 1000 MB .* may take 750") as told:
        check_memory(751 * MB, "x")
    assert not isinstance(told.value, ShortOfMemoryError)


def test_small_scans_do_not_ask(monkeypatch):
    monkeypatch.setattr(memory_price, "room", lambda: pytest.fail("it asked"))
    check_memory(SMALL - 1, "x")


# How many bytes a pixel each needs at least, from docs/explanation/hostile-input.md.
KINDS = [
    ("PNG", "L", {}, 1),
    ("PNG", "RGB", {}, 4),
    ("PNG", "LA", {}, 17),
    ("PNG", "RGBA", {}, 20),
    ("PNG", "L", {"transparency": 0}, 14),
    ("PNG", "I;16", {}, 8),
    ("JPEG", "RGB", {}, 4),
    ("JPEG", "RGB", {"progressive": True, "subsampling": 0}, 10),
    ("JPEG", "RGB", {"restart_marker_rows": 1}, 4),
    ("TIFF", "F", {}, 12),
    ("TIFF", "RGBA", {}, 20),
    ("GIF", "P", {"transparency": 3}, 17),
    ("WebP", "RGB", {}, 16),
    ("WebP", "RGBA", {}, 28),
    ("BMP", "RGB", {}, 4),
]


@pytest.mark.parametrize(("kind", "mode", "options", "least"), KINDS)
def test_the_price_is_that_of_the_worst_step(monkeypatch, kind, mode, options, least):
    pixels = np.tile(np.linspace(1, 250, 500), (500, 1))
    image = Image.fromarray(pixels.astype(np.uint16 if mode == "I;16" else np.uint8))
    image = image if mode == "I;16" else image.convert(mode)
    if mode == "RGBA":
        image.putalpha(image.convert("L"))  # encoders leave out one that hides nothing
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    asked = []
    monkeypatch.setattr(
        "edge.scan.picture.decode_picture.check_memory", lambda needed, name: asked.append(needed)
    )
    read_scan(stream.getvalue())
    assert pixels.size * least <= max(asked) <= pixels.size * 2 * (least + 2)


def png16(color: int, samples: int, side: int = 200) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    row = b"\0" + b"".join(struct.pack(">H", x * 300) * samples for x in range(side))
    head = struct.pack(">2I5B", side, side, 16, color, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(row * side)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.mark.parametrize(("color", "samples", "each"), [(2, 3, 24), (4, 2, 25), (6, 4, 41)])
def test_deep_png_files_are_decoded_twice(memory, color, samples, each):
    data = png16(color, samples)
    memory(10, 10)
    read_scan(data)
    memory(int(200 * 200 * each / MB / 0.75), 1)
    with pytest.raises(ImageError, match="of memory to be decoded"):
        read_scan(data)


def test_dicom_is_priced_by_its_cells(memory, tmp_path):
    pytest.importorskip("pydicom")
    from tests.edge.dicom_files import write_dicom

    path = tmp_path / "a.dcm"
    write_dicom(path, np.full((1000, 1000), 7, np.uint16))
    memory(7, 1000)
    with pytest.raises(ShortOfMemoryError, match="needs about 11 MB"):
        read_scan(path)


def test_evening_is_priced(memory, tmp_path):
    path = tmp_path / "a.png"
    Image.new("L", (1000, 1000), 9).save(path, dpi=(100, 400))
    memory(4, 1000)
    with pytest.raises(ShortOfMemoryError, match="needs about 5 MB"):
        read_scan(path)


@pytest.mark.parametrize("kind", ["png", "tif", "dcm"])
def test_memory_that_runs_out_is_not_damage(any_model, tmp_path, monkeypatch, kind):
    from edge import Classifier

    path = tmp_path / f"a.{kind}"
    if kind == "dcm":
        pytest.importorskip("pydicom")
        from tests.edge.dicom_files import write_dicom

        write_dicom(path, np.full((64, 64), 7, np.uint16))
        monkeypatch.setattr("edge.scan.dicom.slice.pixel_cells", _no_memory)
    else:
        Image.new("L", (64, 64), 9).save(path)
        monkeypatch.setattr("edge.scan.picture.decode_picture.to_l_or_rgb", _no_memory)
    outcome = classify_one(Classifier(any_model), path)
    assert (
        outcome.error == f"{path}: memory ran out while it was decoded; try again when more is free"
    )
    assert outcome.short
    assert outcome.unread


def _no_memory(*_):
    raise MemoryError


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


BOARD = {"proc/meminfo": "MemTotal: 1000000 kB\nMemFree: 1 kB\nMemAvailable: 600000 kB\n"}


@pytest.mark.parametrize("version", [1, 2])
def test_room_is_the_least_that_anybody_allows(tmp_path, version):
    """The unit has 400 MB, of which 120 are used, 20 by files that were read."""
    if version == 2:
        top, line = "sys/fs/cgroup", "0::/system.slice/mri.service"
        names = "memory.max", "memory.current", "inactive_file", "max"
    else:
        top, line = "sys/fs/cgroup/memory", "4:cpu,memory:/system.slice/mri.service"
        names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", str(2**63)
    limit, usage, cache, none = names
    unit = f"{top}/system.slice/mri.service"
    root = write(
        tmp_path,
        {
            **BOARD,
            "proc/self/cgroup": f"3:cpuset:/other\n{line}\n",
            f"{unit}/{limit}": f"{400 * MB}\n",
            f"{unit}/{usage}": f"{120 * MB}\n",
            f"{unit}/memory.stat": f"anon 5\n{cache} {20 * MB}\n",
            f"{top}/system.slice/{limit}": f"{none}\n",
            f"{top}/system.slice/{usage}": f"{900 * MB}\n",
        },
    )
    assert room(str(root)) == (300 * MB, 400 * MB)


def test_room_in_a_container_whose_path_is_that_of_the_host(tmp_path):
    root = write(
        tmp_path,
        {
            **BOARD,
            "proc/self/cgroup": "0::/docker/1234\n",
            "sys/fs/cgroup/memory.max": f"{200 * MB}",
            "sys/fs/cgroup/memory.current": f"{50 * MB}",
        },
    )
    assert room(str(root)) == (150 * MB, 200 * MB)


def test_room_of_a_board_without_limits(tmp_path):
    assert room(str(write(tmp_path, BOARD))) == (600_000 << 10, 1_000_000 << 10)


def test_a_system_that_tells_nothing_has_no_limit(tmp_path):
    assert min(room(str(tmp_path))) > 1 << 50


@pytest.mark.skipif(not os.path.exists("/proc/meminfo"), reason="no /proc on this system")
def test_room_here():
    free, most = room()
    assert 0 < free <= most


@pytest.mark.parametrize(("kind", "options"), [("WebP", {}), ("JPEG", {"progressive": True})])
def test_memory_that_a_library_lacks_is_not_damage(monkeypatch, tmp_path, kind, options):
    """libwebp says "could not create decoder object", libjpeg "broken data stream"."""
    path = tmp_path / "a"
    Image.new("RGB", (64, 64), 9).save(path, kind, **options)
    monkeypatch.setattr("edge.scan.picture.decode_picture.to_l_or_rgb", _fails)
    monkeypatch.setattr(memory_price, "room", lambda: (1 << 40, 1 << 40))
    with pytest.raises(ImageError, match="is truncated or damaged"):
        read_scan(path)
    monkeypatch.setattr(memory_price, "SMALL", 0)
    first = 2 if kind == "JPEG" else 1  # the file as it is, and the picture
    answers = iter([(1 << 40, 1 << 40)] * first + [(1, 1 << 40)])
    monkeypatch.setattr(memory_price, "room", lambda: next(answers))
    with pytest.raises(ShortOfMemoryError):
        read_scan(path)


def _fails(*_):
    raise OSError("broken data stream when reading image file")


def large_png(path: Path) -> Path:
    """16 million pixels of grey with transparency, for which 336 MB are asked."""
    Image.new("LA", (4000, 3990)).save(path)
    return path


PEAK = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from edge.scan.decode import decode
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(4) as pool:
    sizes = list(pool.map(lambda name: decode(name).size, sys.argv[1:]))
assert sizes == [(4000, 3990)] * 6, sizes
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1024)
"""


def test_threads_decode_what_is_large_in_turns(tmp_path):
    files = [str(large_png(tmp_path / f"{i}.png")) for i in range(6)]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *files], capture_output=True, text=True, check=True
    )
    # One takes 260 MB, of which 16 stay as its image; four at a time took 1,000.
    assert float(done.stdout) < 500


def hold_a_turn(path: str, seconds: float) -> None:
    with in_turn:
        check_memory(SMALL, "x")
        began = time.monotonic()
        time.sleep(seconds)
        Path(path).write_text(f"{began} {time.monotonic()}")


def test_worker_processes_take_turns_too(tmp_path):
    share_turns()
    workers = [Worker(lambda name: hold_a_turn(name, 0.1)) for _ in range(3)]
    names = [str(tmp_path / f"{i}") for i in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda worker, name: worker(name), workers, names))
    for worker in workers:
        worker.close()
    spans = sorted([float(part) for part in Path(name).read_text().split()] for name in names)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_a_process_that_dies_leaves_its_turn_to_the_next(tmp_path):
    share_turns()
    victim, next_one = (
        Worker(lambda name: hold_a_turn(name, 30 if "never" in name else 0)) for _ in range(2)
    )
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(victim, str(tmp_path / "never"))
        time.sleep(0.2)
        os.kill(victim._pid, signal.SIGKILL)
        with pytest.raises(LostWorkerError):
            asked.result(timeout=5)
        pool.submit(next_one, str(tmp_path / "next")).result(timeout=5)
    assert (tmp_path / "next").exists()
    next_one.close()


def test_who_decodes_nothing_takes_no_turn():
    check_memory(SMALL, "x")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold_a_turn, os.devnull, 0).result(timeout=5)
