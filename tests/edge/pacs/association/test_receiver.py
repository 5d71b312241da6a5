"""The receiver: real senders, and peers that break off, stall, or send what they must not."""

import os
import shutil
import socket
import struct
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("pydicom")
from edge.pacs.association import upper_layer
from edge.pacs.association.messages import STORE, Association, Command, encode
from edge.pacs.association.receiver import MOST, Receiver, Terms
from edge.pacs.association.tls import Tls
from edge.pacs.association.upper_layer import Context, Proposal, Wire
from edge.pacs.spool import Spool
from edge.pacs.uids import EXPLICIT_LITTLE, IMPLICIT_LITTLE, MR_IMAGE, VERIFICATION
from tests.edge.dicom_files import data_set_of
from tests.edge.pacs.network import store, tool, until, write_slices

SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)


class Served:
    """A receiver in threads of this process."""

    def __init__(self, folder: Path, largest: int = 1 << 20, reserve: int = 0, **terms):
        self.said, self.arrived = [], []
        (folder / "spool").mkdir(exist_ok=True)
        self.spool = Spool(str(folder / "spool"), largest, self.arrived.append, reserve)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        terms = Terms((MR_IMAGE,), SYNTAXES, **terms)
        self.receiver = receiver = Receiver(self.spool, terms, self.said.append)
        threading.Thread(target=receiver.serve, args=(self.listening,), daemon=True).start()

    def files(self) -> list[str]:
        return sorted(path.name for path in Path(self.spool.path).rglob("*.dcm"))

    def left(self) -> list[Path]:
        return list((Path(self.spool.path) / ".incoming").iterdir())


@pytest.fixture
def served(tmp_path):
    made = []

    def make(**options) -> Served:
        made.append(Served(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.listening.close()


def connect(port: int, *abstracts: str, called="ANY", calling="TEST") -> Association:
    """An association as a scanner asks for it."""
    wire = Wire(socket.create_connection(("127.0.0.1", port)), 10)
    contexts = [
        Context(2 * at + 1, one, list(SYNTAXES)) for at, one in enumerate(abstracts or [MR_IMAGE])
    ]
    body = upper_layer.proposal_body(Proposal(called, calling, contexts), accept=False)
    wire.write(upper_layer.ASSOCIATE_RQ, body)
    kind, body = wire.read()
    if kind == upper_layer.ASSOCIATE_RJ:
        raise ConnectionRefusedError(tuple(body[1:4]))
    answer = upper_layer.read_proposal(body)
    by_number = {one.number: one for one in contexts}
    for one in answer.contexts:
        one.abstract = by_number[one.number].abstract
    return Association(wire, [one for one in answer.contexts if not one.result], answer.longest)


def send(association: Association, file: Path | bytes, instance: str, number: int = 1) -> int:
    """C-STORE; the status."""
    data = file if isinstance(file, bytes) else data_set_of(file)
    context = next(iter(association.contexts.values()))
    association.send(context, Command(STORE, number, MR_IMAGE, instance), data)
    return association.receive(lambda *_: None).command.status


def begun(served, tmp_path: Path) -> tuple[Served, Association, list[Path]]:
    """A receiver, an association with it, and three slices, the first of which it has."""
    one = served()
    files = write_slices(tmp_path / "in", 3)
    association = connect(one.port)
    assert send(association, files[0], "1.2.3.1.1") == 0
    return one, association, files


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


def test_a_full_disk_is_said_and_it_goes_on_when_there_is_room(served, tmp_path):
    one, association, files = begun(served, tmp_path)
    one.spool._reserve = 1 << 62
    assert send(association, files[1], "1.2.3.1.2") == 0xA700
    assert send(association, files[2], "1.2.3.1.3") == 0xA700
    one.spool._reserve = 0
    assert send(association, files[1], "1.2.3.1.2") == 0
    assert one.files() == ["1.2.3.1.1.dcm", "1.2.3.1.2.dcm"]
    assert not one.left()
    assert sum("no room" in line for line in one.said) == 1  # said once


def test_a_disk_that_is_full_while_a_slice_is_written(served, tmp_path, monkeypatch):
    one = served()
    (file,) = write_slices(tmp_path / "in", 1)
    association = connect(one.port)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("edge.pacs.spool.os.fsync", full)
        assert send(association, file, "1.2.3.1.1") == 0xA700
        patch.undo()
        patch.setattr("edge.pacs.spool.Incoming._write", full)
        assert send(association, file, "1.2.3.1.1") == 0xA700
    assert one.files() == one.left() == []
    assert send(association, file, "1.2.3.1.1") == 0


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


RAW = {
    "a unit of 4 GB": struct.pack(">BBI", 1, 0, 0xFFFFFFFF) + bytes(1000),
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "a cut request": struct.pack(">BBI", 1, 0, 100) + bytes(50),
    "items that do not fit": struct.pack(">BBI", 1, 0, 80)
    + bytes(68)
    + b"\x20\0\xff\xff"
    + bytes(8),
    "data before a request": struct.pack(">BBI", 4, 0, 6) + bytes(6),
    "nothing": b"",
}


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_association_is_ended(served, name):
    one = served(patience=0.5)
    with socket.create_connection(("127.0.0.1", one.port)) as peer:
        peer.sendall(RAW[name])
        if name != "nothing":
            with suppress(OSError):  # it has ended it already
                peer.shutdown(socket.SHUT_WR)
        peer.settimeout(5)
        try:
            while peer.recv(100):
                continue
        except ConnectionResetError:
            pass  # what it had not read is lost
    connect(one.port, VERIFICATION).release()


def test_an_association_that_stalls_or_breaks_off_leaves_nothing(served, tmp_path):
    one = served(patience=0.5, idle=0.5)
    (file,) = write_slices(tmp_path / "in", 1)
    data = data_set_of(file)
    silent, cut, aborted = (connect(one.port) for _ in range(3))
    for one_of in (silent, cut, aborted):
        context = next(iter(one_of.contexts.values()))
        command = Command(STORE, 1, MR_IMAGE, "1.2.3.1.1", has_data=True)
        one_of._send(context.number, 1, encode(command))
        part = struct.pack(">IBB", 1002, context.number, 0) + data[:1000]
        one_of.wire.write(upper_layer.DATA, part)
    until(lambda: len(one.left()) >= 1)
    cut.wire.close()
    aborted.wire.abort()
    until(lambda: not one.left())
    assert one.files() == []
    assert any("silent" in line for line in one.said)


def test_many_at_once_and_no_more(served, tmp_path):
    one = served()
    files = write_slices(tmp_path / "in", 20)
    started = [
        subprocess.Popen([tool("storescu"), "127.0.0.1", str(one.port), str(file)])
        for file in files
    ]
    assert [process.wait(60) for process in started] == [0] * 20
    assert len(one.files()) == 20
    until(lambda: one.receiver._connections == 0)
    open_ones = [connect(one.port, VERIFICATION) for _ in range(MOST)]
    with pytest.raises(ConnectionRefusedError) as refused:
        connect(one.port, VERIFICATION)
    assert refused.value.args[0] == (2, 3, 2)
    for association in open_ones:
        association.release()
    until(lambda: _is_taken(one.port))


def _is_taken(port: int) -> bool:
    try:
        connect(port, VERIFICATION).release()
    except ConnectionRefusedError:
        return False
    return True


def test_tls_by_dcmtk(served, tmp_path, certificates):
    cert, key = (str(certificates / name) for name in ("cert.pem", "key.pem"))
    one = served(tls=Tls(cert, key, cert))
    (file,) = write_slices(tmp_path / "in", 1)
    known = ("--enable-tls", key, cert, "--add-cert-file", cert)
    store(one.port, file, options=known)
    assert one.files() == ["1.2.3.1.1.dcm"]
    unknown = ("--anonymous-tls", "--add-cert-file", cert)
    assert store(one.port, file, options=unknown, check=False).returncode != 0
    assert store(one.port, file, check=False).returncode != 0
    until(lambda: one.said)


def test_tls_of_a_peer_that_says_nothing_holds_nobody_up(served, certificates, tmp_path):
    cert, key = (str(certificates / name) for name in ("cert.pem", "key.pem"))
    one = served(tls=Tls(cert, key, None), patience=0.5)
    with socket.create_connection(("127.0.0.1", one.port)) as silent:
        (file,) = write_slices(tmp_path / "in", 1)
        store(one.port, file, options=("--anonymous-tls", "--add-cert-file", cert))
        silent.settimeout(5)
        assert silent.recv(10) == b""
    assert one.files() == ["1.2.3.1.1.dcm"]


def test_a_spool_that_was_emptied_takes_slices_again(served, tmp_path):
    one, association, files = begun(served, tmp_path)
    shutil.rmtree(one.spool.path)
    assert send(association, files[1], "1.2.3.1.2") == 0xA700  # a disk that is not mounted
    os.mkdir(one.spool.path)
    assert send(association, files[1], "1.2.3.1.2") == 0
    assert one.files() == ["1.2.3.1.2.dcm"]
