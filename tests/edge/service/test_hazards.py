"""What lies in a watched folder besides scans, and what happens to it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from PIL import Image

from edge.service.watch import RESULTS
from tests.edge.conftest import results
from tests.edge.service.test_watch import finish, start, wait_for


def put(path, data: bytes, mtime: int = 1_600_000_000) -> None:
    """Under another name first, as `cp -p` and unzip do not, so with a new inode."""
    new = path.with_name(f".{path.name}")
    new.write_bytes(data)
    os.utime(new, (mtime, mtime))
    os.replace(new, path)


@pytest.fixture
def bright_and_dark(scan, tmp_path) -> tuple[bytes, bytes]:
    """Two scans of the same size to the byte."""
    found = []
    for mean in (180, 40):
        Image.open(scan(mean)).save(tmp_path / "x.bmp")
        found.append((tmp_path / "x.bmp").read_bytes())
    assert len(found[0]) == len(found[1])
    return tuple(found)


@pytest.mark.parametrize("way", ["renamed", "written over"])
def test_a_replacement_of_the_same_name_size_and_time(
    watch_in_process, inbox, bright_and_dark, way
):
    path = inbox / "a.bmp"
    for data, verdicts in zip(bright_and_dark, (["tumor"], ["tumor", "no_tumor"]), strict=True):
        if way == "renamed":
            put(path, data)
        else:
            path.write_bytes(data)
            os.utime(path, (1_600_000_000,) * 2)
        found, _ = watch_in_process(5)
        assert [one["verdict"] for one in found] == verdicts
    put(path, bright_and_dark[1])  # the same once more
    assert len(watch_in_process(5)[0]) == 2, "nothing is doubled"


def test_a_replacement_while_it_runs(any_model, inbox, bright_and_dark):
    process = start(inbox, any_model)
    for number, data in enumerate(bright_and_dark * 2, 1):
        put(inbox / "a.bmp", data)
        # The third and fourth are known by their content.
        wait_for(lambda number=number: len(lines(inbox / RESULTS)) == min(number, 2))
        time.sleep(0.25)
    assert finish(process)[0] == 0
    assert [one["verdict"] for one in results(inbox / RESULTS)] == ["tumor", "no_tumor"]


def lines(path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def test_results_from_before_an_update_are_not_doubled(watch_in_process, scan, inbox):
    import json

    for number in range(3):
        (inbox / f"{number}.png").write_bytes(scan(180).read_bytes())
    assert len(watch_in_process(4)[0]) == 3
    path = inbox / RESULTS
    old = [json.loads(line) for line in path.read_text().splitlines()]
    for one in old:
        del one["file"]["inode"], one["file"]["ctime_ns"]
    path.write_text("".join(json.dumps(one) + "\n" for one in old))
    assert watch_in_process(4)[0] == old


def test_pipes_sockets_devices_and_holes_are_known_before_they_are_read(
    any_model, scan, inbox, tmp_path, monkeypatch
):
    os.mkfifo(inbox / "pipe.png")
    monkeypatch.chdir(inbox)  # a socket's name is 108 bytes at most
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        (inbox / "zero.png").symlink_to("/dev/zero")
        heads = {"hole.png": scan(180).read_bytes(), "hole.tif": b"II*\0", "hole": b"a text"}
        for name, head in heads.items():
            with open(inbox / name, "wb") as file:
                file.write(head)
                file.truncate(200 << 30)
        (inbox / "a.png").write_bytes(scan(180).read_bytes())
        out = tmp_path / "results.ndjson"
        process = start(inbox, any_model, "--out", out)
        wait_for(lambda: len(lines(out)) == 4)
        time.sleep(0.5)
        status, _, err = finish(process)
    found = {os.path.basename(one["path"]): one for one in results(out)}
    assert status == 0
    assert set(found) == {"a.png", *heads}
    assert found["a.png"]["verdict"] == "tumor"
    for name in heads:
        assert found[name]["error"]
        assert found[name]["file"]["sha256"] is None
    for name in ("pipe.png", "socket.png", "zero.png"):
        assert err.count(f"{inbox / name}: is no regular file") == 1


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_takes_a_scans_place_is_not_waited_for(tmp_path, scan, kind):
    """Between the question what it is and its opening."""
    from edge.errors import ImageError
    from edge.scan import file_format
    from edge.scan.decode import read_scan

    path, stat = scan(180), os.stat

    def then_replaced(name, **options):
        answer = stat(name, **options)
        path.unlink()
        if kind == "pipe":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_format.os, "stat", then_replaced)
        with pytest.raises(ImageError, match="is not a regular file"):
            read_scan(path)


def test_own_results_are_no_scans(any_model, scan, inbox):
    """`--watch .` with the results in it, and a batch's beside them."""
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    for kind in ("csv", "json", "ndjson"):
        command = [sys.executable, "-m", "edge", scan(40), "--model", any_model, "--format", kind]
        subprocess.run([*map(str, command), "--out", inbox / f"batch.{kind}"], check=True)
    (inbox / "empty.ndjson").touch()
    process = start(inbox, any_model, "--out", inbox / "results.ndjson")
    wait_for(lambda: len(lines(inbox / "results.ndjson")) == 1)
    time.sleep(0.8)
    status, _, err = finish(process)
    assert status == 0
    assert [one["verdict"] for one in results(inbox / "results.ndjson")] == ["tumor"]
    assert err.count("batch.csv: holds results; it is left alone") == 1


def test_two_watchers_do_not_feed_each_other(any_model, scan, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "a.png").write_bytes(scan(180).read_bytes())
    processes = [
        start(watched, any_model, "--out", other / "results.ndjson")
        for watched, other in ((first, second), (second, first))
    ]
    for folder in (first, second):
        wait_for(lambda: lines(folder / "results.ndjson"))  # noqa: B023
    time.sleep(1.0)
    for process in processes:
        assert finish(process)[0] == 0
    for folder in (first, second):
        assert len(results(folder / "results.ndjson")) == 1


def test_results_are_cut_short(any_model, scan, inbox, tmp_path):
    """As by a log rotation that copies and truncates."""
    out = tmp_path / "results.ndjson"
    for number in range(3):
        (inbox / f"{number}.png").write_bytes(scan(180).read_bytes())
    process = start(inbox, any_model, "--out", out)
    wait_for(lambda: len(lines(out)) == 3)
    os.truncate(out, 0)
    wait_for(lambda: len(lines(out)) == 3)
    status, _, err = finish(process)
    assert status == 0
    assert len({one["path"] for one in results(out)}) == len(results(out)) == 3
    assert err.count("was cut short by another program") == 1


@pytest.mark.parametrize("ignored", [False, True])
def test_a_terminal_that_goes_away_ends_it_like_a_request(any_model, inbox, ignored):
    """But not under `nohup`."""
    command = [sys.executable, "-m", "edge", "--watch", inbox, "--model", any_model]
    process = subprocess.Popen(
        [*map(str, command), "--settle", "0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL
        ),
    )
    assert "watching" in process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    if ignored:
        time.sleep(0.5)
        assert process.poll() is None
    status, _, err = finish(process) if ignored else (process.wait(20), "", process.stderr.read())
    assert status == 0
    assert "stopped; each result is on disk" in err


def test_a_disk_that_is_taken_away(watch_in_process, scan, inbox, tmp_path, monkeypatch):
    """Its empty mount point is no empty folder of scans."""
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    ismount, answers = os.path.ismount, iter([True, False, False])
    monkeypatch.setattr(
        "edge.service.folder.os.path.ismount",
        lambda path: next(answers, True) if path == str(inbox) else ismount(path),
    )
    found, err = watch_in_process(6)
    assert [one["verdict"] for one in found] == ["tumor"]
    gone = f"{inbox}: what was mounted there is not any more; waiting for it to come back"
    assert err.count(gone) == 1
    assert err.count(f"{inbox}: is back") == 1


def test_a_scan_for_which_there_is_no_memory_now_is_tried_again(
    watch_in_process, scan, inbox, monkeypatch
):
    from edge.scan import memory_price

    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    monkeypatch.setattr(memory_price, "SMALL", 0)
    monkeypatch.setattr(memory_price, "room", lambda: (1, 1 << 40))
    found, err = watch_in_process(6)
    assert found == []
    assert err.count("MB now; try again when more is free; it will be tried again") == 1, "a pause"
    monkeypatch.setattr(memory_price, "room", lambda: (1 << 40, 1 << 40))
    assert [one["verdict"] for one in watch_in_process(3)[0]] == ["tumor"]


def test_being_told_to_end_is_not_forgotten(watch_in_process, monkeypatch):
    """Python drops what a handler raises in a callback, as it has some at each fork."""
    looks = []

    def wait(arrivals):
        looks.append(arrivals)
        assert len(looks) < 5, "it goes on"
        with suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("edge.service.arrivals.Arrivals.wait", wait)
    _, said = watch_in_process(9)
    assert len(looks) == 1
    assert "stopped; each result is on disk" in said


def test_a_live_model_may_be_copied_over(any_model, scan, inbox, tmp_path):
    other = shutil.copy(any_model, tmp_path / "other")
    process = start(inbox, any_model)
    assert "watching" in process.stderr.readline()
    os.truncate(any_model, 0)
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    wait_for(lambda: len(lines(inbox / RESULTS)) == 1)
    shutil.copyfile(other, any_model)
    (inbox / "b.png").write_bytes(scan(180).read_bytes())
    wait_for(lambda: len(lines(inbox / RESULTS)) == 2)
    status, _, err = finish(process)
    assert status == 0, err
    assert {one["verdict"] for one in results(inbox / RESULTS)} == {"tumor"}
