"""`--resume`: every scan exactly once, whatever is killed."""

import os
import random
import shutil
import signal
import time

import pytest

from tests.edge.app.batches import SCANS, check, children, finish, lines, wait_for
from tests.edge.conftest import heed_ctrl_c, results
from tests.edge.test_cli import run


@pytest.mark.parametrize("jobs", [1, 3])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_twice(batch, archive, tmp_path, jobs):
    out, dice, before = tmp_path / "results.ndjson", random.Random(3), 0
    for _ in range(4):
        process = batch(jobs=jobs)
        wait_for(lambda before=before: lines(out) > before + 20, process)
        time.sleep(dice.random() * 0.02)
        process.send_signal(signal.SIGSTOP)
        # Of the last ones some are tried alone: killed then, twice, one would be given up.
        if lines(out) > SCANS - 20:
            process.send_signal(signal.SIGCONT)
            finish(process)
            break
        process.kill()
        process.communicate()
        before = lines(out)
    before = lines(out)
    with open(out, "ab") as file:
        file.write(b'{"path": "half a li')
    err = finish(batch(jobs=jobs))
    assert f", {before} were there before" in err
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
    assert f"1 result, {SCANS} were there before" in finish(batch())
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


def test_a_file_named_twice_has_one_line(any_model, scan, tmp_path):
    path = scan(180)
    status, _, err = run(
        path, path, "--model", any_model, "--resume", "--out", tmp_path / "r.ndjson"
    )
    assert (status, lines(tmp_path / "r.ndjson")) == (0, 1), err


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
