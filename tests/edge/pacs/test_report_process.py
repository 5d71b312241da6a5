"""Reports made beside a node: what ends their process, what has no room, what comes meanwhile."""

import os
import select
import signal
from pathlib import Path

import pytest

pytest.importorskip("pydicom")

from edge.pacs import report_process
from edge.pacs.report_process import LATER, NOT_MADE, QUEUED, ReportProcess, SendProcess
from edge.pacs.report_studies import report_files
from edge.pacs.send_queue import SendQueue
from tests.edge.pacs.objects import SC, SR, of_class
from tests.edge.pacs.studies import gradients, write_study


@pytest.fixture
def queue(tmp_path):
    return SendQueue(str(tmp_path / "queue"), "A@h:104")


@pytest.fixture
def reports(classifier, queue):
    made = ReportProcess(classifier, queue, list)
    yield made
    made.close()


def outcome(reports) -> int:
    for _ in range(10):
        select.select(reports.descriptors(), [], [], 30)
        if (found := reports.outcome()) is not None:
            return found
    raise AssertionError("no outcome")


def inputs(study, **problems):
    return [(str(path), problems.get(path.stem[-1])) for path in study.files]


def test_a_report_and_its_pictures(reports, queue, study):
    reports.begin([(str(path), None) for path in study.files])
    assert outcome(reports) == QUEUED
    paths = [Path(path) for path in queue.waiting()]
    assert (len(of_class(paths, SR)), len(of_class(paths, SC))) == (1, 2)
    reports.begin([(str(path), None) for path in study.files])
    assert outcome(reports) == QUEUED
    assert [Path(path) for path in queue.waiting()] == paths


def test_a_study_that_ends_its_process_is_left_out(reports, study, monkeypatch, capsys):
    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(report_process, "report_files", die)
    reports.begin([(str(path), None) for path in study.files])
    assert outcome(reports) == NOT_MADE
    said = capsys.readouterr().err
    assert said.count("(signal 9)") == 2
    assert "it is left out" in said


def test_a_full_queue_is_for_later(reports, queue, study, monkeypatch):
    monkeypatch.setattr("edge.pacs.send_queue.MOST_OBJECTS", 1)
    reports.begin([(str(path), None) for path in study.files])
    assert outcome(reports) == LATER
    monkeypatch.undo()
    reports.begin([(str(path), None) for path in study.files])
    assert outcome(reports) == QUEUED
    assert len(queue.waiting()) == 3


def test_two_patients_in_a_study_are_sent_nowhere(reports, queue, tmp_path):
    one = write_study(tmp_path / "a", gradients(180))
    two = write_study(tmp_path / "b", gradients(180), first=2, name="Other^One", patient_id="2")
    reports.begin([(str(path), None) for path in (*one.files, *two.files)])
    assert outcome(reports) == NOT_MADE
    assert queue.waiting() == []


def study_verdict(report) -> str:
    (found,) = (
        one.ConceptCodeSequence[0].CodeValue
        for part in report.ContentSequence
        for one in (part, *part.get("ContentSequence", ()))
        if one.ConceptNameCodeSequence[0].CodeValue.endswith("study-verdict")
    )
    return found


def test_what_could_not_be_read_is_not_tried_and_clears_nothing(classifier, queue, tmp_path):
    """It may have ended a process; and in the report it is an unread slice."""
    study = write_study(tmp_path / "in", gradients(60, 55, 50, 40))
    clean = report_files(classifier, [(str(path), None) for path in study.files], queue, print)
    assert (clean.reports, clean.failed) == (1, False)
    tried, examine = [], classifier.examine

    def noted(scan, frame, whole):
        tried.append(scan)
        return examine(scan, frame, whole)

    classifier.examine = noted
    last = str(study.files[-1])
    given = [(str(path), "it ended a process" if str(path) == last else None)
             for path in study.files]  # fmt: skip
    for damage in (False, True):
        if damage:  # so that it does not even say of which study it is
            Path(last).write_bytes(b"\0" * 500)
        made = report_files(classifier, given, queue, print)
        assert (made.reports, made.failed) == (1, False)
    assert last not in tried
    found = of_class([Path(path) for path in queue.waiting()], SR)
    assert sorted(map(study_verdict, found)) == ["no_tumor", "uncertain", "uncertain"]


def test_memory_that_ran_out_makes_no_report_that_says_less(
    classifier, queue, study, monkeypatch, capsys
):
    def examine(scan, frame, whole):
        raise MemoryError

    monkeypatch.setattr(classifier, "examine", examine)
    made = report_files(classifier, [(str(path), None) for path in study.files], queue, print)
    assert (made.short, made.reports) == (True, 0)
    assert queue.waiting() == []


def test_nothing_is_started_for_an_empty_queue(queue):
    sender = SendProcess(queue, None, list)
    assert sender.tend() is None
    assert sender.descriptors() == []


def test_nothing_is_started_while_a_report_is_made(queue, objects, monkeypatch):
    """Both at once take memory that a small device lacks."""
    monkeypatch.setattr(report_process, "deliver", lambda *_: 0)
    queue.add(objects[0])
    sender = SendProcess(queue, None, list)
    assert sender.tend(busy=True) is None
    assert sender.descriptors() == []
    assert sender.tend() is not None
    sender.close()


def test_a_sender_that_ends_is_started_again_after_longer_pauses(queue, objects, monkeypatch):
    queue.add(objects[0])
    monkeypatch.setattr(report_process, "deliver", lambda *_: 1)
    sender = SendProcess(queue, None, list)
    pauses = []
    for _ in range(3):
        sender._next = 0.0
        assert sender.tend() == report_process._LONGEST_PAUSE
        select.select(sender.descriptors(), [], [], 10)
        while (left := sender.tend()) == report_process._LONGEST_PAUSE:
            pass
        pauses.append(round(left))
    sender.close()
    assert pauses == [1, 2, 4]
