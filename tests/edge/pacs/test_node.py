"""`edge-classify --scp` from a sender to results, and what it does not tell anybody."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("pydicom")
from edge.cli import main
from tests.edge.dicom_files import SECRET
from tests.edge.pacs.network import STUDIES, Node, free_port, store, tool, until, write_slices
from tests.edge.test_imports import loaded_after

PLANTED = (SECRET, "PlantedId", "19450508", "19450509", "Planted^Doctor")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_study_is_received_classified_and_judged_once(node, tmp_path):
    one = node("--settle", "0.5")
    files = write_slices(tmp_path / "in", 5)
    store(one.port, *files[:4])
    (judged,) = until(one.studies)
    assert (judged["version"], judged["slices"]) == (1, 4)
    assert judged["verdict"] in ("tumor", "no_tumor", "uncertain")
    assert len(one.results()) == 4
    store(one.port, *files[:4])  # again
    store(one.port, files[4])  # and a later one
    until(lambda: len(one.studies()) == 2)
    assert [line["slices"] for line in one.studies()] == [4, 5]
    assert one.studies()[-1]["version"] == 2
    assert one.stop() == 0
    assert len(one.results()) == 5
    one.start()  # and nothing is judged or classified again
    store(one.port, *files)
    (tmp_path / "more").mkdir()
    store(one.port, *write_slices(tmp_path / "more", 1, study="1.2.4"))
    until(lambda: len(one.studies()) == 3)
    assert len(one.results()) == 6


def test_two_files_of_one_instance_get_two_verdicts_and_the_later_counts(node, tmp_path):
    one = node("--settle", "0.5")
    store(one.port, *write_slices(tmp_path / "a", 2))
    until(one.studies)
    store(one.port, *write_slices(tmp_path / "b", 1, PatientID="corrected"))
    until(lambda: len(one.studies()) == 2)
    assert len(one.results()) == 3
    assert one.studies()[-1]["slices"] == 2


def test_a_damaged_slice_gets_its_line_too(node, tmp_path):
    one = node("--settle", "0.5")
    (file,) = write_slices(tmp_path / "in", 1, BitsAllocated=24)
    store(one.port, file)
    (line,) = until(one.results)
    assert line["verdict"] is None
    assert line["error"]
    assert until(one.studies)[0]["verdict"] == "rejected"


def test_the_receiver_is_made_anew_when_it_dies(node, tmp_path):
    one = node("--settle", "0.5")
    (receiver,) = children(one.process.pid)
    os.kill(receiver, signal.SIGKILL)
    store(one.port, *write_slices(tmp_path / "in", 2))
    until(lambda: len(one.results()) == 2)
    assert "another is started" in one.said()


def test_a_receiver_that_cannot_work_is_tried_more_and_more_rarely(tmp_path, capsys):
    from edge.pacs.spool_process import SpoolProcess

    (tmp_path / "spool").write_text("no folder")
    process = SpoolProcess(str(tmp_path / "spool"), 1, lambda spool: 0, [], again=True)
    process.start(list)
    last = time.monotonic() + 4
    while time.monotonic() < last:
        process.wait(0.1)
    process.close()
    said = capsys.readouterr().err
    assert 2 <= said.count("another is started") <= 3
    assert "in 2 s" in said


def test_a_killed_node_leaves_nobody_behind(node, tmp_path):
    one = node("--settle", "0.5")
    store(one.port, *write_slices(tmp_path / "in", 1))
    until(one.results)
    left = children(one.process.pid)
    assert len(left) == 2  # which receives, and which reads scans
    one.kill()
    until(lambda: not any(os.path.exists(f"/proc/{pid}/exe") for pid in left))
    one.start()
    store(one.port, *write_slices(tmp_path / "more", 1, first=7))
    until(lambda: len(one.results()) == 2)


def test_nothing_of_a_patient_is_told(node, tmp_path):
    one = node("--settle", "0.5")
    planted = {
        "PatientName": SECRET,
        "PatientID": "PlantedId",
        "PatientBirthDate": "19450508",
        "StudyDate": "19450509",
        "ReferringPhysicianName": "Planted^Doctor",
        "ImageComments": SECRET,
    }
    store(one.port, *write_slices(tmp_path / "in", 2, **planted))
    # One that cannot be read, one that is refused, and an association that breaks off.
    store(one.port, *write_slices(tmp_path / "odd", 1, first=9, BitsAllocated=24, **planted))
    store(
        one.port,
        *write_slices(tmp_path / "none", 1, first=10, **{**planted, "StudyInstanceUID": ""}),
        check=False,
    )
    until(lambda: len(one.results()) == 3 and one.studies())
    one.stop()
    told = [one.log.read_text(), (one.log.parent / "node.err.out").read_text()]
    told += [path.read_text() for path in one.spool.glob(".mri*") if path.is_file()]
    told += [str(path) for path in one.spool.rglob("*")]
    text = "\n".join(told)
    assert "is refused" in text
    assert [word for word in PLANTED if word in text] == []


def refused(*options) -> str:
    """What a node says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", *map(str, options)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "receiving" not in done.stderr
    return done.stderr


def test_an_address_that_is_not_of_this_machine(tmp_path):
    said = refused("--scp", "192.0.2.1:104", "--spool", tmp_path / "s")
    assert "192.0.2.1:104: cannot be used" in said


def test_a_port_that_needs_a_privilege(tmp_path, model, monkeypatch, capsys):
    def listen(peer):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("edge.pacs.node.listen", listen)
    command = ["--spool", str(tmp_path / "s"), "--model", str(model)]
    for port, told in ((104, True), (11112, False)):
        assert main(["--scp", f"127.0.0.1:{port}", *command]) == 2
        said = capsys.readouterr().err
        assert f"127.0.0.1:{port}: cannot be used (Permission denied)" in said
        assert ("ports below 1024 need a privilege" in said) is told


def test_a_spool_that_is_none(tmp_path):
    """A mistyped name, or a disk that is not mounted: nothing is made in its place."""
    (tmp_path / "file").write_text("")
    for spool, words in (
        (tmp_path / "file", "file: is no folder"),
        (tmp_path / "file" / "s", "file is no folder; make it first"),
        (tmp_path / "typo" / "s", "typo is no folder; make it first"),
    ):
        assert words in refused("--scp", free_port(), "--spool", spool)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_spool_that_is_made_is_its_owner_s_alone(node):
    one = node()
    assert f"{one.spool}: was not there and is made" in one.said()
    assert one.spool.stat().st_mode & 0o777 == 0o700


def test_a_spool_has_one_node(node, tmp_path):
    """Whatever --out says: both would judge its studies, and each empties what the other brings."""
    one = node()
    out = ["--out", tmp_path / "other.ndjson"]
    assert "stop that one first" in refused("--scp", free_port(), "--spool", one.spool, *out)
    one.kill()  # and its children hold nothing for it
    one.start()
    assert one.stop() == 0


def test_nothing_is_received_before_the_results_are_held(node, tmp_path):
    out = tmp_path / "results.ndjson"
    node("--out", str(out))
    said = refused("--scp", free_port(), "--spool", tmp_path / "s", "--out", out)
    assert str(out) in said


def test_nothing_of_it_is_loaded_for_a_scan(model, scan):
    code = "from edge.cli import main; main(sys.argv[1:])"
    loaded = loaded_after(code, scan(180), "--model", model)
    assert not loaded & {"pydicom", "ssl", "http", "ipaddress"}


def test_memory_of_a_node(node, tmp_path):
    program = tool("storescu")
    one = node("--settle", "0.5")
    files = write_slices(tmp_path / "in", 40, size=512)
    senders = [
        subprocess.Popen(
            [program, "127.0.0.1", str(one.port), *map(str, files[at::20])],
            stderr=subprocess.DEVNULL,
        )
        for at in range(20)
    ]
    most = 0
    while any(sender.poll() is None for sender in senders):
        most = max(most, one.memory())
    until(lambda: len(one.results()) == 40)
    most = max(most, one.memory())
    assert Counter(line["verdict"] is None for line in one.results()) == {False: 40}
    print(f"{most / 1e6:.1f} MB")
    assert most < 90e6


def test_studies_of_results_in_another_place(node, tmp_path):
    one = node("--settle", "0.5", "--out", str(tmp_path / "results.ndjson"))
    store(one.port, *write_slices(tmp_path / "in", 1))
    until((tmp_path / "results.studies.ndjson").exists)
    assert not (one.spool / STUDIES).exists()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 40 MB, of which a node leaves 32 free."""
    place = tmp_path / "node0"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_disk_that_fills_up_and_is_emptied(small_disk, node, tmp_path):
    files = write_slices(tmp_path / "in", 60, size=512)
    one = Node(small_disk, "--settle", "0.5")
    try:
        first = store(one.port, *files, options=("-v", "-nh"), check=False)
        refused = (first.stdout + first.stderr).count("OutOfResources)")
        assert 10 < refused < 50, first.stderr[-500:]
        until(lambda: len(one.results()) == 60 - refused)
        assert one.said().count("no room") == 1
        for file in one.spool.rglob("*.dcm"):
            file.unlink()
        for at in range(0, 60, 20):  # again from the beginning, as a scanner would
            store(one.port, *files[at : at + 20])
            until(lambda at=at: len({line["path"] for line in one.results()}) >= at + 20)
            for file in one.spool.rglob("*.dcm"):
                file.unlink()
        assert len(one.results()) == 60
    finally:
        one.stop()
