"""What a batch that can go on says at its end, and what it refuses at its beginning."""

import json
import os
import shutil

import pytest

from tests.edge.app.batches import SCANS, check, finish
from tests.edge.conftest import results
from tests.edge.test_cli import run


def test_what_cannot_be_read_now_has_no_line_and_comes_again(batch, archive, tmp_path, scan):
    link = archive / "f0" / f"{SCANS}.png"
    link.symlink_to(tmp_path / "later.png")
    assert "1 left out: the same command tries them again" in finish(batch(), 1)
    shutil.copy(scan(40), tmp_path / "later.png")
    assert "1 result, " in finish(batch())
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


@pytest.mark.parametrize("name", ["r.ndjson", "r.parquet"])
def test_a_folder_that_is_not_there(any_model, scan, tmp_path, monkeypatch, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    out, why = f"gone/{name}", "there is no folder gone; make it first"
    status, _, err = run(scan(180), "--model", any_model, "--resume", "--out", out)
    assert (status, err) == (2, f"edge-classify: {out}: cannot be written: {why}\n")
    (tmp_path / "link").symlink_to(tmp_path / "gone" / name)
    _, _, err = run(scan(180), "--model", any_model, "--out", "link")
    assert f"link: cannot be written: there is no folder {tmp_path}/gone; make it first" in err


def test_a_second_run_says_why_it_ends_with_1(any_model, scan, tmp_path):
    (tmp_path / "text.png").write_text("I am a text")
    for before, now in (("0", "2 results"), ("2", "0 results")):
        status, _, err = run(
            *(scan(180), tmp_path / "text.png", "--model", any_model),
            *("--resume", "--out", tmp_path / "r.ndjson"),
        )
        assert status == 1
        said = (
            f"{now}, {before} were there before; in the file 1 could not be read or were rejected"
        )
        assert said in err


def test_an_empty_folder_is_no_scan_to_be_tried_again(any_model, scan, tmp_path):
    (tmp_path / "none").mkdir()
    status, _, err = run(
        *(scan(180), tmp_path / "none", "--model", any_model),
        *("--resume", "--out", tmp_path / "r.ndjson"),
    )
    assert status == 1
    assert err.endswith("1 result, 0 were there before; 1 name gave no scans, or not all of them\n")
