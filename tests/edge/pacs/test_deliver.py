"""Sending what waits, until it is sent."""

from pathlib import Path

import pytest

from edge.pacs.deliver import deliver
from edge.pacs.destination import Sent, UnreachableError
from edge.pacs.report.derived_object import Made, derived_uid
from edge.pacs.send_queue import SendQueue


class Archive:
    """Answers as it is told: a list of answers, the last of which stays."""

    name = "A@h:104"

    def __init__(self, *answers):
        self.answers, self.calls, self.has = list(answers), 0, []

    def send(self, paths):
        answer = self.answers[min(self.calls, len(self.answers) - 1)]
        self.calls += 1
        for path in paths:
            if isinstance(answer, Exception):
                raise answer
            problem, final = answer(path)
            if problem is None:
                self.has.append(Path(path).read_bytes())
            yield Sent(path, problem, final)


def fine(path):
    return None, False


def for_good(path):
    return "status 0xC000", True


def for_now(path):
    return "status 0xA700", False


DOWN = UnreachableError("cannot be reached")


@pytest.fixture
def queue(tmp_path):
    found = SendQueue(str(tmp_path / "queue"), "A@h:104")
    for number in range(3):
        found.add(Made(derived_uid("test", str(number)), "1.2", bytes([number])))
    return found


@pytest.fixture
def run(queue):
    """Deliver; returns what is left, what was said and how long it slept each time."""

    def run(archive, patience=None):
        said, slept = [], []
        left = deliver(queue, archive, said.append, patience, slept.append)
        return left, said, slept

    return run


def test_all_at_once_in_order(run, queue):
    archive = Archive(fine)
    assert run(archive) == (0, ["3 objects sent to A@h:104"], [])
    assert archive.has == [b"\0", b"\1", b"\2"]
    assert queue.waiting() == []


def test_down_and_back_later(run):
    left, said, slept = run(Archive(DOWN, DOWN, DOWN, fine))
    assert left == 0
    assert slept == [1, 2, 4]
    assert said == [
        "A@h:104: cannot be reached; what waits will be sent later",
        "A@h:104: takes objects again",
        "3 objects sent to A@h:104",
    ]


def test_pauses_are_bounded(run):
    _, said, slept = run(Archive(*[DOWN] * 12, fine))
    assert max(slept) == 300
    assert len(said) == 3


def test_patience_ends(run, queue):
    left, said, slept = run(Archive(DOWN), patience=10)
    assert left == 3
    assert sum(slept) <= 10
    assert "3 objects for A@h:104 wait in" in said[-1]
    assert len(queue.waiting()) == 3


def test_another_problem_is_said(run):
    _, said, _ = run(Archive(DOWN, UnreachableError("rejects the association"), DOWN, fine))
    assert [line.split(";")[0] for line in said[:3]] == [
        "A@h:104: cannot be reached",
        "A@h:104: rejects the association",
        "A@h:104: cannot be reached",
    ]


def test_refused_for_good_is_put_aside(run, queue):
    def one_bad(path):
        return for_good(path) if path == bad else fine(path)

    bad = queue.waiting()[1]
    archive = Archive(one_bad)
    left, said, slept = run(archive)
    assert left == 1
    assert len(slept) == 4
    assert [Path(path).name for path in queue.refused()] == [Path(bad).name]
    assert archive.has == [b"\0", b"\2"]
    assert len([line for line in said if "0xC000" in line]) == 2
    assert "1 refused by A@h:104" in said[-1]
    # What was refused before is no failure of later calls.
    assert run(archive) == (0, [], [])


def test_refused_for_now_waits(run, queue):
    left, said, _ = run(Archive(*[for_now] * 20, fine))
    assert left == 0
    assert len([line for line in said if "0xA700" in line]) == 1


def test_broken_off_in_the_middle(run, queue):
    class Breaks(Archive):
        def send(self, paths):
            for at, one in enumerate(super().send(paths)):
                yield one
                if self.calls == 1 and at == 0:
                    raise UnreachableError("broke the association off")

    archive = Breaks(fine)
    assert run(archive)[0] == 0
    assert archive.has == [b"\0", b"\1", b"\2"]


def test_another_process_is_sending(run, queue):
    with SendQueue(queue.folder, "A@h:104").sending():
        left, said, _ = run(Archive(fine))
    assert left == 0
    assert "another process is sending" in said[0]
