"""What `--series` writes."""

import argparse
import json
import signal

import numpy as np
import pytest
from PIL import Image

from edge import Classifier
from edge.app.series_batch import run_series
from edge.cli import main


def arguments(*paths, **other):
    given = {"format": "text", "out": None, "jobs": 1, "null": False, "explain": None}
    paths = list(map(str, paths))
    return argparse.Namespace(**{**given, "frame": None, "paths": paths, **other})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "study").mkdir()
    for at, mean in enumerate((60, 180, 190, 170)):
        row = np.linspace(mean - 30, mean + 30, 64)
        path = tmp_path / "study" / f"IM{at}.png"
        Image.fromarray(np.tile(row, (64, 1)).astype(np.uint8)).save(path)
    return tmp_path / "study"


def test_text(any_model, folder, capsys):
    assert run_series(Classifier(any_model), arguments(folder)) == 0
    *slices, series, _, notice = capsys.readouterr().out.splitlines()
    assert len(slices) == 4
    assert series.startswith(f"series {folder}: TUMOR  score ")
    assert "of the strongest 2 of 4 slices; 3 called tumor" in series
    assert f"strongest: {folder / 'IM2.png'}" in series
    assert "not a medical device" in notice


@pytest.mark.parametrize("jobs", [1, 2])
def test_json_and_ndjson(any_model, folder, capsys, jobs):
    run_series(Classifier(any_model), arguments(folder, format="json", jobs=jobs))
    whole = json.loads(capsys.readouterr().out)
    run_series(Classifier(any_model), arguments(folder, format="ndjson", jobs=jobs))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["path"] for one in whole["results"]] == [one["path"] for one in lines[:-1]]
    assert whole["series"] == lines[-1:]
    assert lines[-1]["series"] == str(folder)
    assert "not a medical device" in lines[-1]["notice"]


def test_a_slice_that_cannot_be_read(any_model, folder, capsys):
    (folder / "IM9.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert run_series(Classifier(any_model), arguments(folder)) == 1
    captured = capsys.readouterr()
    assert "IM9.png" in captured.err
    assert captured.out.splitlines()[-3].startswith(f"series {folder}: TUMOR")
    assert "1 unread" in captured.out


@pytest.mark.parametrize("name", ["empty", "nosuch", "nosuch.dcm"])
def test_names_that_lead_nowhere_are_no_series(any_model, folder, capsys, name):
    (folder / "empty").mkdir()
    named = folder / name
    assert run_series(Classifier(any_model), arguments(named)) == 1
    captured = capsys.readouterr()
    assert str(named) in captured.err
    assert captured.out == ""
    run_series(Classifier(any_model), arguments(named, format="json"))
    assert json.loads(capsys.readouterr().out)["series"] == []


def test_a_link_to_nothing_is_a_slice_that_cannot_be_read(any_model, folder, capsys):
    for file in folder.iterdir():
        file.unlink()
    (folder / "IM1.png").symlink_to("gone.png")
    assert run_series(Classifier(any_model), arguments(folder / "IM1.png")) == 1
    captured = capsys.readouterr()
    assert "IM1.png" in captured.err
    assert f"series {folder}: REJECTED  it could not be read" in captured.out


def test_volumes_are_found_in_folders(any_model, folder, capsys):
    nibabel = pytest.importorskip("nibabel")
    values = np.tile(np.arange(48, dtype=np.int16)[:, None, None] * 5, (1, 48, 3))
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), folder / "T1.nii.gz")
    run_series(Classifier(any_model), arguments(folder))
    out = capsys.readouterr().out
    assert f"{folder / 'T1.nii.gz'}#3: " in out
    assert out.count("\nseries ") == 2


def test_interrupted_the_document_is_whole(any_model, folder, capsys, monkeypatch):
    """It ended in the middle of its list."""
    from edge.app import series_batch

    def stopped(*args, really=series_batch.classify_found, **more):
        yield next(really(*args, **more))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(series_batch, "classify_found", stopped)
    before = signal.getsignal(signal.SIGINT)
    assert run_series(Classifier(any_model), arguments(folder, format="json")) == 130
    assert signal.getsignal(signal.SIGINT) == before
    out, err = capsys.readouterr()
    assert len(json.loads(out)["results"]) == 1
    assert "interrupted after 1 slice; what is written is complete" in err


def test_into_a_file(any_model, folder, tmp_path):
    out = tmp_path / "results.ndjson"
    args = arguments(folder, format="ndjson", out=str(out))
    assert run_series(Classifier(any_model), args) == 0
    assert len(out.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (["--format", "csv"], "it cannot write csv"),
        (["--explain", "d"], "--explain has no effect with --series"),
        (["--frame", "2"], "--frame has no effect with --series"),
        (["--watch", "."], "no effect with --"),
    ],
)
def test_what_it_does_not_go_with(capsys, other, why):
    paths = [] if "--watch" in other else ["a"]
    assert main([*paths, "--series", *other]) == 2
    assert why in capsys.readouterr().err
