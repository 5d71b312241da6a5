"""`python -m export`: what it publishes, by real converters in real engines."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from edge import Classifier
from edge.inference.decision_replay import replay_decision
from edge.inference.engines import installed
from edge.inference.self_test import self_test
from edge.model_file.bundled import bundled_model
from edge.model_file.container import open_model
from edge.model_file.provenance import SCAN_DIGITS, provenance
from export.cli import main
from export.targets import TARGETS
from tests.edge.model_file.test_container import payload_of
from tests.export import shape_arithmetic
from tests.export.command import export
from train.data.read_folders import read_again
from train.evaluation.keras_predictions import load_keras, tumor_probabilities
from train.evaluation.metrics import calibration_error
from train.run.run_folder import read_run

FILES = [target.filename("small") for target in TARGETS]


def test_every_target_is_published(exported):
    assert sorted(p.name for p in exported.iterdir()) == sorted([*FILES, "export-report.json"])
    report = json.loads((exported / "export-report.json").read_text())
    assert report["synthetic"] is True
    assert [f["file"] for f in report["files"]] == FILES
    assert all(f["published"] for f in report["files"])


def test_no_file_reckons_shapes(exported):
    """Some engines get that wrong without an error."""
    bundled = [Path(bundled_model(engine)) for engine in ("litert", "onnxruntime")]
    for file in [*(exported / name for name in FILES), *bundled]:
        assert shape_arithmetic.of(file) == [], file.name


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_keras_is(exported, finished_run, name):
    run = read_run(finished_run)
    held_out = [scan for scan in run.split if scan.part == "test"]
    files, pixels = read_again(held_out, run.manifest.input)
    wanted = tumor_probabilities(load_keras(run), run.manifest, pixels)
    classifier = Classifier(exported / name)
    found = np.array([classifier.classify(file).probability for file in files])
    difference = np.abs(found - wanted).max()
    assert difference < {"fp32": 1e-4, "fp16": 5e-3}.get(classifier.manifest.precision, 0.1)
    proofs = {proof.engine: proof for proof in provenance(classifier.manifest).parity}
    proof = proofs[classifier.engine.name]
    assert proof.scans == len(files)
    assert proof.max_difference == pytest.approx(difference, abs=1e-9)
    called = found >= classifier.manifest.decision.threshold
    truth = np.array([scan.positive for scan in held_out])
    assert proof.sensitivity.exported == called[truth].mean()
    assert proof.specificity.exported == 1 - called[~truth].mean()
    assert f"{proof.changed} of {len(files)} verdicts changed" in proof.words
    assert proof.calibration_error.exported == calibration_error(truth, found)
    assert f"calibration error {proof.calibration_error.exported:.3f}, was" in proof.words


@pytest.mark.parametrize("name", FILES)
def test_the_manifest_is_complete(exported, finished_run, name):
    manifest = Classifier(exported / name).manifest
    run = read_run(finished_run)
    story = provenance(manifest)
    assert (manifest.name, manifest.labels, manifest.positive) == ("small", ("no", "yes"), "yes")
    assert name == f"small-{manifest.precision}.{manifest.format}"
    assert manifest.input == run.manifest.input or vars(manifest.input) == vars(run.manifest.input)
    assert story.training == run.manifest.training
    assert [p.engine for p in story.parity] == installed(manifest.format)
    assert all(p.changed <= p.max_changed for p in story.parity)
    if manifest.precision == "int8":
        parts = {scan.sha256[:SCAN_DIGITS]: scan.part for scan in run.split}
        assert {parts[digest] for digest in story.calibration.sha256} == {"train"}
        assert story.calibration.counts["no"] == story.calibration.counts["yes"] > 0
    else:
        assert story.calibration is None


@pytest.mark.parametrize("name", FILES)
def test_self_test(exported, name):
    assert self_test(Classifier(exported / name)).passed


@pytest.mark.parametrize("name", FILES)
def test_verdicts_at_the_limits_are_sealed(exported, name):
    manifest = open_model(exported / name).manifest
    golden = provenance(manifest).golden
    assert {row.verdict for row in golden.decisions} >= {"tumor", "no_tumor"}
    assert manifest.decision.threshold in {row.probability for row in golden.decisions}
    passed, words = replay_decision(manifest, golden)
    assert passed
    assert "as sealed at export" in words


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_sizes_are_those_of_the_precision(exported, format):
    """Less the manifest, which is as long in each."""

    def size(precision):
        return len(payload_of(exported / f"small-{precision}.{format}"))

    for precision, factor in {"fp16": 2, "dynamic": 4, "int8": 4}.items():
        if (format, precision) != ("onnx", "dynamic"):
            assert size("fp32") / size(precision) == pytest.approx(factor, rel=0.05)


def test_the_same_export_twice_gives_the_same_payload(run, exported, tmp_path):
    assert main([str(run), "--out", str(tmp_path / "dist"), "--int8"]) == 0
    for name in ("small-int8.tflite", "small-int8.onnx"):
        again = open_model(tmp_path / "dist" / name).manifest
        assert again.payload_sha256 == open_model(exported / name).manifest.payload_sha256


def entries(out):
    return json.loads((out / "export-report.json").read_text())["files"]


def test_the_report_keeps_what_other_exports_left(run, tmp_path):
    out = tmp_path / "dist"
    for format in ("tflite", "onnx"):
        options = ["--format", format, "--precision", "fp32", "--out", str(out)]
        assert main([str(run), *options]) == 0
    assert [one["file"] for one in entries(out)] == ["small-fp32.tflite", "small-fp32.onnx"]
    assert {one["run"] for one in entries(out)} == {"small"}
    # One that is exported again has one entry; one that failed leaves the standing file's.
    assert export(run, out, "--precision", "fp32") == 0
    assert [one["file"] for one in entries(out)] == ["small-fp32.onnx", "small-fp32.tflite"]
    assert export(run, out, "--precision", "fp32", "--max-difference", "0") == 1
    published = [(one["file"], one["published"]) for one in entries(out)]
    assert published == [
        ("small-fp32.onnx", True),
        ("small-fp32.tflite", True),
        ("small-fp32.tflite", False),
    ]
    # What is gone or was changed by another hand is forgotten.
    (out / "small-fp32.onnx").write_bytes(b"another")
    (out / "small-fp32.tflite").unlink()
    assert export(run, out, "--precision", "fp16") == 0
    assert [one["file"] for one in entries(out)] == ["small-fp16.tflite"]
