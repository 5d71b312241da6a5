"""The scans that the accuracy is measured on, and what is said of those left out."""

import shutil
from pathlib import Path

from tests.benchmarks.commands import report_of, run


def test_unreadable_scans_are_named_and_the_rest_is_measured(tiny, phantoms, tmp_path, capsys):
    data = Path(shutil.copytree(phantoms, tmp_path / "data"))
    (data / "yes" / "text.png").write_text("hello")
    assert run(tiny, "--data", data, "--out", tmp_path / "r") == 0
    (group,) = report_of(tmp_path / "r")["groups"]
    assert group["scan_count"] == 80
    assert group["models"][0]["judged"]["accuracy"]["accuracy"]["n"] == 80
    assert group["synthetic"] is True
    assert "its run is not here" in group["scans"]
    assert "1 unreadable files left out" in group["scans"]
    assert f"skipped {data / 'yes' / 'text.png'}: is not an image" in capsys.readouterr().err


def test_unknown_class_names(tiny, phantoms, tmp_path, capsys):
    data = tmp_path / "data"
    shutil.copytree(phantoms / "yes", data / "glioma")
    shutil.copytree(phantoms / "no", data / "healthy")
    assert run(tiny, "--data", data, "--out", tmp_path / "r") == 2
    said = capsys.readouterr().err
    assert "has glioma, healthy; name the folder of the tumors with --positive NAME" in said
    assert run(tiny, "--data", data, "--positive", "glioma", "--out", tmp_path / "r") == 0
    assert run(tiny, "--positive", "glioma", "--out", tmp_path / "r") == 2
    assert "--positive belongs to --data" in capsys.readouterr().err


def test_scans_that_are_all_rejected(tiny, tmp_path, capsys):
    from PIL import Image

    for name in ("yes", "no"):
        (tmp_path / "data" / name).mkdir(parents=True)
        Image.new("L", (64, 64)).save(tmp_path / "data" / name / "black.png")
    assert run(tiny, "--data", tmp_path / "data", "--out", tmp_path / "r") == 2
    assert "reject gate lets none of its scans pass" in capsys.readouterr().err


def test_scans_that_the_model_was_fitted_on_are_left_out(exported, finished_run, phantoms):
    from benchmarks.accuracy.scans import find_run, labelled
    from edge import Classifier

    manifest = Classifier(exported / "small-fp32.tflite").manifest
    scans = labelled(phantoms, [], [], [], find_run(manifest, [finished_run]), None)
    assert len(scans.files) == 16
    assert "64 files that the model was fitted on left out" in scans.source
