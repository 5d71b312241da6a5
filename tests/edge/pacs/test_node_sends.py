"""From a sender to an archive: a node that reports the studies that it judges."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom")
from tests.edge.pacs.network import STUDIES, Node, free_port, read, store, until
from tests.edge.pacs.objects import SC, SR
from tests.edge.pacs.orthanc import Orthanc
from tests.edge.pacs.studies import gradients, write_study

BRIGHT = (60, 180, 190)
"""Means of three slices, two of which the tiny model calls tumor."""


@pytest.fixture
def sender(node, tmp_path):
    """Make a node that sends to an archive."""

    def make(archive: Orthanc | str, *options: str, stow: bool = False, **more) -> Node:
        where = archive if isinstance(archive, str) else archive.url if stow else archive.peer
        how = "--stow" if stow else "--send-results"
        queue = ("--queue", str(tmp_path / "queue"))
        return node(how, where, *queue, "--settle", "0.5", *options, **more)

    return make


def classes(archive: Orthanc) -> list[str]:
    import io

    import pydicom

    found = [pydicom.dcmread(io.BytesIO(data)) for data in archive.instances().values()]
    return sorted(str(one.SOPClassUID) for one in found)


def waiting(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "queue" / "waiting").glob("*.dcm"))


@pytest.mark.parametrize("stow", [False, True])
def test_a_study_that_is_received_is_reported_once(sender, orthanc, tmp_path, stow):
    one = sender(orthanc, stow=stow)
    study = write_study(tmp_path / "in", gradients(*BRIGHT))
    store(one.port, *study.files)
    (line,) = until(one.studies)
    assert (line["verdict"], line["report"]) == ("tumor", "queued")
    until(lambda: len(orthanc.instances()) == 3)
    assert classes(orthanc) == sorted([SR, SC, SC])
    before = orthanc.instances()
    store(one.port, *study.files)  # again: nothing new, nothing sent
    more = write_study(tmp_path / "later", gradients(170), first=4)
    store(one.port, *more.files)  # a later slice: another version of the report
    until(lambda: len(one.studies()) == 2)
    until(lambda: len(orthanc.instances()) == 5)
    after = orthanc.instances()
    assert {uid: after[uid] for uid in before} == before
    until(lambda: not waiting(tmp_path))
    assert one.stop() == 0


def test_an_archive_that_is_down_and_comes_back(sender, scp, tmp_path):
    port = free_port()
    one = sender(f"ARCHIVE@127.0.0.1:{port}")
    store(one.port, *write_study(tmp_path / "in", gradients(*BRIGHT)).files)
    until(one.studies)
    until(lambda: "cannot be reached" in one.said())
    assert len(waiting(tmp_path)) == 3
    store(one.port, *write_study(tmp_path / "more", gradients(*BRIGHT), study=2).files)
    until(lambda: len(one.results()) == 6)  # slices are classified meanwhile
    _, stored = scp(port=port)
    until(lambda: len(stored) == 6, 60)
    until(lambda: not waiting(tmp_path))
    assert "takes objects again" in one.said()
    assert len({data.SOPInstanceUID for data in stored}) == 6


def test_an_archive_as_source_and_target(orthanc, tmp_path):
    from tests.edge.pacs.test_archives import fetch

    study = write_study(tmp_path / "in", gradients(*BRIGHT))
    for file in study.files:
        orthanc.store(file)
    sending = ["--send-results", orthanc.peer, "--queue", str(tmp_path / "queue")]
    asked = ["--dicomweb", orthanc.url, "--study", study.uid]
    done = fetch(tmp_path / "spool", *asked, *sending)
    assert done.returncode == 0, done.stderr
    assert len(orthanc.instances("SR")) == 1
    assert len(orthanc.instances()) == 6
    before = orthanc.instances()
    again = fetch(tmp_path / "spool", *asked, *sending)  # our own objects are not asked for
    assert again.returncode == 0, again.stderr
    anew = fetch(tmp_path / "other", "--query-retrieve", orthanc.peer, *asked[2:], *sending)
    assert anew.returncode == 0, anew.stderr
    assert orthanc.instances() == before
    assert len(read(tmp_path / "spool" / STUDIES)) == 1


class SlowSender:
    """Sends a study slice by slice until each is acknowledged, whatever happens to the node."""

    def __init__(self, port: int, files):
        self.left, self.port = list(files), port

    def send(self) -> None:
        while self.left:
            done = store(self.port, self.left[0], check=False)
            if done.returncode == 0:
                self.left.pop(0)
            else:
                time.sleep(0.05)


@pytest.mark.parametrize("moment", ["line", "report", "sending", "any"])
def test_a_node_killed_in_the_middle_sends_the_same_objects(sender, orthanc, tmp_path, moment):
    """And no others: what an undisturbed node sent is there already, to the byte."""
    study = write_study(tmp_path / "in", gradients(*BRIGHT, 170, 40, 200))
    one = sender(orthanc)
    queue = tmp_path / "queue"

    def is_time() -> bool:
        if moment == "line":
            return bool(one.results())
        if moment == "report":
            return any((queue / "versions").iterdir()) or bool(waiting(tmp_path))
        return bool(orthanc.instances())

    SlowSender(one.port, study.files).send()
    if moment == "any":
        for _ in range(12):
            time.sleep(0.13)
            one.kill()
            one.start()
    else:
        until(is_time)
        one.kill()
        one.start()
    SlowSender(one.port, study.files).send()  # a scanner that had no answer sends again
    until(lambda: len(one.studies()) == 1)
    until(lambda: not waiting(tmp_path))
    until(lambda: len(orthanc.instances("SR")) == 1)
    found = orthanc.instances()
    assert len(found) == 5
    assert len(one.studies()) == 1
    # The same study in a spool of its own, judged in one go, makes the same objects.
    one.stop()
    other = sender(orthanc)
    store(other.port, *study.files)
    until(other.studies)
    until(lambda: not waiting(tmp_path))
    assert orthanc.instances() == found


def test_a_kill_between_report_and_line(sender, orthanc, tmp_path):
    """The one moment that matters: the report is queued, and the study has no line yet."""
    study = write_study(tmp_path / "in", gradients(*BRIGHT))
    one = sender(orthanc)
    store(one.port, *study.files)
    until(one.studies)
    until(lambda: len(orthanc.instances()) == 3)
    before = orthanc.instances()
    one.kill()
    (one.spool / STUDIES).unlink()  # as if it had been killed before
    one.start()
    (line,) = until(one.studies)
    assert (line["version"], line["report"]) == (1, "queued")
    until(lambda: not waiting(tmp_path))
    assert orthanc.instances() == before


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_node_leaves_nobody_behind_who_sends(sender, tmp_path):
    one = sender(f"ARCHIVE@127.0.0.1:{free_port()}")
    store(one.port, *write_study(tmp_path / "in", gradients(*BRIGHT)).files)
    until(one.studies)
    left = until(lambda: children(one.process.pid) if "cannot be" in one.said() else None)
    assert len(left) == 3  # which receives, which reads scans, which sends
    one.kill()
    until(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in left))
    one.start()


def test_the_queue_does_not_lie_in_the_spool(tmp_path):
    for queue, spool in (("s/q", "s"), ("q", "q/s"), ("s", "s")):
        done = refused(tmp_path, "--spool", tmp_path / spool, "--queue", tmp_path / queue)
        assert "cannot lie in one another" in done.stderr
        assert not (tmp_path / queue / "waiting").exists()


def test_an_engine_that_does_not_fork_is_refused(tmp_path):
    names = ["--spool", tmp_path / "s", "--queue", tmp_path / "q"]
    done = refused(tmp_path, *names, "--threads", "2")
    assert "leave out --threads" in done.stderr


def refused(tmp_path, *options) -> subprocess.CompletedProcess:
    what = ["--scp", str(free_port()), "--send-results", "A@127.0.0.1:9"]
    done = subprocess.run(
        [sys.executable, "-m", "edge", *what, *map(str, options)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    return done


@pytest.mark.slow
def test_kill_at_random_moments(sender, scp, tmp_path):
    """Of all that ever was sent, the same UID is the same object, and there is none beside."""
    import random

    port, stored = scp()
    one = sender(f"ARCHIVE@127.0.0.1:{port}")
    studies = [write_study(tmp_path / f"in{at}", gradients(*BRIGHT), study=at) for at in range(8)]
    store(one.port, *(file for study in studies for file in study.files))
    moments = random.Random(23)
    for _ in range(20):
        time.sleep(moments.random())
        one.kill()
        one.start()
    until(lambda: len(one.studies()) == 8, 60)
    until(lambda: not waiting(tmp_path), 60)
    assert {line["version"] for line in one.studies()} == {1}
    found: dict[str, list] = {}
    for data in stored:
        found.setdefault(str(data.SOPInstanceUID), []).append(data)
    assert len(found) == 8 * 3
    assert all(again == some[0] for some in found.values() for again in some)
    print(f"20 kills, {len(stored)} objects sent, {len(found)} of them different")
