"""Against an earlier report."""

from dataclasses import replace

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.limits.baseline import compare, same_kind
from benchmarks.report.sentences import verdicts
from tests.benchmarks.reports import MACHINE, group, latency, model, report


def regressions(now, before=None, limit=0.05):
    found = compare(before or report(), (now,), "old.json", limit)
    return [change.what for change in found.regressions]


def test_the_same_is_no_regression():
    assert regressions(group()) == []


def test_slower_is():
    assert regressions(group(model(1.5))) == [
        "cnn: cnn-int8.tflite, litert, 1 thread: inference",
        "cnn: cnn-int8.tflite, litert: whole call",
    ]
    assert regressions(group(model(1.5)), limit=0.6) == []


def test_a_slower_machine_is_not():
    assert regressions(group(model(1.5), yardstick=latency(0.75))) == []


def test_a_faster_yardstick_is_not():
    assert regressions(group(model(1.0), yardstick=latency(0.25))) == []


def test_noise_is_not():
    wild = latency(1.0, drift=0.3)
    row = replace(model().rows[0], inference=wild)
    assert wild.p50 > 1.5
    assert regressions(group(replace(model(), rows=(row,), stages=None))) != []
    doubtful = latency(1.06)
    row = replace(model().rows[0], inference=doubtful)
    assert regressions(group(replace(model(), rows=(row,), stages=None))) == []


def test_what_is_missing_is_named():
    found = compare(report(), (group(model(engine="tflite-runtime")),), "old.json", 0.05)
    assert found.changes == ()
    assert found.missing == (
        "cnn: cnn-int8.tflite, litert, 1 thread: inference",
        "cnn: cnn-int8.tflite, litert: whole call",
    )


def test_two_files_of_one_kind_are_told_apart():
    batch = {"file": "cnn-int8-batch.tflite"}
    before = report(group(model(1.0), model(2.0, **batch)))
    assert regressions(group(model(1.0), model(2.0, **batch)), before) == []
    assert regressions(group(model(2.0), model(2.0, **batch)), before) == [
        "cnn: cnn-int8.tflite, litert, 1 thread: inference",
        "cnn: cnn-int8.tflite, litert: whole call",
    ]


def test_nothing_in_common_is_told():
    found = compare(report(), (group(run="other"),), "old.json", 0.05)
    (line, *missing) = verdicts(report(baseline=found, failed=()))
    assert "FAILED: it has no latency in common" in line
    assert len(missing) == 2


def test_another_kind_of_machine_is_refused():
    same_kind(report(), MACHINE, "old.json")
    with pytest.raises(BenchmarkError, match="another kind of machine"):
        same_kind(report(), replace(MACHINE, cores=2), "old.json")
