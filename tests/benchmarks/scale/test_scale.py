"""`python -m benchmarks scale`."""

import json
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest

from benchmarks.cli import main
from benchmarks.scale import local
from benchmarks.scale import measure as measuring
from benchmarks.scale.model import Cost, Kind, Rate, Scheduler
from benchmarks.scale.report import Check, Scale, in_words
from edge.parallel.pipeline import Outcome

DASK = Scheduler("Dask", Cost(0.002, 0.00004), Cost(0.001, 0.0), 5.0, 64)
FOUND = Scale(
    "a board",
    2,
    "tiny fp32, litert",
    True,
    (Kind("PNG", 4, 1e5, 0.005),),
    5e8,
    (Scheduler("--jobs", Cost(scan=0.00002), Cost(), in_one=True), DASK),
    (
        Check("--jobs", 1, 1, 190.0, Rate(200.0, "workers")),
        Check("Dask", 64, 64, 9000.0, Rate(10000.0, "coordinator"), simulated=True),
    ),
)


def test_the_report_says_what_is_extrapolated_and_where_the_scheduler_is_the_limit():
    text = in_words(FOUND)
    assert "not a medical device" in text
    assert "generated scans" in text
    assert "Nothing here was measured with so many cores" in text
    assert "is the limit from 70 cores on; with one scan a task it would be from 3 on" in text
    assert "| 1000 | 14035 | 1.3 min | 2.0 h | 1404 | the scheduler |" in text
    assert "All predictions are within 25%; the worst is off by +11%." in text
    assert "enough for 25.0 cores" in text
    assert "did 90% of what the model says. If that holds there too, the limit is at 63" in text


def test_a_model_that_is_wrong_is_said_to_be():
    wrong = replace(FOUND, checks=(*FOUND.checks, Check("Dask", 2, 64, 100, Rate(200, "workers"))))
    assert not wrong.held
    assert "1 of 3 predictions are off by more than 25%, the worst by +100%" in in_words(wrong)


def test_a_rate_is_measured_however_little_time_there_is():
    assert local.simulated_rate(Outcome("a", None, "none"), 1, 0.0, 0.0) > 0


@pytest.mark.parametrize("dask", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_all_of_it(tmp_path, tiny, phantoms, monkeypatch, capsys, dask):
    if dask and find_spec("distributed") is None:
        pytest.skip("distributed (extra dask) is not installed")
    monkeypatch.setattr(measuring, "SIMULATED", (1, 2))
    monkeypatch.setattr("benchmarks.scale.local._DISK_BYTES", 1 << 20)
    monkeypatch.setattr("benchmarks.scale.local._NO_OPS", 200)
    if not dask:
        monkeypatch.setattr(measuring, "is_installed", lambda name: name != "distributed")
    words = ["scale", str(phantoms), "--model", str(tiny), "--seconds", "0.1"]
    assert main([*words, "--out", str(tmp_path / "out")]) in (0, 1)
    text = capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "scale.json").read_text())
    assert [one["name"] for one in found["schedulers"]] == ["--jobs", "Dask"][: 1 + dask]
    assert len(found["checks"]) == 4 + 6 * dask
    assert all(check["measured"] > 0 for check in found["checks"])
    assert ("Extrapolated" in text) == dask
    assert (tmp_path / "out" / "scale.md").read_text() == text
    assert (tmp_path / "out" / "scale.png").exists() == bool(find_spec("matplotlib"))
    assert ("distributed" in sys.modules) >= dask


def test_scans_that_are_not_there(tmp_path):
    assert main(["scale", str(tmp_path)]) == 2


def test_made_files_are_classified(tmp_path):
    from benchmarks.scale.made_files import make_files
    from edge.scan.decode import decode

    files = make_files(tmp_path, 1)
    assert len(files) >= 2
    assert {decode(path).size for path in files} == {(512, 512)}
