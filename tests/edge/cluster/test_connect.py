"""Clusters that cannot be used: a clear error each."""

import socket
from concurrent.futures import CancelledError
from itertools import count

import pytest

from edge.app import cluster_batch
from edge.cli import main
from edge.cluster import connect


@pytest.fixture
def words(scan, any_model, tmp_path):
    out = ["--out", str(tmp_path / "out.ndjson"), "--format", "ndjson", "--resume"]
    return [str(scan(180)), "--model", str(any_model), *out, "--cluster"]


def test_a_package_is_missing(words, monkeypatch, capsys):
    monkeypatch.setattr(connect, "find_spec", lambda name: None)
    assert main([*words, "local"]) == 2
    assert "--cluster needs distributed, not installed here" in capsys.readouterr().err


def test_jobs_are_for_a_local_one(words, capsys):
    pytest.importorskip("distributed", reason="distributed (extra dask) is not installed")
    assert main([*words, "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    assert "--jobs has no effect with --cluster ADDRESS" in capsys.readouterr().err


@pytest.mark.slow
def test_nobody_listens_there_or_somebody_else(words, monkeypatch, capsys):
    pytest.importorskip("distributed", reason="distributed (extra dask) is not installed")
    monkeypatch.setattr(connect, "_SECONDS", 1)
    assert main([*words, "tcp://127.0.0.1:9"]) == 2
    assert "no Dask scheduler answers there" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert main([*words, f"tcp://127.0.0.1:{other.getsockname()[1]}"]) == 2
    assert "no Dask scheduler answers there" in capsys.readouterr().err
    assert main([*words, "nonsense://x"]) == 2
    assert "is no address of a scheduler" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("package", ["distributed", "python"])
def test_other_versions(words, monkeypatch, capsys, package):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as made:
        if package == "python":
            versions = count()
            monkeypatch.setattr(connect, "_python", lambda version: next(versions))
        else:
            monkeypatch.setattr(distributed, "__version__", "1999.1.0")
        assert main([*words, made.scheduler_address]) == 2
    said = capsys.readouterr().err
    assert f"the scheduler has {package}" in said
    assert "install the same on all" in said


def test_tasks_take_about_half_a_second_and_what_kills_goes_alone():
    tasks = cluster_batch._Tasks(range(1000))
    source = iter(tasks)
    assert next(source) == [*range(8)]
    for _ in range(20):
        tasks.took(8, 0.08)
    assert 40 <= len(next(source)) <= 60
    for _ in range(20):
        tasks.took(1, 100)
    assert len(next(source)) == 1
    tasks.again([1, 2])
    assert next(source) == [2]
    assert next(source) == [1]
    assert tasks.left


def test_results_that_are_none():
    class Here(cluster_batch._ClusterRun):
        def __init__(self):
            self._args = type("Args", (), {"cluster": "tcp://there"})
            self.settled = []
            self._results = type(
                "BatchResults", (), {"settle": lambda _, *settled: self.settled.append(settled)}
            )()
            self._looked = lambda path: None

    class KilledWorker(Exception):
        pass

    run, tasks = Here(), cluster_batch._Tasks([])
    states = [type("State", (), {"path": name}) for name in "ab"]
    run._take_task(tasks, states, KilledWorker())
    assert tasks.left
    assert run.settled == []
    run._take_task(tasks, states[:1], KilledWorker())
    assert "a: the process that read it ended 4 times" in run.settled[0][2].error
    with pytest.raises(Exception, match="the scheduler has gone"):
        run._take_task(tasks, states, CancelledError())
    with pytest.raises(Exception, match=r"a worker failed \(ValueError: x"):
        run._take_task(tasks, states, ValueError("x"))
