"""Sending by C-STORE: to Orthanc, and to peers that refuse, fail, and come back."""

import socket
import subprocess
import sys
import threading
import time
from io import BytesIO

import pytest
from pydicom import dcmread

from edge.console.network_types import Peer
from edge.pacs.association.c_store import StoreDestination
from edge.pacs.association.tls import Tls
from edge.pacs.deliver import deliver
from edge.pacs.destination import UnreachableError
from edge.pacs.send_queue import SendQueue
from tests.edge.pacs.network import free_port, tool, until
from tests.edge.pacs.objects import SC, SR

pytest.importorskip("pynetdicom")


def send(port, paths, title="ARCHIVE"):
    destination = StoreDestination(Peer(title, "127.0.0.1", port))
    return list(destination.send(map(str, paths)))


def test_orthanc_has_them_as_they_were_sent(orthanc, paths):
    assert [one.problem for one in send(orthanc.dicom, paths)] == [None] * 3
    found = {uid: dcmread(BytesIO(data)) for uid, data in orthanc.instances().items()}
    assert found == {path.stem: dcmread(path) for path in paths}
    assert len(orthanc.json("series")) == 2
    assert [one.problem for one in send(orthanc.dicom, paths)] == [None] * 3
    assert len(orthanc.instances()) == 3


def test_a_wrong_title_is_said(orthanc, paths):
    with pytest.raises(UnreachableError, match=r"of MRI-EDGE \(Called AE title not recognised"):
        send(orthanc.dicom, paths, "WRONG")
    assert orthanc.instances() == {}


def test_nobody_there(paths):
    with pytest.raises(UnreachableError, match="cannot be reached"):
        send(free_port(), paths)


def test_a_peer_that_says_nothing(paths, monkeypatch):
    import socket

    from edge.pacs.association import c_store

    monkeypatch.setattr(c_store, "_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        start = time.monotonic()
        with pytest.raises(UnreachableError):
            send(server.getsockname()[1], paths)
        assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("status", "problem", "final"),
    [
        (0xB000, None, False),
        (0xB007, None, False),
        (0xA700, "status 0xA700", False),
        (0x0110, "status 0x0110", False),
        (0xA900, "status 0xA900", True),
        (0xC123, "status 0xC123", True),
        (0x0122, "status 0x0122: it does not take such objects", True),
    ],
)
def test_what_a_status_means(scp, paths, status, problem, final):
    port, stored = scp(lambda data, count: status)
    answers = send(port, paths)
    assert [(one.problem, one.final) for one in answers] == [(problem, final)] * 3
    assert {data.SOPClassUID for data in stored} == {SR, SC}


def test_a_peer_that_takes_no_reports(scp, paths):
    port, stored = scp(classes=[SC])
    answers = [(one.problem is None, one.final) for one in send(port, paths)]
    assert sorted(answers) == [(False, True), (True, False), (True, False)]
    assert len(stored) == 2


def test_it_fails_for_a_while(scp, paths, tmp_path):
    port, stored = scp(lambda data, count: 0xA700 if count <= 4 else 0)
    queue, said = SendQueue(str(tmp_path / "queue"), "A@h:104"), []
    destination = StoreDestination(Peer("ARCHIVE", "127.0.0.1", port))
    assert deliver(queue, destination, said.append, None, lambda pause: None) == 0
    assert {data.SOPInstanceUID for data in stored} == {path.stem for path in paths}
    assert len(said) == 2


def test_it_comes_back_later(scp, paths, tmp_path):
    port = free_port()
    queue, said = SendQueue(str(tmp_path / "queue"), "A@h:104"), []
    destination = StoreDestination(Peer("ARCHIVE", "127.0.0.1", port))
    threading.Timer(1.5, lambda: scp(port=port)).start()
    assert deliver(queue, destination, said.append) == 0
    assert said[0].endswith("cannot be reached; what waits will be sent later")
    assert "takes objects again" in said[1]


def test_an_object_that_is_gone_meanwhile(scp, paths):
    port, _ = scp()
    paths[0].unlink()
    answers = send(port, paths)
    assert [one.problem is None for one in answers] == [False, True, True]


@pytest.mark.parametrize("data", [b"", b"no DICOM at all", bytes(128) + b"DICM" + b"\2\0\0\0UL\4"])
def test_a_damaged_file_holds_up_no_other(scp, paths, data):
    port, _ = scp()
    paths[0].write_bytes(data)
    problems = [(one.problem, one.final) for one in send(port, paths)]
    assert problems == [("its file is damaged", True), (None, False), (None, False)]


@pytest.fixture
def storescp(certificates, tmp_path):
    """dcmtk's archive, which wants a certificate that ours has signed."""
    port, cert, key = free_port(), certificates / "cert.pem", certificates / "key.pem"
    (tmp_path / "received").mkdir()
    command = [tool("storescp"), "--enable-tls", key, cert, "--add-cert-file", cert]
    server = subprocess.Popen(
        [*command, "-od", tmp_path / "received", str(port)], stderr=subprocess.DEVNULL
    )
    until(lambda: can_connect(port))
    yield port
    server.kill()
    server.wait()


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_tls(storescp, certificates, paths, tmp_path):
    cert, key = (str(certificates / name) for name in ("cert.pem", "key.pem"))
    peer = Peer("ARCHIVE", "127.0.0.1", storescp)
    for tls in (
        None,
        Tls(None, None, cert),
        Tls(cert, key, None),
    ):  # none, no certificate, no trust
        with pytest.raises(UnreachableError):
            list(StoreDestination(peer, tls).send(map(str, paths)))
    assert list((tmp_path / "received").iterdir()) == []
    found = StoreDestination(peer, Tls(cert, key, cert)).send(map(str, paths))
    assert [one.problem for one in found] == [None] * 3
    assert len(list((tmp_path / "received").iterdir())) == 3


def test_a_key_that_is_none_is_said_before_anything_is_done(any_model, study, tmp_path):
    (tmp_path / "no.pem").write_text("none")
    names = ["--tls-cert", tmp_path / "no.pem", "--tls-key", tmp_path / "no.pem"]
    where = ["--send-results", "A@127.0.0.1:9", "--queue", tmp_path / "queue"]
    command = [sys.executable, "-m", "edge", study.folder, "--series", "--model", any_model]
    done = subprocess.run(
        [*command, *where, *names],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "--tls-cert, --tls-key, --tls-ca: cannot be used" in line
