"""One run of the benchmarks: what stops it, and what it leaves."""

import signal
import time
from pathlib import Path

import pytest

from benchmarks.cli import main
from benchmarks.systems.model_files import find_models
from edge.inference.engines import installed
from tests.benchmarks.commands import report_of, run, start


def test_a_model_that_fails_its_self_test_is_not_timed(tiny, tmp_path, capsys, monkeypatch):
    from edge.inference.self_test import SelfTest

    failed = SelfTest("litert", False, 0.9, 0.1, 0.01)
    monkeypatch.setattr("benchmarks.systems.model_files.self_test", lambda _: failed)
    assert run(tiny, "--out", tmp_path / "r") == 2
    assert "not measured: self-test FAILED" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_a_damaged_model_is_named_and_the_rest_is_measured(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(tiny.read_bytes()[:2000])
    assert run(cut, tiny, "--out", "r") == 1
    report = report_of(tmp_path / "r")
    files = [m["file"] for m in report["groups"][0]["models"]]
    assert files == ["tiny.tflite"] * len(installed("tflite"))
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
    assert not (tmp_path / "r").exists()


def test_an_earlier_report_outlives_a_failure(tmp_path, capsys):
    (tmp_path / "report.json").write_text("precious")
    assert run("gone.onnx", "--out", tmp_path) == 2
    assert (tmp_path / "report.json").read_text() == "precious"
    assert "nothing can be measured: gone.onnx" in capsys.readouterr().err


def test_an_unwritable_place(tiny, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(tiny, "--out", tmp_path / "file" / "r") == 2
    assert "cannot be written" in capsys.readouterr().err


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


def test_without_a_file_it_is_the_bundled_model(tmp_path):
    said = []
    assert [Path(one).stem for one in find_models([], tmp_path, said.append)] == ["compact-int8"]
    assert said == [f"no model in {tmp_path}/: the bundled one is measured"]
    (tmp_path / "own.onnx").touch()
    assert find_models([], tmp_path, said.append) == [str(tmp_path / "own.onnx")]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "no model given and none in dist/"), (["gone.onnx"], "gone.onnx: no such model")],
)
def test_nothing_to_measure(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.systems.model_files.bundled_model", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err + captured.out
