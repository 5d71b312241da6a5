"""What the gate and a baseline make of a whole run: its exit status."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from edge.inference.engines import installed
from tests.benchmarks.commands import report_of, run
from train.errors import TrainError


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    """No pictures, and one cold start: neither has to do with the exit status."""
    from benchmarks import cli
    from benchmarks.report import charts

    monkeypatch.setattr(charts, "draw", lambda report, folder: [])
    monkeypatch.setitem(cli._QUICK, "cold_starts", 1)


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
    assert len(report_of(tmp_path / "b")["baseline"]["changes"]) == 2 * len(installed("tflite"))
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
