"""`python -m benchmarks` of real models, with Keras and as on a device, without."""

import json

import pytest

from tests.benchmarks.commands import report_of, run, start
from tests.benchmarks.hardware.test_roofline import by_hand

STAGES = ("decode", "preprocess", "inference", "decision", "call")


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
    by_engine = {(row["precision"], row["engine"]): row for row in group["models"]}
    int8, fp32 = by_engine["int8", "litert"], by_engine["fp32", "onnxruntime"]
    assert int8["megabytes"] * 1e6 == (exported / "small-int8.tflite").stat().st_size
    assert int8["macs"] == fp32["macs"] == by_hand(0.25)[0]
    for model in group["models"]:
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
    others = {"predict", "model(x)", "tf.function"}
    assert set(int8["rows"][0]["times_faster"]) == others | {"tf.lite", "fp32 ONNX"}
    assert set(int8["rows"][1]["times_faster"]) == others | {"fp32 ONNX"}
    assert set(fp32["rows"][0]["times_faster"]) == others
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


def test_another_run_is_refused(tiny, finished_run, tmp_path, capsys):
    assert run(tiny, "--run", finished_run, "--out", tmp_path / "r") == 2
    assert "is not the run that tiny was exported from" in capsys.readouterr().err
