"""`python -m train`, from the command line to the run folder."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from train.cli import main, parser
from train.run import read_run


def test_a_run_is_all_there(finished_run):
    assert sorted(path.name for path in finished_run.iterdir()) == [
        "confusion.png",
        "coverage-risk.png",
        "curves.png",
        "errors.png",
        "history.csv",
        "manifest.json",
        "model.keras",
        "reliability.png",
        "report.json",
        "report.md",
        "roc.png",
        "split.json",
    ]
    rows = list(csv.DictReader((finished_run / "history.csv").open()))
    assert len(rows) == 6
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    with Image.open(finished_run / "curves.png") as image:
        assert image.width > 500


def test_the_report_is_honest_about_phantoms(finished_run):
    report = json.loads((finished_run / "report.json").read_text())
    text = (finished_run / "report.md").read_text()
    assert report["synthetic"] is True
    assert "SYNTHETIC" in text
    assert "not a medical device" in text
    accuracy = report["test"]["accuracy"]
    assert accuracy["n"] == sum(report["counts"]["test"].values())
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def test_the_weights_kept_are_the_best(finished_run):
    report = json.loads((finished_run / "report.json").read_text())
    losses = [float(r["val_loss"]) for r in csv.DictReader((finished_run / "history.csv").open())]
    assert report["best_epoch"] == int(np.argmin(losses)) + 1


def test_split_json_has_every_file(finished_run, phantoms):
    files = {s.path for s in read_run(finished_run).split}
    assert files == {str(p.relative_to(phantoms)) for p in phantoms.glob("*/*.png")}


def small(phantoms, out, *more):
    return ["--data", str(phantoms), "--out", str(out), "--epochs", "1", *map(str, more)]


def test_the_same_command_gives_the_same_run(phantoms, tmp_path):
    for name in ("a", "b"):
        assert main(small(phantoms, tmp_path / name / "run")) == 0
    for file in ("split.json", "history.csv", "report.json", "report.md"):
        assert (tmp_path / "a/run" / file).read_bytes() == (tmp_path / "b/run" / file).read_bytes()


def test_unreadable_and_odd_files(phantoms, tmp_path, capsys):
    data = shutil.copytree(phantoms, tmp_path / "data")
    (data / "yes" / "broken.png").write_bytes(b"")
    (data / "no" / "text.png").write_text("hello")
    Image.open(next((data / "yes").glob("p*.png"))).convert("P").save(data / "yes" / "palette.png")
    assert main(small(data, tmp_path / "run")) == 0
    err = capsys.readouterr().err
    assert f"skipped {data / 'yes' / 'broken.png'}: is empty" in err
    assert f"skipped {data / 'no' / 'text.png'}: is not an image" in err
    assert "81 scans: yes 41, no 40; 2 unreadable and skipped" in err
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["unreadable"]) == 2


def test_interrupting_leaves_nothing(phantoms, tmp_path, monkeypatch, capsys):
    import train.fit

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train.fit, "fit", interrupted)
    assert main(small(phantoms, tmp_path / "run")) == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted; nothing was written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/nowhere"], "/nowhere: no such folder"),
        (["--data", "{tmp}"], "needs a subfolder for each class"),
        (["--data", "phantom", "--phantoms", "1"], "--data phantom: "),
    ],
)
def test_unusable_data_is_one_line(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main([a.format(tmp=tmp_path) for a in arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("train: ")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize(
    "arguments", [["--epochs", "0"], ["--learning-rate", "x"], ["--learning-rate", "0"], ["--dat"]]
)
def test_wrong_options(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--data", "x", *arguments])
    assert stop.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_every_flag_has_help():
    assert all(action.help for action in parser()._actions)
