"""`python -m train`, from the command line to the run folder."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from edge.model_file.dataclass_json import to_json
from tests.train.small import full_input, narrow_networks
from train.cli import main
from train.run.run_folder import read_run


@pytest.fixture(autouse=True)
def _narrow():
    """A tenth of the filters; the scans as a user would have them."""
    with narrow_networks(spec=full_input("cnn")):
        yield


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
    import train.session_fits

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train.session_fits, "fit", interrupted)
    assert main(small(phantoms, tmp_path / "run")) == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted; nothing was written" in capsys.readouterr().err


def test_the_decision_is_the_reports_and_the_manifests(finished_run):
    report = json.loads((finished_run / "report.json").read_text())
    decision = read_run(finished_run).manifest.decision
    assert report["decision"]["decision"] == to_json(decision)
    low, high = decision.uncertain
    assert low <= decision.threshold <= high
    counts = report["counts"]["validation"]
    assert report["decision"]["scans"] == sum(counts.values())
    assert report["decision"]["tumors"] == counts["yes"]


def test_every_run_says_whether_to_believe_it(finished_run):
    report = json.loads((finished_run / "report.json").read_text())
    text = (finished_run / "report.md").read_text()
    assert 0 < report["shortcut_floor"]["accuracy"]["value"] < 1
    assert report["test"]["groups"] <= report["test"]["accuracy"]["n"]
    for name in ("accuracy", "sensitivity", "specificity", "auc", "brier", "ece"):
        estimate = report["test"]["bootstrap"][name]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
    for words in ("Intended use", "Can the accuracy be believed?", "Wilson", "bootstrap", "Limits"):
        assert words in text


def test_folds_and_the_articles_protocol(phantoms, tmp_path):
    data, table = tmp_path / "few", tmp_path / "patients.csv"
    for name in ("yes", "no"):
        (data / name).mkdir(parents=True)
        for path in sorted((phantoms / name).glob("*.png"))[:12]:
            shutil.copy(path, data / name)
    files = sorted(path.relative_to(data) for path in data.glob("*/*.png"))
    table.write_text("file,patient\n" + "".join(f"{f},{i // 2}\n" for i, f in enumerate(files)))
    more = ("--folds", 2, "--protocol", "article", "--patient-csv", table)
    assert main(small(data, tmp_path / "run", *more)) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["patients"] == 12
    pooled = report["cross_validation"]
    assert (pooled["folds"], pooled["accuracy"]["n"], pooled["groups"]) == (2, 24, 12)
    augmented, seen = report["leaky_protocols"]
    assert all(result["leaky"] for result in (augmented, seen))
    assert augmented["images"]["fitted"] + augmented["images"]["measured"] == 84 + 76
    assert seen["accuracy"]["n"] == seen["measured_but_seen_in_training"] == 24
    text = (tmp_path / "run" / "report.md").read_text()
    assert text.count("**LEAKY**") == 2
    assert "73.85 %" in text
    group = {scan.path: (scan.group, scan.part) for scan in read_run(tmp_path / "run").split}
    for first, second in zip(files[::2], files[1::2], strict=True):
        assert group[str(first)] == group[str(second)]


def test_a_test_set_from_elsewhere(phantoms, tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    for name in ("yes", "no"):
        (elsewhere / name).mkdir(parents=True)
        for i, path in enumerate(sorted((phantoms / name).glob("*.png"))[:8]):
            Image.open(path).save(elsewhere / name / f"{i}.png", optimize=i % 2 == 0)
    assert main(small(phantoms, tmp_path / "run", "--test-data", elsewhere)) == 0
    assert "16 scans dropped, as they duplicate scans of the test set" in capsys.readouterr().err
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["leaks_dropped"] == len(report["dropped"]) == 16
    assert report["counts"]["test"] == {"yes": 8, "no": 8}
    assert report["test"]["set"] == "elsewhere"
    run = read_run(tmp_path / "run")
    assert {s.root for s in run.split if s.part == "test"} == {str(elsewhere)}
    assert run.manifest.training.data == ("phantoms", "elsewhere")


def test_a_test_set_that_is_the_training_set(phantoms, tmp_path, capsys):
    copy = shutil.copytree(phantoms, tmp_path / "copy")
    for folder, words in ((phantoms, "is both --data and --test-data"), (copy, "nothing is left")):
        assert main(small(phantoms, tmp_path / "run", "--test-data", folder)) == 2
        err = capsys.readouterr().err
        assert words in err
        assert err.splitlines()[-1].startswith("train: ")
    assert not (tmp_path / "run").exists()


def test_two_folders_are_one_set_and_conflicts_are_left_out(phantoms, tmp_path, capsys):
    other = tmp_path / "other"
    for name, contrary in (("yes", "no"), ("no", "yes")):
        (other / name).mkdir(parents=True)
        for path in sorted((phantoms / contrary).glob("*.png"))[:2]:
            shutil.copy(path, other / name)
    assert main(small(phantoms, tmp_path / "run", "--data", other)) == 0
    assert capsys.readouterr().err.count("left out, as its label cannot be known") == 4
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["label_conflicts"]) == 4
    assert len(report["dropped"]) == 8
    assert sum(sum(counts.values()) for counts in report["counts"].values()) == 76


def test_names_that_are_no_text(phantoms, tmp_path, capsys):
    """As files from before UTF-8 have them; the report names what has no known label."""
    data = shutil.copytree(phantoms, tmp_path / "data")
    place = "caf\udce9.png"
    try:
        shutil.copy(next((data / "yes").glob("p*.png")), data / "no" / place)
    except OSError:
        pytest.skip("this file system has no such names")
    with narrow_networks():
        assert main(small(data, tmp_path / "run")) == 0
    text = (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    assert "caf\\\\udce9.png (no tumor) = " in text, "Markdown shows one of the two"
    assert "caf\\\\udce9.png" in capsys.readouterr().out
    assert place in {Path(scan.path).name for scan in read_run(tmp_path / "run").split}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "/nowhere"], "/nowhere: no such folder"),
        (["--data", "{tmp}"], "is empty; put a folder of scans for each class there"),
        (["--data", "phantom", "--phantoms", "1"], "--data phantom: "),
        (["--data", "{tmp}", "--test-data", "/nowhere"], "/nowhere: no such folder"),
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


def test_broken_weights_are_refused_before_scans_are_read(phantoms, tmp_path, capsys):
    broken = tmp_path / "w.npz"
    broken.write_bytes(b"PK no weights")
    command = ["--model", "vgg16", "--weights", str(broken)]
    assert main(["--data", str(phantoms), *command, "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "w.npz" in said
    assert "scans:" not in said
    assert not list(tmp_path.glob("*run*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--epochs", "0"],
        ["--learning-rate", "x"],
        ["--learning-rate", "0"],
        ["--dat"],
        ["--folds", "1"],
        ["--coverage", "2"],
        ["--target-sensitivity", "0"],
        ["--protocol", "x"],
        ["--patient-id", ""],
        ["--no-brain", ""],
    ],
)
def test_wrong_options(arguments, capsys):
    assert main(["--data", "x", *arguments]) == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--boxes", "--teacher", "--not-brain"])
@pytest.mark.parametrize("model", ["cnn", "vgg16"])
def test_options_without_effect_are_refused(option, model, phantoms, tmp_path, capsys):
    given = ["--model", model, option, "x", "--weights", "none"][: 6 if model == "vgg16" else 4]
    assert main(small(phantoms, tmp_path / "run", *given)) == 2
    said = capsys.readouterr().err
    assert f"--model {model} learns nothing from {option}; leave that out" in said
    assert "scans:" not in said, "before anything is read"


def test_hints_can_be_pasted(phantoms, tmp_path, capsys, monkeypatch):
    import train.cli

    out = tmp_path / "my run"
    monkeypatch.setattr(train.cli, "_fit", lambda *_: None)
    assert main(small(phantoms, out)) == 0
    assert f"next: python -m export '{out}' --int8" in capsys.readouterr().out

    def interrupted(args, out, folder, kept):
        (kept / "run.npz").write_text("")
        raise KeyboardInterrupt

    out = tmp_path / "her run"
    monkeypatch.setattr(train.cli, "_fit", interrupted)
    assert main(small(phantoms, out)) == 130
    assert f"--out '{out}' --resume" in capsys.readouterr().err
