"""The network options, traced: no socket is opened but at, or to, the address that was named."""

import re
import subprocess
import sys
import threading

import pytest

pytest.importorskip("pynetdicom")

from tests.edge.pacs.network import free_port, tool, until
from tests.edge.pacs.orthanc import orthanc, running_orthanc  # noqa: F401
from tests.edge.pacs.studies import gradients, write_study
from tests.guard.paths import Place
from tests.guard.system_calls import trace, why_not

if problem := why_not():
    pytest.skip(problem, allow_module_level=True)
pytestmark = pytest.mark.slow

_CALL = re.compile(r"^(?P<call>bind|connect|sendto|sendmsg)\(")
_ADDRESS = re.compile(r"sin6?_port=htons\((?P<port>\d+)\).*?\"(?P<host>[0-9a-f.:]+)\"")
_PATH = re.compile(r'sun_path="(?P<path>[^"]*)"')
_OWN = ("/var/run/nscd/socket",)
"""What the C library asks before it looks at this machine's own addresses."""


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def run(place, words, until=None, named=()):
    """Trace a command; what it bound and connected to, and its end."""
    asked = trace(
        [sys.executable, "-m", "edge", "--model", str(place.value("tflite")), *map(str, words)],
        place.folder / "strace",
        place.folder / "work",
        environment=place.environment(),
        until=until,
    )
    assert asked.status == 0, asked.said[-2000:]
    assert asked.stray([place.folder / "temporary", *named]) == []
    bound, connected = set(), set()
    for line in asked.sockets:
        call, address, path = _CALL.match(line), _ADDRESS.search(line), _PATH.search(line)
        # Port 0 is any of our own, or no peer at all: nothing can be sent there.
        if call and address and address["port"] != "0":
            place_of = f"{address['host']}:{address['port']}"
            (bound if call["call"] == "bind" else connected).add(place_of)
        elif call and path and path["path"] not in _OWN:
            connected.add(path["path"])
    families = {
        re.match(r"socket\((\w+)", line)[1] for line in asked.sockets if line.startswith("socket(")
    }
    # The kernel is asked for this machine's addresses through AF_NETLINK.
    assert families <= {"AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX"}
    return bound, connected


def send(port: int, files) -> None:
    """To a node that may not be there yet."""
    command = [tool("storescu"), "127.0.0.1", str(port), *map(str, files)]
    until(lambda: subprocess.run(command, capture_output=True).returncode == 0, 60)


@pytest.mark.parametrize("how", ["", "--send-results", "--stow"])
def test_a_node(place, orthanc, how):  # noqa: F811
    port, folder = free_port(), place.folder
    study = write_study(folder / "in", gradients(60, 180))
    spool, queue = folder / "spool", folder / "queue"
    words = ["--scp", f"127.0.0.1:{port}", "--spool", spool, "--settle", "0.3"]
    sent_to = set()
    if how:
        to_port = orthanc.dicom if how == "--send-results" else orthanc.http
        words += [how, orthanc.peer if how == "--send-results" else orthanc.url, "--queue", queue]
        sent_to = {f"127.0.0.1:{to_port}"}
    sender = threading.Thread(target=send, args=(port, study.files))
    sender.start()

    def is_done() -> bool:
        lines = spool / ".mri-edge-results.studies.ndjson"
        if not (lines.exists() and lines.stat().st_size):
            return False
        return not how or (len(orthanc.instances()) == 2 and not [*(queue / "waiting").iterdir()])

    found = run(place, words, is_done, (spool, queue))
    sender.join()
    assert found == ({f"127.0.0.1:{port}"}, sent_to)
    assert len(orthanc.instances()) == (2 if how else 0)


@pytest.mark.parametrize("how", ["--dicomweb", "--query-retrieve"])
def test_an_archive_that_is_asked(place, orthanc, how):  # noqa: F811
    folder = place.folder
    study = write_study(folder / "in", gradients(60, 180))
    for file in study.files:
        orthanc.store(file)
    web = how == "--dicomweb"
    where = orthanc.url if web else orthanc.peer
    asked = [how, where, "--study", study.uid, "--spool", folder / "spool"]
    port = orthanc.http if web else orthanc.dicom
    expected = (set(), {f"127.0.0.1:{port}"})
    assert run(place, asked, named=[folder / "spool"]) == expected
    assert len(orthanc.instances()) == 2


def test_sending_series(place, orthanc):  # noqa: F811
    folder = place.folder
    study = write_study(folder / "in", gradients(60, 180))
    words = [study.folder, "--series", "--send-results", orthanc.peer, "--queue", folder / "queue"]
    expected = (set(), {f"127.0.0.1:{orthanc.dicom}"})
    assert run(place, words, named=[folder / "queue"]) == expected


def test_a_page(place):
    from urllib.request import urlopen

    port = free_port()

    def is_done() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    words = ["--serve", f"127.0.0.1:{port}"]
    assert run(place, words, is_done) == ({f"127.0.0.1:{port}"}, set())
