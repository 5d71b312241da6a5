"""`python -m export`: what does not hold is not published, and the reason is told."""

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from export import export_pipeline
from export.arguments import parser
from export.cli import main
from export.convert.keras_conversion import Converter
from tests.export.command import export


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
