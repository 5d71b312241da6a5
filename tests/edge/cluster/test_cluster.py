"""--cluster, with a real scheduler and real workers, some of which are killed."""

import json
import shutil
import subprocess
import sys
import time

import pytest

from edge.cli import main
from tests.edge.cluster.servers import ROOT, Cluster, kill

pytest.importorskip("distributed", reason="distributed (extra dask) is not installed")
pytestmark = pytest.mark.slow
MANY = 150


@pytest.fixture
def scans(tmp_path, scan):
    """Many scans: links to one of two."""
    folder = tmp_path / "scans"
    folder.mkdir()
    two = [scan(40, "dark.png"), scan(180, "bright.png")]
    for number in range(MANY):
        (folder / f"{number:03}.png").symlink_to(two[number % 2])
    return folder


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path, slow=0.02)
    for _ in range(2):
        made.add_worker()
    yield made
    made.close()


class Command:
    """One command line, run as often as is wanted."""

    def __init__(self, cluster, scans, model, tmp_path, address=None):
        self.out = tmp_path / "results.ndjson"
        self.environment = cluster.environment if cluster else None
        self.words = [sys.executable, "-m", "edge", str(scans), "--model", str(model), "--resume"]
        self.words += ["--out", str(self.out), "--format", "ndjson", "--cluster"]
        self.words += [address or cluster.address]

    def start(self):
        return subprocess.Popen(
            self.words, stderr=subprocess.PIPE, text=True, env=self.environment, cwd=ROOT
        )

    def run(self, status=0):
        process = self.start()
        _, said = process.communicate(timeout=120)
        assert "Traceback" not in said
        assert process.returncode == status, said
        return said

    def until(self, number: int) -> None:
        """Wait for so many results."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.out.exists() and self.out.read_bytes().count(b"\n") >= number:
                return
            time.sleep(0.02)
        raise AssertionError("no results came")

    def results(self):
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def check(self, scans, number=MANY):
        """Every scan exactly once."""
        paths = [one["path"] for one in self.results()]
        assert len(paths) == len({*paths}) == number
        assert {*paths} == {str(path) for path in scans.iterdir()}


@pytest.fixture
def command(cluster, scans, any_model, tmp_path):
    return Command(cluster, scans, any_model, tmp_path)


def test_the_results_are_those_of_this_machine(command, scans, any_model, tmp_path):
    assert f"{MANY} results, 0 were there before" in command.run()
    command.check(scans)
    assert f"0 results, {MANY} were there before" in command.run()
    here = tmp_path / "here.ndjson"
    words = [str(scans), "--model", str(any_model), "--format", "ndjson", "--out", str(here)]
    assert main(words) == 0

    def of(lines):
        kept = ("path", "verdict", "probability", "model_sha256", "file_sha256", "error")
        return sorted(tuple(one[key] for key in kept) for one in lines)

    assert of(command.results()) == of(map(json.loads, here.read_text().splitlines()))


def test_a_worker_is_killed(command, cluster, scans):
    process = command.start()
    command.until(20)
    kill(cluster.workers[0])
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    command.check(scans)


def test_the_client_is_killed(command, scans):
    process = command.start()
    command.until(20)
    kill(process)
    assert 20 <= len(command.results()) < MANY
    assert "were there before" in command.run()
    command.check(scans)


def test_the_scheduler_is_killed(command, cluster, scans):
    process = command.start()
    command.until(20)
    kill(cluster.scheduler)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    assert "the scheduler has gone" in said
    assert 20 <= len(command.results()) < MANY
    for worker in cluster.workers:
        kill(worker)
    cluster.start()
    cluster.add_worker()
    command.run()
    command.check(scans)


def test_a_scan_that_kills_gets_an_error_of_its_own(command, scans):
    (scans / "071-poison.png").symlink_to(scans / "000.png")
    said = command.run(status=1)
    assert "the process that read it ended 2 times" in said
    command.check(scans, MANY + 1)
    wrong = [one for one in command.results() if one["error"]]
    assert [one["path"] for one in wrong] == [str(scans / "071-poison.png")]
    assert f"0 results, {MANY + 1} were there before" in command.run(status=1)


def test_a_worker_of_another_version(command, cluster):
    cluster.add_worker(TEST_VERSION="9.9.9")
    wait_for_workers(cluster, 3)
    said = command.run(status=2)
    assert "has mri-edge 9.9.9, and not" in said
    assert not command.results()


def test_a_worker_with_another_model(command, cluster, any_model, tmp_path):
    other = tmp_path / "other" / any_model.name
    other.parent.mkdir()
    source = ROOT / "tests/edge/models" / f"tiny-map{any_model.suffix}"
    shutil.copy(source, other)
    cluster.add_worker(TEST_MODEL=str(other))
    wait_for_workers(cluster, 3)
    said = command.run(status=2)
    assert "has another model in" in said


def wait_for_workers(cluster, number):
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=30)


def test_a_cluster_of_this_machine(scans, any_model, tmp_path):
    command = Command(None, scans, any_model, tmp_path, "local")
    assert f"{MANY} results" in command.run()
    command.check(scans)


def test_scans_of_a_bucket(s3, any_model, tmp_path, capsys):
    from tests.edge.remote.servers import png

    s3.put_all("scans", {f"{i:02}.png": png(i) for i in range(30)})
    s3.put("scans", fails_png=png(1))
    s3.fails["fails.png"] = 4
    out = tmp_path / "results.ndjson"
    words = ["s3://scans", "--model", str(any_model), "--resume", "--out", str(out)]
    words += ["--format", "ndjson", "--cluster", "local", "--jobs", "2"]
    assert main(words) == 1
    assert "500 InternalError" in capsys.readouterr().err
    assert main(words) == 0
    paths = [json.loads(line)["path"] for line in out.read_text().splitlines()]
    assert len(paths) == len({*paths}) == 31
