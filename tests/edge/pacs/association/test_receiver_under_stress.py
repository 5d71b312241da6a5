"""The receiver where peers break off, stall or come all at once, and where the disk is full."""

import os
import shutil
import socket
import struct
import subprocess
from contextlib import suppress

import pytest

pytest.importorskip("pydicom")
from edge.pacs.association import upper_layer
from edge.pacs.association.messages import STORE, Command, encode
from edge.pacs.association.receiver import MOST
from edge.pacs.uids import MR_IMAGE, VERIFICATION
from tests.edge.dicom_files import data_set_of
from tests.edge.pacs.association.served import begun, connect, send
from tests.edge.pacs.network import tool, until, write_slices


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


def test_a_spool_that_was_emptied_takes_slices_again(served, tmp_path):
    one, association, files = begun(served, tmp_path)
    shutil.rmtree(one.spool.path)
    assert send(association, files[1], "1.2.3.1.2") == 0xA700  # a disk that is not mounted
    os.mkdir(one.spool.path)
    assert send(association, files[1], "1.2.3.1.2") == 0
    assert one.files() == ["1.2.3.1.2.dcm"]


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
