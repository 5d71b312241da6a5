"""`--watch`: every file once, whenever the process dies."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from edge import NOTICE
from edge.service.watch import RESULTS
from tests.edge.conftest import heed_ctrl_c, results

SETTLE = "0.1"


def start(folder, model, *more, stdout=subprocess.PIPE) -> subprocess.Popen:
    command = [sys.executable, "-m", "edge", "--watch", folder, "--model", model]
    return subprocess.Popen(
        [*map(str, command), "--settle", SETTLE, *map(str, more)],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def finish(process, sign=signal.SIGTERM):
    process.send_signal(sign)
    out, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    return process.returncode, out, err


def test_files_are_classified_as_they_come(any_model, scan, inbox, tmp_path):
    out = tmp_path / "results.ndjson"
    (inbox / "there.png").write_bytes(scan(180).read_bytes())
    (inbox / "there.png-1234.explained.png").write_bytes(scan(180).read_bytes())
    process = start(inbox, any_model, "--out", out)
    wait_for(lambda: len(results(out)) == 1)
    (inbox / "later.png").write_bytes(scan(40).read_bytes())
    (inbox / "text.png").write_text("I am a text")
    (inbox / "copying.png.part").write_text("half")
    (inbox / ".hidden.png").write_text("half")
    wait_for(lambda: len(results(out)) == 3)
    status, stdout, err = finish(process)
    assert status == 0
    found = {os.path.basename(r["path"]): r for r in results(out)}
    assert set(found) == {"there.png", "later.png", "text.png"}
    assert found["there.png"]["verdict"] == "tumor"
    assert found["later.png"]["verdict"] == "no_tumor"
    assert "not an image" in found["text.png"]["error"]
    assert {r["notice"] for r in found.values()} == {NOTICE}
    assert [json.loads(line) for line in stdout.splitlines()] == results(out)
    assert NOTICE in err


def test_killed_at_any_moment_it_loses_nothing_and_repeats_nothing(
    any_model, scan, inbox, tmp_path
):
    out, dice, put = tmp_path / "results.ndjson", random.Random(6), 0
    source = scan(180)
    for _ in range(6):
        process = start(inbox, any_model, "--out", out, stdout=subprocess.DEVNULL)
        known = len(results_so_far(out))
        for _ in range(40):
            # Slowly, so that files are being written when the blow falls.
            with open(inbox / f"{put:04}.png", "wb") as file:
                data = source.read_bytes()
                file.write(data[:500])
                file.flush()
                file.write(data[500:])
            put += 1
        # Let some be done, so that the kill falls between, or in, results.
        wait_for(lambda known=known: len(results_so_far(out)) > known)
        time.sleep(dice.random() * 0.15)
        process.kill()
        process.communicate()
    # A crash while a line was being written leaves half of it.
    with open(out, "ab") as file:
        file.write(b'{"path": "half a li')
    process = start(inbox, any_model, "--out", out, stdout=subprocess.DEVNULL)
    # All may have been done before the last kill: the results do not tell that it heeds a signal.
    assert any("watching" in line for line in process.stderr)
    wait_for(lambda: len(results_so_far(out)) >= put)
    time.sleep(0.3)
    assert finish(process)[0] == 0
    names = [os.path.basename(result["path"]) for result in results(out)]
    assert sorted(names) == [f"{number:04}.png" for number in range(put)]
    assert all(result["verdict"] == "tumor" for result in results(out))


def results_so_far(path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def test_a_restart_classifies_only_what_is_new(any_model, scan, inbox):
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    process = start(inbox, any_model)
    wait_for(lambda: len(results(inbox / RESULTS)) == 1)
    finish(process)
    os.utime(inbox / "a.png", (1, 1))  # touched, the same content
    (inbox / "deep").mkdir()
    (inbox / "deep" / "b.png").write_bytes(scan(40).read_bytes())
    process = start(inbox, any_model)
    wait_for(lambda: len(results(inbox / RESULTS)) == 2)
    (inbox / "a.png").write_bytes(scan(60).read_bytes())  # another scan of the same name
    wait_for(lambda: len(results(inbox / RESULTS)) == 3)
    status, stdout, _ = finish(process)
    assert status == 0
    assert [r["verdict"] for r in results(inbox / RESULTS)] == ["tumor", "no_tumor", "no_tumor"]
    assert len(stdout.splitlines()) == 2


def test_ctrl_c(any_model, inbox):
    process = start(inbox, any_model)
    assert "watching" in process.stderr.readline()
    status, _, err = finish(process, signal.SIGINT)
    assert status == 130
    assert "stopped; each result is on disk" in err


def test_two_at_once_are_refused(any_model, inbox):
    process = start(inbox, any_model)
    wait_for(lambda: (inbox / RESULTS).exists())
    time.sleep(0.2)
    second = start(inbox, any_model)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 2
    assert "another edge-classify is writing to it" in err
    finish(process)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--watch", "gone"], "gone: is no folder"),
        (["--watch", ".", "x.png"], "--watch takes no scans"),
        (["--watch", ".", "--format", "csv"], "--watch writes ndjson"),
        (["--watch", ".", "--settle", "0"], "'0' is not a number of seconds"),
        (["--watch", ".", "--out", "gone/x"], "gone/x: cannot be written"),
    ],
)
def test_wrong_usage(any_model, tmp_path, arguments, words):
    command = [sys.executable, "-m", "edge", "--model", str(any_model), *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert done.returncode == 2
    assert words in done.stderr


def test_out_may_not_be_a_text(any_model, inbox, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("the only line")
    process = start(inbox, any_model, "--out", path)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "is no file of results" in err
    assert path.read_text() == "the only line"


@pytest.mark.parametrize("kind", ["pipe", "/dev/null", "/dev/stdout"])
def test_out_must_be_a_regular_file(any_model, inbox, tmp_path, kind):
    out = kind
    if kind == "pipe":
        out = tmp_path / "pipe"
        os.mkfifo(out)
    process = start(inbox, any_model, "--out", out)
    try:
        stdout, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, stdout) == (2, "")
    assert f"{out}: is a pipe, a device or the like" in err
    assert "name a regular file with --out" in err


def test_a_model_that_is_not_there_is_said(tmp_path):
    command = [sys.executable, "-m", "edge", "--watch", tmp_path, "--model", tmp_path / "no.tflite"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no.tflite" in done.stderr


def test_the_folder_may_come_back(any_model, scan, inbox, tmp_path):
    out = tmp_path / "results.ndjson"
    process = start(inbox, any_model, "--out", out)
    wait_for(out.exists)
    time.sleep(0.2)
    remove(inbox)
    time.sleep(0.3)
    inbox.mkdir()
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    wait_for(lambda: len(results(out)) == 1)
    status, _, err = finish(process)
    assert status == 0
    assert "waiting for it to come back" in err


def test_results_follow_the_folder_that_is_made_anew(any_model, scan, inbox):
    process = start(inbox, any_model)
    for name in ("a.png", "b.png", "b.png"):  # the last is the very file that was there before
        (inbox / name).write_bytes(scan(180).read_bytes())
        os.utime(inbox / name, (1, 1))
        wait_for(lambda name=name: [r["path"] for r in written(inbox)] == [str(inbox / name)])
        remove(inbox)
        inbox.mkdir()
    status, stdout, err = finish(process)
    assert (status, len(stdout.splitlines())) == (0, 3)
    assert "moved, deleted or replaced" in err


def remove(folder) -> None:
    """Though a watcher takes its note of attempts away meanwhile."""
    while folder.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def written(inbox) -> list[dict]:
    try:
        return results(inbox / RESULTS)
    except FileNotFoundError:
        return []


def test_results_wait_for_their_folder(any_model, scan, inbox, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    process = start(inbox, any_model, "--out", place / "results.ndjson")
    assert "watching" in process.stderr.readline()
    remove(place)
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    time.sleep(0.8)
    assert process.poll() is None
    place.mkdir()
    wait_for(lambda: len(results(place / "results.ndjson")) == 1)
    (inbox / "b.png").write_bytes(scan(40).read_bytes())
    wait_for(lambda: len(results(place / "results.ndjson")) == 2)
    status, stdout, err = finish(process)
    assert (status, len(stdout.splitlines())) == (0, 2)
    assert err.count("results.ndjson: No such file or directory; waiting for it to come back") == 1


def test_an_unusable_model_ends_it_in_one_line(unknown_rule, scan, inbox):
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    process = start(inbox, unknown_rule)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Traceback" not in err
    assert f"{unknown_rule}: the model asks for the unknown" in err
    assert results(inbox / RESULTS) == []


def test_a_verdict_outlives_its_picture(any_model, scan, inbox, tmp_path):
    from edge.saliency.picture_names import picture_name

    file, maps = inbox / "a.png", tmp_path / "maps"
    (maps / picture_name(str(file)) / "x").mkdir(parents=True)
    file.write_bytes(scan(180).read_bytes())
    process = start(inbox, any_model, "--explain", maps)
    wait_for(lambda: len(results(inbox / RESULTS)) == 1)
    status, _, err = finish(process)
    (result,) = results(inbox / RESULTS)
    assert (status, result["verdict"], result["error"]) == (0, "tumor", None)
    assert err.count("the picture cannot be written") == 1
