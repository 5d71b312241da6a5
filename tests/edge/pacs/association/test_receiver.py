"""The receiver and real senders: what is taken, from whom, and what is refused."""

import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pydicom")
from edge.pacs.association import upper_layer
from edge.pacs.association.messages import STORE, Command
from edge.pacs.uids import MR_IMAGE, VERIFICATION
from tests.edge.dicom_files import data_set_of
from tests.edge.pacs.association.served import connect, send
from tests.edge.pacs.network import store, tool, until, write_slices


def test_echo_and_store_by_dcmtk(served, tmp_path):
    one = served()
    files = write_slices(tmp_path / "in", 3)
    subprocess.run([tool("echoscu"), "127.0.0.1", str(one.port)], check=True, timeout=30)
    store(one.port, *files)
    assert one.files() == ["1.2.3.1.1.dcm", "1.2.3.1.2.dcm", "1.2.3.1.3.dcm"]
    assert [Path(path).name for path in one.arrived] == one.files()
    store(one.port, *files, program="dcmsend")
    assert len(one.files()) == len(one.arrived) == 3
    assert not one.left()
    kept = Path(one.spool.path) / "1.2.3" / "1.2.3.1.1.dcm"
    assert data_set_of(kept) == data_set_of(files[0])


def test_the_same_bytes_change_nothing_and_others_are_kept_beside_them(served, tmp_path):
    one = served()
    (first,) = write_slices(tmp_path / "a", 1)
    (other,) = write_slices(tmp_path / "b", 1, PatientID="corrected")
    association = connect(one.port)
    for file in (first, first, other, other, first):
        assert send(association, file, "1.2.3.1.1") == 0
    names = one.files()
    assert names[1] == "1.2.3.1.1.dcm"
    assert names[0].startswith("1.2.3.1.1-")
    assert len(names) == len(one.arrived) == 2


@pytest.mark.parametrize(
    ("instance", "elements"),
    [
        ("1.2.3.1.1", {"StudyInstanceUID": ""}),
        ("1.2.3.1.1", {"StudyInstanceUID": "../../etc"}),
        ("1.2.3.1.1", {"StudyInstanceUID": "." * 3}),
        ("../1", {"SOPInstanceUID": "../1"}),
        (".1", {"SOPInstanceUID": ".1"}),
        ("1" * 65, {"SOPInstanceUID": "1" * 65}),
    ],
)
def test_what_is_no_uid_is_no_file_name(served, tmp_path, instance, elements):
    import pydicom

    one = served()
    with pydicom.config.disable_value_validation():
        (file,) = write_slices(tmp_path / "in", 1, **elements)
    assert send(connect(one.port), file, instance) == 0xC000
    assert one.files() == one.left() == []


def test_a_data_set_of_another_instance_is_refused(served, tmp_path):
    one = served()
    (file,) = write_slices(tmp_path / "in", 1)
    association = connect(one.port)
    assert send(association, file, "1.2.3.1.9") == 0xA900
    assert send(association, b"no data set", "1.2.3.1.9") in (0xA900, 0xC000)
    assert send(association, file, "1.2.3.1.1") == 0
    assert one.files() == ["1.2.3.1.1.dcm"]


def test_a_data_set_that_is_too_large_is_refused_and_not_kept(served, tmp_path):
    one = served(largest=2000)
    (file,) = write_slices(tmp_path / "in", 1)
    (small,) = write_slices(tmp_path / "small", 1, size=16)
    association = connect(one.port)
    assert send(association, file, "1.2.3.1.1") == 0xA700
    assert not one.left()
    assert send(association, small, "1.2.3.1.1") == 0


def test_other_classes_and_operations_are_refused(served):
    one = served()
    association = connect(one.port, "1.2.840.10008.5.1.4.1.1.2", MR_IMAGE, VERIFICATION)
    assert [context.abstract for context in association.contexts.values()] == [
        MR_IMAGE,
        VERIFICATION,
    ]
    verification = association.contexts[5]
    association.send(verification, Command(STORE, 1, MR_IMAGE, "1.2"), b"data")
    assert association.receive(lambda *_: None).command.status == 0x0122
    association.send(verification, Command(0x0020, 1, VERIFICATION), b"data")
    assert association.receive(lambda *_: None).command.status == 0x0211


def test_what_is_not_taken_is_named(served, tmp_path):
    """By the standard's name of its class, which no patient has, and nothing of the peer's."""
    ct, private = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.5"
    one = served()
    connect(one.port, ct).release()
    assert until(lambda: one.said) == ["127.0.0.1: offers what is not taken: CT Image Storage"]
    connect(one.port, ct, private, VERIFICATION).release()
    until(lambda: len(one.said) == 2)
    assert one.said[1].endswith("an unknown SOP class and 1 more")
    connect(one.port, ct, MR_IMAGE).release()
    connect(one.port, VERIFICATION).release()
    wrong, right = connect(one.port, VERIFICATION), connect(one.port)
    wrong.send(wrong.contexts[1], Command(STORE, 1, ct, "1.2"), b"data")
    wrong.receive(lambda *_: None)
    (file,) = write_slices(tmp_path / "in", 1)
    send(right, file, "1.2.9")
    assert [line.partition("sent a slice ")[2].split(":")[0] for line in one.said[2:]] == [
        "(CT Image Storage) that is refused",
        "(MR Image Storage) that is refused",
    ]


def test_who_may_send(served, tmp_path):
    one = served(title="NODE", callers=("CT1", "MR1"))
    for called, calling, reason in (("X", "MR1", 7), ("NODE", "X", 3)):
        with pytest.raises(ConnectionRefusedError) as refused:
            connect(one.port, called=called, calling=calling)
        assert refused.value.args[0] == (1, 1, reason)
        said = until(lambda: one.said and one.said.pop())
        assert f"({calling!r} calls {called!r})" in said
    connect(one.port, called="NODE", calling="MR1").release()


def test_from_where(served):
    one = served(networks=("192.0.2.0/24",))
    with pytest.raises((upper_layer.PeerError, OSError)):
        connect(one.port)
    assert "127.0.0.1: may not connect" in until(lambda: one.said)[0]
    assert served(networks=("127.0.0.0/8", "::1/128")).said == []
    connect(served(networks=("127.0.0.0/8",)).port).release()
