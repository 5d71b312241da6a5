"""`python -m export`: real converters, real engines, and nothing published that does not hold."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
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
from export import export_pipeline
from export.arguments import parser
from export.cli import main
from export.convert.keras_conversion import Converter
from export.targets import TARGETS
from tests.conftest import ROOT
from tests.edge.model_file.test_container import payload_of
from tests.export import shape_arithmetic
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


def export(run, out, *more):
    return main([str(run), "--out", str(out), "--format", "tflite", *map(str, more)])


def test_the_same_export_twice_gives_the_same_payload(run, exported, tmp_path):
    assert main([str(run), "--out", str(tmp_path / "dist"), "--int8"]) == 0
    for name in ("small-int8.tflite", "small-int8.onnx"):
        again = open_model(tmp_path / "dist" / name).manifest
        assert again.payload_sha256 == open_model(exported / name).manifest.payload_sha256


def test_what_does_not_hold_is_not_published(run, tmp_path, capsys):
    out = tmp_path / "dist"
    assert export(run, out, "--int8", "--max-difference", "0") == 1
    assert [p.name for p in out.iterdir()] == ["export-report.json"]
    (entry,) = json.loads((out / "export-report.json").read_text())["files"]
    assert entry["published"] is False
    assert "a probability is off by" in entry["problems"][0]
    said = capsys.readouterr().out
    assert "NOT PUBLISHED small-int8.tflite: it strays too far from the Keras model." in said
    assert "Compared: the verdicts of both on 16 held-out scans." in said
    assert "In litert: a probability is off by " in said
    assert "In litert: 0 of 16 verdicts changed; at most 1 may. That holds." in said


def test_a_failure_leaves_an_earlier_file_and_says_so(run, exported, tmp_path, capsys):
    out = tmp_path / "dist"
    out.mkdir()
    earlier = shutil.copy(exported / "small-int8.tflite", out)
    before = Path(earlier).read_bytes()
    assert export(run, out, "--int8", "--max-difference", "0") == 1
    assert Path(earlier).read_bytes() == before
    assert "An earlier file of that name was left" in capsys.readouterr().out


def test_a_refusal_spells_out_what_to_try(run, tmp_path, capsys):
    """Each command that it gives can be given as it stands, and keeps the other options."""
    out = tmp_path / "my dist"
    assert export(run, out, "--int8", "--max-difference", "0", "--calibration-scans", "20") == 1
    said = capsys.readouterr().out
    lines = said.split("What to try:\n")[1].splitlines()
    commands = [line.split(": ", 1)[1] for line in lines if "python -m export " in line]
    allowed = []
    for command in commands:
        words = shlex.split(command.removeprefix("python -m export "))
        args = parser().parse_args(words)
        assert (args.run, args.out) == (run, out)
        assert (args.format, len(args.precision)) == (["tflite"], 1)
        allowed.append(args.max_difference)
    # The last allows what failed, which is enough.
    assert set(allowed[:-1]) == {0.0}
    assert allowed[-1] > 0
    again = shlex.split(commands[-1].removeprefix("python -m export "))
    assert main(again) == 0
    assert [word for command in commands for word in command.split() if word == "auto"] == ["auto"]
    assert "--calibration-scans 40" in said
    assert "--precision fp32" in said


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


def test_a_broken_conversion_fails_alone(run, tmp_path, monkeypatch, capsys):
    def broken(self, format, calibration):
        raise RuntimeError("no kernel for op 42\nlong story")

    monkeypatch.setattr(Converter, "int8", broken)
    assert export(run, tmp_path / "dist") == 1
    assert (tmp_path / "dist" / "small-fp32.tflite").exists()
    assert not (tmp_path / "dist" / "small-int8.tflite").exists()
    assert "small-int8.tflite: conversion failed: no kernel for op 42" in capsys.readouterr().out


def test_a_wrong_conversion_is_caught(run, tmp_path, monkeypatch):
    """A converter that silently gives another network: what the proof is for."""
    import keras

    class Wrong(Converter):
        def __init__(self, model, *rest):
            super().__init__(keras.models.clone_model(model), *rest)

    monkeypatch.setattr("export.export_inputs.Converter", Wrong)
    assert export(run, tmp_path / "dist", "--precision", "fp32") == 1
    assert not (tmp_path / "dist" / "small-fp32.tflite").exists()


def test_what_fails_its_own_self_test_is_not_published(run, tmp_path, monkeypatch, capsys):
    """As if an engine that holds on the scans read the golden sample otherwise."""
    make = export_pipeline._golden_sample

    def other(*args):
        golden = make(*args)
        return replace(golden, probability=1 - golden.probability)

    monkeypatch.setattr(export_pipeline, "_golden_sample", other)
    out = tmp_path / "dist"
    assert export(run, out, "--format", "onnx", "--precision", "fp32") == 1
    said = capsys.readouterr().out
    assert "NOT PUBLISHED small-fp32.onnx: its self-test fails." in said
    assert "On a device: self-test FAILED (onnxruntime)" in said
    (entry,) = json.loads((out / "export-report.json").read_text())["files"]
    assert not entry["published"]
    assert len(entry["parity"]) == len(entry["problems"]) >= 1
    assert [path.name for path in out.iterdir()] == ["export-report.json"]


def test_interrupting_leaves_nothing(run, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("export.prove.parity.prove", interrupted)
    assert export(run, tmp_path / "dist", "--precision", "fp32") == 130
    assert not (tmp_path / "dist").exists()


def no_model(run):
    (run / "model.keras").write_bytes(b"PK")


def gone_data(run):
    rows = json.loads((run / "split.json").read_text())
    for row in rows:
        row["root"] = "/nowhere"
    (run / "split.json").write_text(json.dumps(rows))


def changed_data(run):
    """The data folder copied, and one scan of it replaced by another."""
    rows = json.loads((run / "split.json").read_text())
    moved = Path(shutil.copytree(rows[0]["root"], run.parent / "moved"))
    held_out = [row["path"] for row in rows if row["part"] == "test"]
    shutil.copy(moved / held_out[0], moved / held_out[1])
    for row in rows:
        row["root"] = str(moved)
    (run / "split.json").write_text(json.dumps(rows))


def newer(run):
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "run_version": "2.0"}))


def cut_short(run):
    text = (run / "split.json").read_text()
    (run / "split.json").write_text(text[: len(text) // 2])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda run: shutil.rmtree(run), "is no finished run"),
        (lambda run: (run / "manifest.json").unlink(), "is no finished run"),
        (newer, "has run version 2.0, this mri-edge reads"),
        (cut_short, "is damaged"),
        (changed_data, "changed since the run"),
        (no_model, "changed since the run"),
        (gone_data, "name their folder with --data"),
    ],
)
def test_unusable_runs_are_one_line(run, tmp_path, capsys, damage, words):
    damage(run)
    assert export(run, tmp_path / "dist") == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("export: ")]
    assert len(err) == 1
    assert words in err[0]
    assert not list((tmp_path / "dist").glob("*"))


def test_moved_data(run, phantoms, tmp_path):
    gone_data(run)
    assert export(run, tmp_path / "dist", "--precision", "fp32", "--data", phantoms) == 0


def test_an_unwritable_place(run, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert export(run, tmp_path / "file" / "dist") == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(("format", "status"), [("onnx", 2), ("tflite", 1)])
def test_a_full_disk(run, tmp_path, capfd, format, status):
    """ONNX meets it in the output folder, TFLite in TensorFlow's temporary one."""
    resource = pytest.importorskip("resource")
    out = tmp_path / "dist"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        options = ["--format", format, "--precision", "fp32", "--out", str(out)]
        assert main([str(run), *options]) == status
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    if status == 2:
        assert "cannot be written (File too large); free some space" in said.err
        assert not out.exists()
    else:
        assert "NOT PUBLISHED small-fp32.tflite: conversion failed" in said.out
        assert [file.name for file in out.iterdir()] == ["export-report.json"]


def test_contradicting_options(run, tmp_path, capsys):
    assert export(run, tmp_path / "dist", "--int8", "--precision", "fp32") == 2
    assert "contradict" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [["--max-changed", "-1"], ["--max-difference", "nan"], ["--calibration-scans", "-5"]],
)
def test_nonsense_is_refused_at_once(option, capsys):
    assert main(["run", *option]) == 2
    assert option[0] in capsys.readouterr().err


INTERRUPTED = """
import signal, sys
from export.cli import main
from export.convert.keras_conversion import Converter

def interrupted(*_):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise TypeError("'NoneType' object is not callable") from None

Converter.convert = interrupted
raise SystemExit(main(sys.argv[1:]))
"""


def test_ctrl_c_in_a_conversion_is_no_failed_conversion(run, tmp_path):
    """TensorFlow's converter calls Python from C++ and turns the interrupt into a TypeError."""
    out = tmp_path / "dist"
    # In a process of its own, which a signal may end.
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(run), "--out", str(out), "--format", "tflite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 130, done.stderr
    assert "interrupted; unproven files were removed" in done.stderr
    assert not out.exists()
