"""`python -m benchmarks` on real models, with Keras and as on a device, without."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cli import main, parser
from benchmarks.model_rows import agreement
from edge.engines import installed
from tests.edge.conftest import MODELS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tiny(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    return Path(shutil.copy(MODELS / "tiny.tflite", tmp_path))


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def with_keras(exported, finished_run, tmp_path_factory):
    """One benchmark of an int8 file against its Keras model; the report's folder."""
    out = tmp_path_factory.mktemp("report")
    arguments = [exported / "small-int8.tflite", "--run", finished_run, "--out", out]
    assert main([*map(str, arguments), "--min-seconds", "0"]) == 0
    return out


def test_the_report_has_what_it_promises(with_keras, exported, finished_run):
    report = report_of(with_keras)
    (model,) = report["models"]
    row, found = model["row"], model["agreement"]
    assert row["megabytes"] * 1e6 == (exported / "small-int8.tflite").stat().st_size
    assert row["engine"] == "litert"
    assert row["threads"] == 1
    for stage in ("decode", "preprocess", "inference", "call"):
        latency = row["stages"][stage]
        assert 0 < latency["p50"] <= latency["p90"]
        assert latency["queries"] >= 64
    assert all(value > 0 for value in row["overhead"].values())
    assert row["peak_megabytes"] > 20
    assert found["changed"] <= found["max_changed"]
    assert found["scores"]["accuracy"]["n"] == model["scan_count"] == 16
    assert [r["call"] for r in report["keras"]["small"]] == ["predict", "model(x)"]
    assert report["keras_absent"] is None
    assert report["machine"]["processor"]
    assert report["failures"] == []


def test_accuracy_is_that_of_the_run(with_keras, finished_run):
    trained = json.loads((finished_run / "report.json").read_text())["test"]["accuracy"]
    (model,) = report_of(with_keras)["models"]
    accuracy = model["agreement"]["scores"]["accuracy"]["hits"]
    assert abs(accuracy - trained["hits"]) <= model["agreement"]["changed"]


def test_the_words_are_the_figures(with_keras):
    report, text = report_of(with_keras), (with_keras / "report.md").read_text()
    row = report["models"][0]["row"]
    assert f"{row['stages']['inference']['p50']:.2f} / " in text
    assert f"{row['peak_megabytes']:.1f} MB" in text
    assert "SYNTHETIC" in text
    assert "not a medical device" in text
    assert "Keras predict, run small" in text


WITHOUT = """
import sys
for name in ("tensorflow", "keras", "sklearn", "matplotlib", "onnx", "rich", "psutil", "scipy"):
    sys.modules[name] = None
from benchmarks.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


def test_on_a_device_there_is_no_keras_and_the_report_says_so(tiny, tmp_path):
    """The whole command in a process that cannot import what a device lacks."""
    command = [sys.executable, "-c", WITHOUT, tiny, "--min-seconds", "0", "--out", tmp_path / "r"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    report = report_of(tmp_path / "r")
    assert report["keras"] == {}
    assert "No comparison with Keras: the run that" in done.stdout
    assert "golden sample only" in done.stdout
    assert "no labels" in done.stdout


def test_a_model_that_fails_its_self_test_is_not_measured(tiny, tmp_path, capsys, monkeypatch):
    import benchmarks.model_rows
    from edge.selftest import SelfTest

    failed = SelfTest("litert", False, 0.9, 0.1, 0.01)
    monkeypatch.setattr(benchmarks.model_rows, "self_test", lambda _: failed)
    assert main([str(tiny), "--out", str(tmp_path / "r")]) == 2
    assert "not measured: self-test FAILED" in capsys.readouterr().err
    assert list((tmp_path / "r").iterdir()) == []


def test_an_earlier_report_outlives_a_failure(tmp_path, capsys):
    (tmp_path / "report.json").write_text("precious")
    assert main(["gone.onnx", "--out", str(tmp_path)]) == 2
    assert (tmp_path / "report.json").read_text() == "precious"
    assert "nothing was measured: gone.onnx: no such model" in capsys.readouterr().err


def test_an_unwritable_place(tiny, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([str(tiny), "--out", str(tmp_path / "file" / "r")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_unreadable_scans_are_named_and_the_rest_is_measured(tiny, phantoms, tmp_path, capsys):
    data = Path(shutil.copytree(phantoms, tmp_path / "data"))
    (data / "yes" / "text.png").write_text("hello")
    arguments = [tiny, "--data", data, "--min-seconds", "0", "--out", tmp_path / "r"]
    assert main(list(map(str, arguments))) == 0
    (model,) = report_of(tmp_path / "r")["models"]
    assert model["scan_count"] == 80
    assert "1 unreadable files left out" in model["scans"]
    assert f"skipped {data / 'yes' / 'text.png'}: is not an image" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--min-seconds", "nan"], ["--min-seconds", "-1"], ["--threads", "0"]]
)
def test_nonsense_is_refused(option, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["m.tflite", *option])
    assert stop.value.code == 2
    assert option[0] in capsys.readouterr().err


def test_a_damaged_model_is_named_and_the_rest_is_measured(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(tiny.read_bytes()[:2000])
    assert main([str(cut), str(tiny), "--min-seconds", "0", "--out", "r"]) == 1
    report = report_of(tmp_path / "r")
    assert [m["row"]["file"] for m in report["models"]] == [str(tiny)]
    assert report["failures"][0].startswith(f"{cut}: has no mri-edge manifest")


def test_labelled_data_of_ones_own(tiny, phantoms, tmp_path):
    arguments = [tiny, "--data", phantoms, "--min-seconds", "0", "--out", tmp_path / "r"]
    assert main(list(map(str, arguments))) == 0
    (model,) = report_of(tmp_path / "r")["models"]
    assert model["agreement"]["scores"]["accuracy"]["n"] == 80
    assert model["synthetic"] is True
    assert "its run is not here" in model["scans"]


def test_scans_that_the_model_was_fitted_on_are_left_out(exported, finished_run, phantoms):
    from benchmarks.scans import find_run, labelled
    from edge import Classifier

    manifest = Classifier(exported / "small-fp32.tflite").manifest
    scans = labelled(phantoms, [], [], find_run(manifest, finished_run))
    assert len(scans.files) == 16
    assert "64 files that the model was fitted on left out" in scans.source


def test_another_run_is_refused(tiny, finished_run, capsys):
    assert main([str(tiny), "--run", str(finished_run)]) == 2
    assert "is not the run that tiny was exported from" in capsys.readouterr().err


def test_verdicts_unlike_keras_are_counted():
    import types

    import numpy as np

    row = types.SimpleNamespace(
        probabilities=(0.9, 0.2, None, 0.6), verdicts=("tumor", "no_tumor", "rejected", "tumor")
    )
    keras = (np.array([0.8, 0.6, 0.5, 0.7]), ["tumor", "tumor", "tumor", "tumor"])
    found = agreement(row, np.array([1, 1, 1, 0]), 0.5, keras, 1)
    assert (found.changed, found.rejected, found.uncertain) == (1, 1, 0)
    assert found.max_difference == pytest.approx(0.4)
    assert (found.scores.accuracy.hits, found.scores.accuracy.n) == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "no model given and none in dist/"), (["gone.onnx"], "gone.onnx: no such model")],
)
def test_nothing_to_measure(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err + captured.out


def test_every_flag_has_help():
    assert all(action.help for action in parser()._actions)
