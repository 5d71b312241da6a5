"""`--out`: whole results replace what is there, anything less leaves it alone."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.results.result_file import ResultFile, why_unwritable
from tests.edge.conftest import heed_ctrl_c
from tests.edge.test_cli import run

EARLIER = "earlier results\n"


@pytest.fixture
def earlier(tmp_path) -> Path:
    """A file of earlier results, alone in its folder."""
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "results.json"
    path.write_text(EARLIER)
    return path


def is_untouched(earlier: Path) -> bool:
    return earlier.read_text() == EARLIER and os.listdir(earlier.parent) == [earlier.name]


def test_a_pipe_is_written_into(any_model, scan, tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    keep = os.open(pipe, os.O_RDWR)  # so that nobody waits for ever if it is replaced
    reader = threading.Thread(target=lambda: read.append(os.read(keep, 1 << 16)), daemon=True)
    reader.start()
    status, out, err = run(scan(180), "--model", any_model, "--format", "json", "--out", pipe)
    assert (status, out, err) == (0, "", "")
    assert pipe.is_fifo()
    reader.join(timeout=20)
    assert b'"notice"' in read[0]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd/1"), reason="no /proc on this system")
@pytest.mark.parametrize("redirected", [">", ">>"])
def test_standard_output_by_its_name(any_model, scan, tmp_path, redirected):
    log = tmp_path / "log"
    log.write_text(EARLIER)
    inode = log.stat().st_ino
    name = tmp_path / "stdout"  # not /dev/stdout itself, which a mistake would destroy
    name.symlink_to("/proc/self/fd/1")
    options = f"--model {any_model} --format ndjson --out {name} {redirected} {log}"
    command = f"{sys.executable} -m edge {scan(180)} {options}"
    subprocess.run(["bash", "-c", command], check=True)
    assert log.stat().st_ino == inode
    lines = log.read_text().splitlines()
    assert json.loads(lines[-1])["verdict"] == "tumor"
    assert len(lines) == len(redirected)
    assert name.is_symlink()


def test_a_link_is_followed(any_model, scan, earlier, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to("out/results.json")
    assert run(scan(180), "--model", any_model, "--format", "json", "--out", link)[0] == 0
    assert link.is_symlink()
    assert json.loads(earlier.read_text())["results"]
    assert os.listdir(earlier.parent) == [earlier.name]
    new = tmp_path / "new.json"
    new.symlink_to("out/new")
    assert run(scan(180), "--model", any_model, "--format", "json", "--out", new)[0] == 0
    assert json.loads((tmp_path / "out" / "new").read_text())["results"]


def test_an_error_of_the_model_costs_no_earlier_results(unknown_rule, scan, earlier):
    status, out, err = run(scan(180), scan(40, "b.png"), "--model", unknown_rule, "--out", earlier)
    assert (status, out) == (2, "")
    assert is_untouched(earlier)
    assert f"{unknown_rule}: the model asks for" in err
    assert f"{earlier}: is left as it was" in err


def test_an_engine_that_cannot_be_loaded_costs_no_earlier_results(
    any_model, scan, earlier, monkeypatch
):
    from edge import Classifier, EngineError
    from edge.app import batch
    from edge.app.arguments import parser

    def fail(*_):
        raise EngineError("no second engine")

    monkeypatch.setattr(batch, "_outcomes", fail)
    args = parser().parse_args([str(scan(180)), "--out", str(earlier)])
    assert batch.run_batch(Classifier(any_model), args) == 2
    assert is_untouched(earlier)


@pytest.mark.parametrize(
    ("sign", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
def test_a_signal_costs_no_earlier_results(any_model, scan, earlier, sign, status):
    command = [sys.executable, "-m", "edge", "-", "--model", any_model, "--out", earlier]
    process = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )
    process.stdin.write(f"{scan(180)}\n{earlier.parent / 'gone.png'}\n")
    process.stdin.flush()
    assert "gone.png" in process.stderr.readline()  # so it is among the scans
    process.send_signal(sign)
    _, err = process.communicate(timeout=20)
    assert process.returncode == status
    assert "interrupted after" in err
    assert "are complete" not in err
    assert is_untouched(earlier)


def test_two_at_once_write_whole_results_each(any_model, scan, earlier):
    """Both wrote to one temporary file, and the slower into what the quicker had put in place."""
    many = [scan(180)] * 40
    command = [sys.executable, "-m", "edge", *many, "--model", any_model, "--format", "csv"]
    both = [
        subprocess.Popen([*map(str, command), "--out", str(earlier)], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    lines = earlier.read_bytes().splitlines()
    assert len(lines) == 41
    assert not any(b"\0" in line for line in lines)


def test_a_signal_before_the_first_scan_leaves_nothing(any_model, earlier):
    command = [sys.executable, "-m", "edge", "-", "--model", any_model, "--out", earlier]
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE)
    end = time.monotonic() + 20
    while len(os.listdir(earlier.parent)) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 143
    assert is_untouched(earlier)


@pytest.mark.parametrize("size", [0, 2000])
def test_a_full_disk_costs_no_earlier_results(any_model, scan, earlier, size):
    scans = [scan(180)] * 20
    status, _, err = run(
        *scans,
        *("--model", any_model, "--format", "json", "--jobs", 1, "--out", earlier),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert status == 2
    assert err.startswith(f"edge-classify: {earlier}: the results cannot be written (File too")
    assert len(err.splitlines()) == 1
    assert is_untouched(earlier)


def test_a_folder_is_refused_before_any_work(any_model, scan, tmp_path):
    (tmp_path / "out").mkdir()
    pictures = tmp_path / "pictures"
    status, out, err = run(
        scan(180), "--model", any_model, "--out", tmp_path / "out", "--explain", pictures
    )
    assert (status, out) == (2, "")
    assert "out: is a folder" in err
    assert not pictures.exists()
    assert not list(tmp_path.glob("*.partial"))


def test_equal_process_ids_in_two_containers(tmp_path, monkeypatch):
    """Both write at once, to temporary files of their own; the last that is whole stays."""
    from edge.results.result_file import ResultFile

    monkeypatch.setattr(os, "getpid", lambda: 1)
    target = tmp_path / "results.txt"
    with ResultFile(str(target)) as first, ResultFile(str(target)) as second:
        first.stream.write("first" * 9)
        second.stream.write("second")
        assert len(os.listdir(tmp_path)) == 2
        first.replace()
        second.replace()
    assert target.read_text() == "second"
    assert os.listdir(tmp_path) == ["results.txt"]


@pytest.mark.parametrize(
    ("name", "more", "begins"),
    [
        ("a.csv", (), "path,verdict,"),
        ("a.JSON", (), '{"notice": '),
        ("a.ndjson", (), '{"path": '),
        ("a.html", (), "<!DOCTYPE html>"),
        ("a.json", ("--series",), '{"notice": '),
        ("a.csv", ("--format", "text"), "PATH: TUMOR"),
        ("a.log", (), "PATH: TUMOR"),
        ("csv", (), "PATH: TUMOR"),
    ],
)
def test_the_name_says_the_format_where_nothing_else_does(
    any_model, scan, tmp_path, name, more, begins
):
    path = scan(180)
    status, _, err = run(path, "--model", any_model, "--out", tmp_path / name, *more)
    assert status == 0, err
    assert (tmp_path / name).read_text().startswith(begins.replace("PATH", str(path)))


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("a.csv", ["--series"], "--series writes text, json or ndjson; it cannot write csv"),
        ("a.json", ["--resume"], "--resume writes ndjson, csv or parquet; it cannot write json"),
    ],
)
def test_a_name_of_a_format_that_cannot_be_written(any_model, scan, tmp_path, name, more, says):
    status, _, err = run(scan(180), "--model", any_model, "--out", tmp_path / name, *more)
    assert (status, err) == (2, f"edge-classify: {says}\n")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_what_replaces_a_file_keeps_its_permissions(tmp_path, mode):
    """Names of scans may be those of patients: what was closed to others stays closed."""
    target = tmp_path / "results.csv"
    target.write_text("old")
    target.chmod(mode)
    with ResultFile(str(target)) as file:
        partial = [path for path in tmp_path.iterdir() if path != target]
        assert [stat.S_IMODE(path.stat().st_mode) for path in partial] == [mode]
        file.stream.write("new")
        file.replace()
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_text() == "new"


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    target = tmp_path / "results.csv"
    target.write_text("old")
    assert why_unwritable(str(target)) is None
    monkeypatch.setattr("os.access", lambda path, how: False)  # root may write everything
    assert "may not be written; change its permissions" in why_unwritable(str(target))


def test_a_group_that_had_no_access_gets_none(tmp_path, monkeypatch):
    """Who may not give a file to its group writes into a group of his own."""
    target = tmp_path / "results.csv"
    target.write_text("old")
    target.chmod(0o664)
    asked = []

    def refuse(descriptor, owner, group):
        asked.append((owner, group))
        raise PermissionError

    monkeypatch.setattr("os.fchown", refuse)
    with ResultFile(str(target)) as file:
        file.replace()
    there = target.stat()
    assert asked == [(there.st_uid, there.st_gid), (-1, there.st_gid)]
    assert stat.S_IMODE(there.st_mode) == 0o644
