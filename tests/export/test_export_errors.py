"""`python -m export`: a damaged run, a full disk, an interrupt: one line, nothing half-written."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from export.cli import main
from tests.conftest import ROOT
from tests.export.command import export


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
