"""`--resume`: every scan exactly once, whatever is killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from edge.app.inputs import expand
from edge.files.shard import Shard
from tests.edge.conftest import heed_ctrl_c, results
from tests.edge.test_cli import run

SCANS = 300


@pytest.fixture
def archive(tmp_path, scan):
    """Scans in three folders; every second one is bright. Each has an inode of its own."""
    bright, dark = scan(180, "bright.png"), scan(40, "dark.png")
    for number in range(SCANS):
        folder = tmp_path / "archive" / f"f{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(bright if number % 2 else dark, folder / f"{number:03}.png")
    return tmp_path / "archive"


@pytest.fixture
def batch(any_model, archive, tmp_path):
    """Start the command; `--resume` and the results' name are there."""

    def start(*more, jobs=2, out="results.ndjson", **popen) -> subprocess.Popen:
        command = [sys.executable, "-m", "edge", archive, "--model", any_model, "--resume"]
        command += ["--out", tmp_path / out, "--jobs", jobs, *more]
        return subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, **popen)

    return start


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


@pytest.mark.parametrize("jobs", [1, 3])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_twice(batch, archive, tmp_path, jobs):
    out, dice, before = tmp_path / "results.ndjson", random.Random(3), 0
    for _ in range(4):
        process = batch(jobs=jobs)
        wait_for(lambda before=before: lines(out) > before + 20, process)
        time.sleep(dice.random() * 0.02)
        process.kill()
        process.communicate()
        before = lines(out)
    with open(out, "ab") as file:
        file.write(b'{"path": "half a li')
    err = finish(batch(jobs=jobs))
    assert f"results, {before} were there before" in err or before == SCANS
    check(out, archive)
    assert [path.name for path in tmp_path.glob(".*")] == [], "no note is left"


def test_a_second_run_has_nothing_to_do_and_new_files_are_added(batch, archive, tmp_path, scan):
    out = tmp_path / "results.ndjson"
    assert f"{SCANS} results, 0 were there before" in finish(batch())
    stored = out.read_bytes()
    for path in archive.glob("f0/*"):
        os.utime(path, (1, 1))  # touched, the same content
    assert f"0 results, {SCANS} were there before" in finish(batch())
    assert out.read_bytes() == stored
    shutil.copy(scan(40), archive / "f1" / f"{SCANS}.png")
    assert f"1 results, {SCANS} were there before" in finish(batch())
    check(out, archive, SCANS + 1)


def test_a_worker_that_is_killed_is_replaced(batch, archive, tmp_path):
    out, killed = tmp_path / "results.ndjson", 0
    process = batch()
    for done in (20, 100, 180):
        wait_for(lambda done=done: lines(out) > done, process)
        for child in children(process.pid)[:1]:
            os.kill(child, signal.SIGKILL)
            killed += 1
    finish(process)
    assert killed == 3
    check(out, archive)


DEADLY = """
import os, signal, sys, time
import edge.parallel.scan_process as it
real = it.classify_one
def classify_one(classifier, scan, *more, name):
    path, name = name, os.path.basename(name)
    with open(os.environ["TRIED"], "a") as file:
        file.write(name + "\\n")
    if name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("all"):
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("spin"):
        while True: pass
    if name.startswith("stop"):
        os.kill(os.getpid(), signal.SIGSTOP)
    return real(classifier, scan, *more, name=path)
it.classify_one = classify_one
from edge.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def deadly(any_model, archive, tmp_path):
    """Start the command, to which files do things by their names; and how often each was tried."""
    script, tried = tmp_path / "deadly.py", tmp_path / "tried"
    script.write_text(DEADLY)

    def start(name, *more, jobs=2):
        if not (archive / "f1" / name).exists():
            shutil.copy(archive / "f1" / "001.png", archive / "f1" / name)
        command = [sys.executable, script, archive, "--model", any_model, "--resume"]
        command += ["--out", tmp_path / "results.ndjson", "--jobs", jobs, *more]
        process = subprocess.run(
            list(map(str, command)),
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={**os.environ, "TRIED": str(tried)},
            check=False,
        )
        count = Counter(tried.read_text().split())
        return process.returncode, process.stderr, count

    return start


@pytest.mark.parametrize(
    ("name", "reason", "jobs"),
    [
        ("kill.png", "its process was ended by SIGKILL", 1),
        ("kill.png", "its process was ended by SIGKILL", 3),
        ("spin.png", "it took more than 0.3 seconds", 2),
        ("stop.png", "it took more than 0.3 seconds", 2),
    ],
)
def test_a_file_that_ends_its_process_twice_gets_an_error(
    deadly, archive, tmp_path, name, reason, jobs
):
    status, err, tried = deadly(name, "--timeout", "0.3", jobs=jobs)
    assert status == 1
    assert "Traceback" not in err
    found = {os.path.basename(one["path"]): one for one in results(tmp_path / "results.ndjson")}
    assert len(found) == len(results(tmp_path / "results.ndjson")) == SCANS + 1
    error = found.pop(name)["error"]
    assert "the process that read it ended 2 times" in error
    assert reason in error
    assert error in err
    assert all(one["verdict"] for one in found.values())
    assert tried[name] == 2
    os.utime(archive / "f1" / name)  # touched, the same content
    status, err, tried = deadly(name)
    assert (status, tried[name]) == (1, 2), "it is not tried again, and not forgotten"
    assert f"0 results, {SCANS + 1} were there before" in err


def test_a_file_that_ends_the_whole_command_is_found_out(deadly, tmp_path):
    """As the system may do for want of memory; with several in work at once, one is to blame."""
    statuses = []
    while not statuses or statuses[-1] == -signal.SIGKILL:
        status, err, tried = deadly("all.png", jobs=3)
        statuses.append(status)
        assert len(statuses) < 6
    assert statuses[-1] == 1, err
    found = {os.path.basename(one["path"]): one for one in results(tmp_path / "results.ndjson")}
    assert len(found) == len(results(tmp_path / "results.ndjson")) == SCANS + 1
    assert [name for name, one in found.items() if one["error"]] == ["all.png"]
    assert tried["all.png"] == 2


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_how_to_go_on(batch, archive, tmp_path, sign):
    out = tmp_path / "results.ndjson"
    process = batch(preexec_fn=heed_ctrl_c)
    wait_for(lambda: lines(out) > 20, process)
    process.send_signal(sign)
    err = finish(process, 128 + sign)
    assert "the same command goes on" in err
    finish(batch())
    check(out, archive)


def test_what_cannot_be_read_now_has_no_line_and_comes_again(batch, archive, tmp_path, scan):
    link = archive / "f0" / f"{SCANS}.png"
    link.symlink_to(tmp_path / "later.png")
    assert "1 left out: the same command tries them again" in finish(batch(), 1)
    shutil.copy(scan(40), tmp_path / "later.png")
    assert "1 results" in finish(batch())
    check(tmp_path / "results.ndjson", archive, SCANS + 1)


def test_damaged_files_and_odd_ones_have_their_lines(any_model, scan, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "text.png").write_text("I am a text")
    os.mkfifo(folder / "pipe.png")
    for before in (0, 2):
        status, _, err = run(
            folder, "--model", any_model, "--resume", "--out", tmp_path / "r.ndjson"
        )
        assert status == 1
        assert f"{before} were there before" in err
    found = {os.path.basename(one["path"]): one for one in results(tmp_path / "r.ndjson")}
    assert set(found) == {"text.png", "pipe.png"}
    assert "not an image" in found["text.png"]["error"]
    assert "is not a regular file" in found["pipe.png"]["error"]


def test_a_file_named_twice_has_one_line(any_model, scan, tmp_path):
    path = scan(180)
    status, _, err = run(
        path, path, "--model", any_model, "--resume", "--out", tmp_path / "r.ndjson"
    )
    assert (status, lines(tmp_path / "r.ndjson")) == (0, 1), err


def test_results_of_another_model_are_not_gone_on_with(any_model, scan, tmp_path):
    out, path = tmp_path / "r.ndjson", scan(180)
    assert run(path, "--model", any_model, "--resume", "--out", out)[0] == 0
    stored = out.read_text()
    other = json.loads(stored)["model_sha256"]
    out.write_text(stored.replace(other, "0" * 64))
    status, _, err = run(path, "--model", any_model, "--resume", "--out", out)
    assert status == 2
    assert "has results of another model (000000000000...); name another --out" in err


@pytest.mark.parametrize("text", ["hello\n", "a,b\n1,2\n", '{"path": "x", "verdict": null}\n'])
def test_what_is_no_journal_is_left_alone(any_model, scan, tmp_path, text):
    out = tmp_path / "r.ndjson"
    out.write_text(text)
    status, _, err = run(scan(180), "--model", any_model, "--resume", "--out", out)
    assert status == 2
    assert "is no file of results that can be gone on with" in err
    assert out.read_text() == text


def test_two_at_once_are_refused(batch, archive, tmp_path):
    first = batch()
    wait_for(lambda: lines(tmp_path / "results.ndjson") > 5, first)
    first.send_signal(signal.SIGSTOP)
    assert "another edge-classify is writing to it" in finish(batch(), 2)
    first.send_signal(signal.SIGCONT)
    finish(first)
    check(tmp_path / "results.ndjson", archive)


def test_a_full_disk(batch, archive, tmp_path):
    def limited():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    err = finish(batch(preexec_fn=limited), 2)
    assert "results.ndjson: cannot be written (File too large)" in err
    assert "the same command goes on after that" in err
    out = tmp_path / "results.ndjson"
    assert 10 < len(results(out)) < SCANS, "each line is whole"
    finish(batch())
    check(out, archive)


@pytest.mark.parametrize("way", ["deleted", "cut"])
def test_results_that_another_program_takes_away(batch, archive, tmp_path, way):
    out = tmp_path / "results.ndjson"
    process = batch()
    wait_for(lambda: lines(out) > 20, process)
    process.send_signal(signal.SIGSTOP)
    assert lines(out) < SCANS
    if way == "deleted":
        out.unlink()
    else:
        os.truncate(out, 0)
    process.send_signal(signal.SIGCONT)
    assert "what was in it has gone; the same command makes it whole" in finish(process, 2)
    finish(batch())
    check(out, archive)


def test_a_folder_that_is_not_there(batch):
    assert "gone/r.ndjson: cannot be written" in finish(batch(out="gone/r.ndjson"), 2)


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_table_is_made_of_the_journal(batch, archive, tmp_path, format):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    out = tmp_path / f"results.{format}"
    journal = tmp_path / f"results.{format}.journal.ndjson"
    process = batch(out=out.name)
    wait_for(lambda: lines(journal) > 50, process)
    process.kill()
    process.communicate()
    assert not out.exists(), "it is whole or not there"
    finish(batch(out=out.name))
    check(journal, archive)
    if format == "csv":
        import csv

        rows = list(csv.DictReader(out.open()))
    else:
        import pyarrow.parquet as pq

        rows = pq.read_table(out).to_pylist()
        assert rows[0]["scan_bytes"] == (archive / "f0" / "000.png").stat().st_size
    for row, line in zip(rows, results(journal), strict=True):
        assert (row["path"], row["verdict"]) == (line["path"], line["verdict"])
    assert not list(tmp_path.glob("*.partial"))
    journal.unlink()
    assert f"{journal} is not, which a run with --resume leaves" in finish(batch(out=out.name), 2)


def test_parts_are_disjoint_and_whole_and_the_same_wherever_the_folder_is(archive, tmp_path):
    copy = shutil.copytree(archive, tmp_path / "elsewhere" / "mounted")
    whole = {one.path for one in expand([str(archive)], print)}
    found = []
    for index in range(4):
        part = [one.path for one in expand([str(archive)], print, shard=Shard(index, 4))]
        there = [one.path for one in expand([f"{copy}/"], print, shard=Shard(index, 4))]
        assert [os.path.relpath(path, archive) for path in part] == [
            os.path.relpath(path, copy) for path in there
        ]
        assert len(part) > SCANS / 8
        found += part
    assert len(found) == len(whole)
    assert set(found) == whole


def test_a_part_may_be_empty(any_model, scan, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(scan(180), folder / "a.png")
    counts = []
    for index in range(3):
        out = tmp_path / f"{index}.ndjson"
        status, _, err = run(
            folder, "--model", any_model, "--resume", "--out", out, "--shard", f"{index}/3"
        )
        assert status == 0, err
        counts.append(lines(out))
    assert sorted(counts) == [0, 0, 1]
