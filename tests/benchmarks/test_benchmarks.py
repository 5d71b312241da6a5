"""`python -m benchmarks` on real models, with Keras and as on a device, without."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.cli import main
from edge.inference.engines import installed
from tests.benchmarks.hardware.test_roofline import by_hand
from tests.edge.conftest import MODELS, heed_ctrl_c
from train.errors import TrainError

ROOT = Path(__file__).parents[2]
STAGES = ("decode", "preprocess", "inference", "decision", "call")


@pytest.fixture
def tiny(tmp_path):
    if not installed("tflite"):
        pytest.skip("no engine for tflite is installed")
    return Path(shutil.copy(MODELS / "tiny.tflite", tmp_path))


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def run(*arguments):
    return main([str(argument) for argument in (*arguments, "--quick")])


@pytest.fixture(scope="module")
def with_keras(exported, finished_run, tmp_path_factory):
    """One benchmark of two files against their Keras model; the report's folder."""
    out = tmp_path_factory.mktemp("report")
    models = [exported / "small-int8.tflite", exported / "small-fp32.onnx"]
    status = run(*models, "--run", finished_run, "--out", out, "--threads", 1, 2, "--no-gate")
    assert status == 0
    return out


def test_the_report_has_what_it_promises(with_keras, exported):
    report = report_of(with_keras)
    assert (report["partial"], report["failed"], report["gate"]) == (False, [], None)
    (group,) = report["groups"]
    assert [row["call"] for row in group["keras"]] == ["predict", "model(x)", "tf.function"]
    assert group["keras_absent"] is None
    assert group["keras_accuracy"]["accuracy"]["n"] == group["scan_count"] == 16
    assert group["synthetic"] is True
    alone = group["keras_process"]
    assert alone["cold_ms"] > 0
    assert alone["memory"]["peak"] >= alone["memory"]["steady"] > 200
    int8, fp32 = group["models"]
    assert int8["megabytes"] * 1e6 == (exported / "small-int8.tflite").stat().st_size
    assert (int8["engine"], fp32["engine"]) == ("litert", "onnxruntime")
    assert int8["macs"] == fp32["macs"] == by_hand(0.25)[0]
    for model in (int8, fp32):
        assert [row["threads"] for row in model["rows"]] == [1, 2]
        for row in model["rows"]:
            assert 0 < row["inference"]["p50"] <= row["inference"]["p90"]
            assert row["inference"]["p99"] is None
            assert row["inference"]["queries"] >= 64
        for stage in STAGES:
            assert model["stages"][stage]["queries"] >= 64
        assert model["cold"]["ours"]["queries"] == model["cold"]["minimal"]["queries"] == 2
        assert model["memory"]["peak"] >= model["memory"]["steady"] > 20
        agreement = model["judged"]["agreement"]
        assert agreement["scans"] + model["judged"]["rejected"]["hits"] == 16
        assert agreement["max_difference"] < 0.15
    rivals = {"predict", "model(x)", "tf.function"}
    assert set(int8["rows"][0]["times_faster"]) == rivals | {"tf.lite", "fp32 ONNX"}
    assert set(int8["rows"][1]["times_faster"]) == rivals | {"fp32 ONNX"}
    assert set(fp32["rows"][0]["times_faster"]) == rivals
    assert fp32["judged"]["agreement"]["changed"] == 0
    assert fp32["judged"]["accuracy"]["auc"] == pytest.approx(group["keras_accuracy"]["auc"])


def test_accuracy_is_that_of_the_run(with_keras, finished_run):
    trained = json.loads((finished_run / "report.json").read_text())["test"]["accuracy"]
    (group,) = report_of(with_keras)["groups"]
    assert group["keras_accuracy"]["accuracy"]["hits"] == trained["hits"]


def test_the_words_are_the_figures(with_keras):
    (group,) = report_of(with_keras)["groups"]
    text = (with_keras / "report.md").read_text()
    assert f"{group['models'][0]['rows'][0]['inference']['p50']:.3f} " in text
    assert "SYNTHETIC" in text
    assert "not a medical device" in text


WITHOUT = """
import sys
for name in ("tensorflow", "keras", "sklearn", "matplotlib", "onnx", "rich", "psutil", "scipy"):
    sys.modules[name] = None
from benchmarks.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


def start(code, *arguments, **given):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=heed_ctrl_c,
        **given,
    )


def test_on_a_device_a_reference_file_stands_for_keras(exported, finished_run, phantoms, tmp_path):
    """The whole command in a process that cannot import what a device lacks."""
    from export.cli import main as export

    options = ["--format", "tflite", "--precision", "int8", "--reference", "--out", str(tmp_path)]
    assert export([str(finished_run), *options]) == 0
    model = tmp_path / "small-int8.tflite"
    done = start(
        WITHOUT, model, "--data", phantoms, "--quick", "--out", "r", "--gate", cwd=tmp_path
    )
    out, err = done.communicate(timeout=300)
    assert done.returncode == 0, err
    report = report_of(tmp_path / "r")
    (group,) = report["groups"]
    assert (group["keras"], group["keras_process"]) == ([], None)
    assert "the run that small came from is not here" in group["keras_absent"]
    assert group["scan_count"] == 16
    assert "64 others left out" in group["scans"]
    agreement = group["models"][0]["judged"]["agreement"]
    assert agreement["source"] == "reference file of run small"
    assert agreement["scans"] == agreement["same_pixels"] > 0
    assert {finding["what"] for finding in report["gate"]} == {
        "decisions",
        "probabilities",
        "sensitivity",
    }
    assert "Gate passed" in out
    assert not list((tmp_path / "r").glob("*.png"))


def test_with_nothing_to_compare_with(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(tiny, "--out", "r") == 0
    report = report_of(tmp_path / "r")
    assert report["gate"] is None
    assert "golden sample only" in report["groups"][0]["scans"]
    assert "no labels" in capsys.readouterr().out
    assert run(tiny, "--out", "r", "--gate") == 2
    assert "nothing to compare with: neither" in capsys.readouterr().err


def test_the_gate_sets_the_exit_status(tiny, tmp_path, capsys, monkeypatch):
    """With limits that nothing meets: the reference disagrees with the model everywhere."""
    from edge import Classifier
    from edge.model_file.provenance import provenance
    from export.prove.reference import reference, reference_name, write_reference
    from train.phantom.files import write_phantoms

    monkeypatch.chdir(tmp_path)
    data = write_phantoms(tmp_path / "data", 16, seed=3)
    files = sorted(path for path in data.rglob("*.png"))
    classifier = Classifier(tiny)
    own = np.array([classifier.classify(file).probability for file in files])
    made = reference(
        "tiny",
        provenance(classifier.manifest).training.model_sha256,
        files,
        [classifier.pixels(file) for file in files],
        np.ones(len(files)),
        1 - own,
    )
    write_reference(tmp_path / reference_name("tiny"), made)
    assert run(tiny, "--data", data, "--out", "r") == 1
    text = capsys.readouterr().out
    assert "Gate FAILED" in text
    assert "FAILED tiny.tflite (litert): decisions: " in text
    assert run(tiny, "--data", data, "--out", "r", "--no-gate") == 0


def reference_beside(tiny, files):
    """A reference file beside the model that names the files."""
    from edge import Classifier
    from edge.model_file.provenance import provenance
    from export.prove.reference import reference, reference_name, write_reference

    classifier = Classifier(tiny)
    digest = provenance(classifier.manifest).training.model_sha256
    own = np.array([classifier.classify(file).probability for file in files])
    pixels = [classifier.pixels(file) for file in files]
    made = reference("tiny", digest, files, pixels, np.ones(len(files)), own)
    write_reference(tiny.parent / reference_name("tiny"), made)


def test_a_gate_with_nothing_compared_fails(tiny, tmp_path, capsys, monkeypatch):
    """There is a reference, and it names none of the scans, or there are none."""
    from train.phantom.files import write_phantoms

    monkeypatch.chdir(tmp_path)
    named = write_phantoms(tmp_path / "named", 8, seed=3)
    others = write_phantoms(tmp_path / "others", 8, seed=4)
    reference_beside(tiny, sorted(named.rglob("*.png")))
    assert run(tiny, "--data", others, "--out", "r") == 1
    text = capsys.readouterr().out
    assert "FAILED tiny.tflite (litert): comparison: no verdict compared with Keras" in text
    assert "no reference file names one of the scans" in text
    assert "the run that tiny came from is not here" in text
    assert run(tiny, "--data", others, "--out", "r", "--no-gate") == 0
    assert run(tiny, "--out", "r") == 1
    assert "comparison: no verdict compared with Keras: there are no" in capsys.readouterr().out
    assert run(tiny, "--out", "r", "--gate") == 2
    assert "tiny: --gate needs labelled scans" in capsys.readouterr().err


def test_a_test_scan_that_is_gone_is_named(tiny, tmp_path, capsys, monkeypatch):
    """And the golden sample that stands in for the test part is no comparison."""
    from benchmarks.accuracy.agreement import Expected

    scan = SimpleNamespace(part="test", root=str(tmp_path), path="gone.png", sha256="0" * 64)
    found = SimpleNamespace(name="tiny", split=[scan], model_file=None)
    monkeypatch.setattr("benchmarks.session.find_run", lambda *_: found)
    monkeypatch.setattr("benchmarks.session.is_installed", lambda _: True)

    def agrees(_, candidate, scans):
        own = [candidate.classifier.classify(file).probability for file in scans.files]
        return {}, Expected("Keras", np.array(own))

    monkeypatch.setattr("benchmarks.session._keras", agrees)
    assert run(tiny, "--out", tmp_path / "r") == 1
    text = capsys.readouterr().out
    assert "comparison: no verdict compared with Keras: there are no labelled scans" in text
    assert f"{tmp_path / 'gone.png'}, a test scan of run tiny, is missing" in text
    assert run(tiny, "--out", tmp_path / "r", "--gate") == 2
    assert "a test scan of run tiny, is missing; name some" in capsys.readouterr().err


@pytest.mark.parametrize("error", [TrainError("Keras cannot load it"), ImportError("no backend")])
def test_keras_that_does_not_load_fails_the_gate(error, tiny, tmp_path, capsys, monkeypatch):
    from benchmarks.accuracy.scans import Scans
    from train.phantom.files import write_phantoms

    def fail(*_):
        raise error

    files = tuple(sorted(write_phantoms(tmp_path / "data", 4, seed=3).rglob("*.png")))
    found = SimpleNamespace(name="tiny", split=[], model_file=None)
    truth = np.array([0, 0, 1, 1])
    monkeypatch.setattr("benchmarks.session.find_run", lambda *_: found)
    monkeypatch.setattr("benchmarks.session.held_out", lambda _: Scans(files, truth, "4", True))
    monkeypatch.setattr("benchmarks.session.is_installed", lambda _: True)
    monkeypatch.setattr("benchmarks.session._keras", fail)
    assert run(tiny, "--out", tmp_path / "r") == 1
    text = capsys.readouterr().out
    assert "FAILED tiny.tflite (litert): comparison: " in text
    assert str(error) in text


def test_a_baseline_with_nothing_in_common(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(tiny, "--out", "a") == 0
    earlier = report_of(tmp_path / "a")
    earlier["groups"][0]["run"] = "other"
    (tmp_path / "other.json").write_text(json.dumps(earlier))
    assert run(tiny, "--out", "b", "--baseline", "other.json") == 2
    assert "other.json: has no latency in common with this run" in capsys.readouterr().err
    assert report_of(tmp_path / "b")["baseline"]["changes"] == []


def test_a_baseline(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(tiny, "--out", "a") == 0
    assert run(tiny, "--out", "b", "--baseline", "a/report.json", "--max-regression", "900%") == 0
    assert len(report_of(tmp_path / "b")["baseline"]["changes"]) == 2
    earlier = report_of(tmp_path / "a")
    for latency in (
        earlier["groups"][0]["models"][0]["rows"][0]["inference"],
        earlier["groups"][0]["models"][0]["stages"]["call"],
    ):
        latency["repeats"] = [ms / 1000 for ms in latency["repeats"]]
    (tmp_path / "fast.json").write_text(json.dumps(earlier))
    assert run(tiny, "--out", "b", "--baseline", "fast.json", "--max-regression", "900%") == 1
    assert "FAILED tiny" in capsys.readouterr().out
    earlier["machine"]["processor"] = "Another"
    (tmp_path / "other.json").write_text(json.dumps(earlier))
    assert run(tiny, "--out", "b", "--baseline", "other.json") == 2
    assert "another kind of machine" in capsys.readouterr().err


def test_a_model_that_fails_its_self_test_is_not_timed(tiny, tmp_path, capsys, monkeypatch):
    from edge.inference.self_test import SelfTest

    failed = SelfTest("litert", False, 0.9, 0.1, 0.01)
    monkeypatch.setattr("benchmarks.contestants.model_files.self_test", lambda _: failed)
    assert run(tiny, "--out", tmp_path / "r") == 2
    assert "not measured: self-test FAILED" in capsys.readouterr().err
    assert list((tmp_path / "r").iterdir()) == []


def test_a_damaged_model_is_named_and_the_rest_is_measured(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(tiny.read_bytes()[:2000])
    assert run(cut, tiny, "--out", "r") == 1
    report = report_of(tmp_path / "r")
    assert [m["file"] for m in report["groups"][0]["models"]] == ["tiny.tflite"]
    (failed,) = report["failed"]
    assert failed["file"] == str(cut)
    assert "has no mri-edge manifest" in failed["reason"]


def test_interrupted_it_keeps_what_was_measured(tiny, tmp_path):
    code = "from benchmarks.cli import main; import sys; raise SystemExit(main(sys.argv[1:]))"
    arguments = (tiny, "--quick", "--min-seconds", "16", "--out", "r")
    process = start(code, *arguments, cwd=tmp_path)
    for line in process.stderr:
        if "interleaved rounds" in line:
            break
    time.sleep(5)  # longer than the first block of some, shorter than all rounds
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    report = report_of(tmp_path / "r")
    assert report["partial"] is True
    assert report["groups"][0]["models"][0]["cold"]
    assert "PARTIAL" in out


def test_interrupted_before_anything_was_measured(tiny, tmp_path, capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmarks.session.load", stop)
    assert run(tiny, "--out", tmp_path / "r") == 130
    assert "interrupted before anything was measured" in capsys.readouterr().err
    assert list((tmp_path / "r").iterdir()) == []


def test_an_earlier_report_outlives_a_failure(tmp_path, capsys):
    (tmp_path / "report.json").write_text("precious")
    assert run("gone.onnx", "--out", tmp_path) == 2
    assert (tmp_path / "report.json").read_text() == "precious"
    assert "nothing can be measured: gone.onnx" in capsys.readouterr().err


def test_an_unwritable_place(tiny, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(tiny, "--out", tmp_path / "file" / "r") == 2
    assert "cannot be written" in capsys.readouterr().err


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
    assert "has glioma, healthy; name the tumor class with --positive NAME" in said
    assert run(tiny, "--data", data, "--positive", "glioma", "--out", tmp_path / "r") == 0
    assert run(tiny, "--positive", "glioma", "--out", tmp_path / "r") == 2
    assert "--positive and --negative belong to --data" in capsys.readouterr().err


def test_scans_that_are_all_rejected(tiny, tmp_path, capsys):
    from PIL import Image

    for name in ("yes", "no"):
        (tmp_path / "data" / name).mkdir(parents=True)
        Image.new("L", (64, 64)).save(tmp_path / "data" / name / "black.png")
    assert run(tiny, "--data", tmp_path / "data", "--out", tmp_path / "r") == 2
    assert "reject gate lets none of its scans pass" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        ["--min-seconds", "nan"],
        ["--min-seconds", "-1"],
        ["--threads", "0"],
        ["--max-regression", "many"],
        ["--engine", "abacus"],
    ],
)
def test_nonsense_is_refused(option, capsys):
    assert main(["m.tflite", *option]) == 2
    assert option[0] in capsys.readouterr().err


def test_scans_that_the_model_was_fitted_on_are_left_out(exported, finished_run, phantoms):
    from benchmarks.accuracy.scans import find_run, labelled
    from edge import Classifier

    manifest = Classifier(exported / "small-fp32.tflite").manifest
    scans = labelled(phantoms, [], [], find_run(manifest, [finished_run]), None)
    assert len(scans.files) == 16
    assert "64 files that the model was fitted on left out" in scans.source


def test_another_run_is_refused(tiny, finished_run, tmp_path, capsys):
    assert run(tiny, "--run", finished_run, "--out", tmp_path / "r") == 2
    assert "is not the run that tiny was exported from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "no model given and none in dist/"), (["gone.onnx"], "gone.onnx: no such model")],
)
def test_nothing_to_measure(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err + captured.out


def test_throughput(tiny, phantoms, capsys):
    folder = str(phantoms / "yes")
    options = ["--jobs", "1", "2", "--repeats", "2", "--seconds", "0.1", "--json"]
    assert main(["throughput", str(tiny), folder, *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(rate["jobs"], rate["threads"]) for rate in found["rates"]] == [(1, 1), (2, 1)]
    assert found["rates"][0]["scaling"]["value"] == 1.0
    assert found["scans"] >= 16
    assert main(["throughput", "gone.tflite", folder]) == 2
    assert main(["throughput", str(tiny), str(phantoms / "gone")]) == 2


def test_combinations_of_jobs_and_threads(monkeypatch):
    monkeypatch.setattr("benchmarks.timing.throughput.cores", lambda: 2)
    from benchmarks.timing.throughput import combinations, default_jobs

    assert default_jobs() == [1, 2, 4]
    pairs = combinations([1, 2, 4], [1, 2])
    assert pairs == [(1, 1), (2, 1), (4, 1), (1, 2), (2, 2)]
    assert combinations([2], [1])[0] == (1, 1)
