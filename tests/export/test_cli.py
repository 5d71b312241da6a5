"""What the command says of what goes wrong in it."""

import os
import shutil
from pathlib import Path

import pytest

from edge import EngineError, ImageError, ModelError
from edge.model_file.container import open_model
from edge.model_file.provenance import provenance
from export import cli
from export.errors import ExportError
from export.package.write_container import write_atomically
from train.errors import TrainError


@pytest.mark.parametrize("kind", [TrainError, ExportError, ImageError, ModelError, EngineError])
def test_an_error_is_a_message_and_a_status(kind, monkeypatch, capsys):
    def fail(_):
        raise kind("scan.png: is broken")

    monkeypatch.setattr(cli, "_export", fail)
    assert cli.main(["runs/cnn"]) == 2
    assert capsys.readouterr().err == "export: scan.png: is broken\n"


def test_a_licence_is_in_the_file_and_told(finished_run, tmp_path, capsys):
    words = "For research only, by order."
    options = ["--precision", "fp32", "--format", "onnx", "--licence", words]
    assert cli.main([str(finished_run), "--out", str(tmp_path), *options]) == 0
    (file,) = tmp_path.glob("*.onnx")
    assert provenance(open_model(file).manifest).licence == words
    capsys.readouterr()
    assert cli.main(["inspect", str(file)]) == 0
    assert words in capsys.readouterr().out


def test_two_processes_write_to_names_of_their_own(tmp_path, monkeypatch):
    """What one is still writing is never put in place by another."""
    seen, replace = [], Path.replace

    def recorded(path, target):
        seen.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", recorded)
    monkeypatch.setattr(os, "getpid", lambda: 1)  # as in two containers
    for _ in range(2):
        write_atomically(tmp_path / "model.onnx", b"whole")
    assert len(set(seen)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_failure_leaves_no_empty_folder(finished_run, phantoms, tmp_path, capsys):
    out, run = tmp_path / "dist", tmp_path / "run"
    shutil.copytree(finished_run, run)
    (run / "model.keras").write_bytes(b"changed")
    assert cli.main([str(run), "--out", str(out)]) == 2
    assert "changed since the run" in capsys.readouterr().err
    assert not out.exists()
    out.mkdir()
    assert cli.main([str(run), "--out", str(out)]) == 2
    assert out.is_dir(), "it was there before"
