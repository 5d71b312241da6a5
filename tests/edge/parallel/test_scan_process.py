"""A process that may die of a file, and the memory of what died of which."""

import os
import pickle
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.inference.prediction import Examined
from edge.journal.attempts import Attempts
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.parallel.pipeline import Outcome
from edge.parallel.process_pool import ProcessPool
from edge.parallel.scan_process import Death, ScanProcess

SEEN = FileState("/in/a.png", 3, 4, 5, 6)


def spin(*_):
    while True:
        pass


class Stub:
    """A classifier to whose scans things happen, by their names."""

    engine = SimpleNamespace(threads=1, provider="cpu")
    path = "model"

    def examine(self, scan, frame, whole):
        self.read(scan)
        return Examined(None, None, SimpleNamespace(pid=os.getpid()))

    def read(self, scan, frame=None):
        if scan == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        {"spin": spin, "sleep": lambda: time.sleep(60), "fault": lambda: 1 / 0}.get(
            scan, lambda: None
        )()


@pytest.fixture(params=[1, 2])
def process(request):
    """On an engine that survives a fork, and on one that does not: its threads would be missing."""
    stub = Stub()
    stub.engine = SimpleNamespace(threads=request.param, provider="cpu")
    process = ScanProcess(stub, None, longest=60)
    yield process
    process.close()


def test_scans_are_classified_in_one_process(process):
    first, second = process("a"), process("b")
    assert isinstance(first, Outcome)
    assert first.prediction.pid == second.prediction.pid
    assert (first.prediction.pid == os.getpid()) == (process._classifier.engine.threads == 2)


@pytest.mark.parametrize(
    ("name", "reason", "blame"),
    [
        ("kill", "its process was ended by SIGKILL; out of memory?", True),
        ("spin", "it took more than 1.5 seconds", True),
        ("sleep", "it took more than 1.5 seconds, most of it waiting for the disk", False),
        ("fault", "the program failed on it (ZeroDivisionError: division by zero)", True),
    ],
)
def test_what_a_file_does_to_its_process_is_told_and_survived(process, name, reason, blame):
    if name in ("spin", "sleep"):
        # A tenth of it must be more than the first steps of a fork of a large process take. Where
        # nothing hangs it would only judge how busy the machine is.
        process._longest = 1.5
    assert process(name) == Death(reason, blame)
    process._longest = 60
    assert isinstance(process("a"), Outcome)


def test_a_process_that_is_ended_while_it_waits_costs_no_file_anything(process):
    process("a")
    child = process._worker._pid
    os.kill(child, signal.SIGKILL)
    while not process.died():
        time.sleep(0.01)
    assert isinstance(process("b"), Outcome)


def test_a_process_that_hangs_is_not_waited_for_at_the_end(process, monkeypatch):
    monkeypatch.setattr("edge.parallel.scan_process._PATIENCE", 0.2)
    process._longest = 60
    process("a")
    worker = process._worker
    pickle.dump("spin", worker._requests)
    worker._requests.flush()
    start = time.monotonic()
    process.close()
    assert time.monotonic() - start < 30
    assert os.WTERMSIG(worker.ended[0]) == signal.SIGKILL


def test_it_is_the_first_that_the_system_ends(process):
    process("a")
    child = process._worker._pid
    assert Path(f"/proc/{child}/oom_score_adj").read_text().strip() == "1000"


def test_what_is_behind_a_scan_that_ends_its_process_is_not_lost(process):
    """And a pool tries each once, and tells which scan it was that died."""
    pool = ProcessPool(lambda: process)
    items = [SimpleNamespace(path=name) for name in ("a", "kill", "b", "fault", "c", "kill")]
    found = [(one.item.path, type(one.outcome)) for one in pool.attempts(items, 1, lambda one: 0)]
    names = {"a": Outcome, "b": Outcome, "c": Outcome, "kill": Death, "fault": Death}
    assert found == [(one.path, names[one.path]) for one in items]


@pytest.fixture
def journal(tmp_path):
    journal = Journal(str(tmp_path / "results.ndjson"))
    yield journal
    journal.close()


def test_a_killed_watch_leaves_a_note_that_counts(journal, tmp_path):
    for deaths in range(3):
        attempts = Attempts(journal)
        assert attempts.deaths(SEEN) == deaths
        attempts.begin(SEEN)  # and here it is killed
    attempts = Attempts(journal)
    attempts.begin(SEEN)
    attempts.end(SEEN, died=False, final=True)
    attempts.rest()
    assert Attempts(journal).deaths(SEEN) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["results.ndjson"]


def test_a_note_of_what_has_its_result_counts_no_more(journal):
    Attempts(journal).begin(SEEN)
    journal.append(SEEN, "0" * 64, {"path": SEEN.path})
    assert Attempts(journal).deaths(SEEN) == 0


def test_deaths_of_others_are_not_forgotten(journal):
    other = FileState("/in/b.png", 3, 4, 5, 6)
    attempts = Attempts(journal)
    attempts.begin(SEEN)
    assert attempts.end(SEEN, died=True, final=False) == 1
    attempts.begin(other)
    attempts.end(other, died=False, final=True)
    attempts.rest()
    assert Attempts(journal).deaths(SEEN) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"deaths": 3}', '{"now": 5, "deaths": {"xy": "z"}}', "[" * 9999]
)
def test_a_note_of_nonsense_is_ignored(journal, tmp_path, text):
    (tmp_path / ".results.ndjson.attempts").write_text(text)
    assert Attempts(journal).deaths(SEEN) == 0


def test_a_note_that_cannot_be_written_costs_nothing(journal, tmp_path):
    (tmp_path / ".results.ndjson.attempts").mkdir()
    attempts = Attempts(journal)
    attempts.begin(SEEN)
    assert attempts.end(SEEN, died=True, final=False) == 1
    attempts.rest()
