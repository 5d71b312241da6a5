"""`python -m benchmarks.timing.throughput`."""

import json

from benchmarks.cli import main


def test_throughput(tiny, phantoms, capsys):
    folder = str(phantoms / "yes")
    options = ["--jobs", "1", "2", "--repeats", "2", "--seconds", "0.1", "--json"]
    assert main(["throughput", str(tiny), folder, *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(rate["jobs"], rate["threads"]) for rate in found["rates"]] == [(1, 1), (2, 1)]
    assert found["rates"][0]["scaling"]["value"] == 1.0
    assert found["scans"] >= 16
    assert main(["throughput", "gone.tflite", folder]) == 2
    assert main(["throughput", str(tiny), str(phantoms / "gone")]) == 2


def test_combinations_of_jobs_and_threads(monkeypatch):
    monkeypatch.setattr("benchmarks.timing.throughput.cores", lambda: 2)
    from benchmarks.timing.throughput import combinations, default_jobs

    assert default_jobs() == [1, 2, 4]
    pairs = combinations([1, 2, 4], [1, 2])
    assert pairs == [(1, 1), (2, 1), (4, 1), (1, 2), (2, 2)]
    assert combinations([2], [1])[0] == (1, 1)
