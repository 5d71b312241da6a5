"""export-report.json, when several exports write it."""

import json
import multiprocessing
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("tensorflow")

from export.export_pipeline import Outcome
from export.export_report import REPORT, lines, write_report
from train.run.run_folder import sha256_file

COUNT = 12


def published(out, name):
    (out / name).write_text(name)
    return Outcome(name, True, (), 1, sha256=sha256_file(out / name))


def write_one(out, number, start):
    start.wait()
    run = SimpleNamespace(
        name=f"run{number}",
        manifest=SimpleNamespace(training=SimpleNamespace(synthetic=number % 2 == 0)),
    )
    write_report(out, run, [published(out, f"m{number}.onnx")])


def test_exports_at_the_same_time_lose_no_entry(tmp_path):
    fork = multiprocessing.get_context("fork")
    start = fork.Event()
    workers = [fork.Process(target=write_one, args=(tmp_path, i, start)) for i in range(COUNT)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    found = json.loads((tmp_path / REPORT).read_text())["files"]
    assert sorted(one["file"] for one in found) == sorted(f"m{i}.onnx" for i in range(COUNT))
    for one in found:
        number = int(one["file"][1:-5])
        assert (one["run"], one["synthetic"]) == (f"run{number}", number % 2 == 0)
    assert len(list(tmp_path.iterdir())) == COUNT + 1  # no lock, no half file


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        '{"files": 3}',
        '{"files": ["a"]}',
        '{"files": [{"run": "x"}]}',
        '{"files": [{"file": "old.onnx", "published": true}]}',
        '{"files": [{"file": 3, "sha256": "0"}]}',
    ],
)
def test_what_is_no_such_report_is_written_anew(tmp_path, text):
    (tmp_path / REPORT).write_text(text)
    run = SimpleNamespace(name="a", manifest=SimpleNamespace(training=SimpleNamespace(synthetic=0)))
    write_report(tmp_path, run, [published(tmp_path, "m.onnx")])
    found = json.loads((tmp_path / REPORT).read_text())["files"]
    assert [one["file"] for one in found] == ["m.onnx"]


def test_a_failed_conversion_is_one_line():
    found = lines(Outcome("m.onnx", False, ("conversion failed: no kernel",), 0), Path("dist"))
    assert found == ["NOT PUBLISHED m.onnx: conversion failed: no kernel"]


def test_what_int8_leaves_in_float_is_said(tmp_path):
    one = Outcome("m-int8.tflite", True, (), 1, left_in_float=("ELU", "NEG"))
    assert lines(one, tmp_path)[-1].endswith("no int8 for it here: ELU, NEG")
    assert not [
        line for line in lines(published(tmp_path, "m.onnx"), tmp_path) if "in float" in line
    ]
