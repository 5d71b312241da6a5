"""Files of JSON that are read back: what is nested too deeply, or too large, is told in words."""

import json

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.results.benchmark_report import read_report
from edge.journal.results_journal import Journal
from train.errors import TrainError
from train.phantom.files import is_synthetic
from train.run.run_folder import MANIFEST, MODEL, SPLIT, read_run

DEEP = "[" * 1100 + "]" * 1100
HOSTILE = {
    "deep": DEEP,
    "deep objects": '{"a":' * 1100 + "1" + "}" * 1100,
    "cut": '{"a": ',
    "infinite": '{"run_version": "1.0", "schema_version": "1.0", "synthetic": Infinity}',
    "sparse": None,
}

each = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def write(path, text):
    path.write_text(text or "")
    if text is None:
        with open(path, "r+b") as file:
            file.truncate(3_000_000_000)


@each
def test_a_run(tmp_path, text):
    (tmp_path / MODEL).write_bytes(b"?")
    write(tmp_path / MANIFEST, text)
    with pytest.raises(TrainError, match="is damaged"):
        read_run(tmp_path)


@each
def test_a_split(finished_run, tmp_path, text):
    for name in (MODEL, MANIFEST):
        (tmp_path / name).write_bytes((finished_run / name).read_bytes())
    write(tmp_path / SPLIT, text)
    with pytest.raises(TrainError, match="is damaged"):
        read_run(tmp_path)


@each
def test_a_report_of_benchmarks(tmp_path, text):
    write(tmp_path / "report.json", text)
    with pytest.raises(BenchmarkError, match="is no report"):
        read_report(tmp_path / "report.json")


@each
def test_a_record_of_phantoms(tmp_path, text):
    write(tmp_path / "phantom.json", text)
    assert not is_synthetic(tmp_path)


@pytest.mark.parametrize("text", [DEEP, HOSTILE["deep objects"], '{"file": {"size": 1e999}}'])
def test_a_line_of_a_journal_keeps_no_service_from_starting(tmp_path, text):
    path = tmp_path / "results.ndjson"
    facts = {"path": "/in/a.png", "size": 1, "mtime_ns": 2, "sha256": "0" * 64}
    good = json.dumps({"path": "a.png", "file": facts})
    path.write_text(f"{good}\n{text}\n{good}\n")
    journal = Journal(str(path))
    assert journal.damaged == 1
    assert journal.has_content("/in/a.png", "0" * 64)
    journal.close()
    assert text in path.read_text(), "it is left where it is"
