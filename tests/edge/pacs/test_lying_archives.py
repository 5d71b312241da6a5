"""Archives whose answers are odd, stall, or do not end; in the test's own process."""

import io
import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("pydicom")
from edge.console.network_types import Peer
from edge.pacs.association import query_retrieve
from edge.pacs.association.messages import FIND, PENDING, RESPONSE, Command, Message
from edge.pacs.association.query_retrieve import Archive, identifier
from edge.pacs.association.receiver import Terms
from edge.pacs.association.tls import Tls
from edge.pacs.spool import Spool
from edge.pacs.uids import EXPLICIT_LITTLE, MR_IMAGE, as_count
from edge.pacs.web import dicomweb
from edge.pacs.web.dicomweb import DicomWeb
from edge.pacs.web.multipart import parts
from tests.edge.pacs.network import tool, write_slices


class Answer:
    """The data set of an answer."""

    def data(self):
        return identifier({0x0020000D: "1.2.5"})


TERMS = Terms((MR_IMAGE,), (EXPLICIT_LITTLE,))
KIND = 'multipart/related; type="application/dicom"; boundary=X'
HEAD = b"--X\r\nContent-Type: application/dicom\r\n\r\n"


def named(tag: str, *values) -> list[dict]:
    return [{tag: {"vr": "UI", "Value": [value]}} for value in values]


@pytest.fixture
def ask(tmp_path):
    """Fetch a study from services that answer as they are told: status, what was said, requests."""
    services = []

    def run(series=None, instances=None, retrieve=lambda write: None, largest=1 << 20):
        requests, said = [], []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                place = self.path.partition("?")[0]
                requests.append(place)
                found = None
                if place.endswith("/series"):
                    found = series or named("0020000E", "1.2.5.1")
                elif place.endswith("/instances"):
                    found = instances or named("00080018", "1.2.5.1.1")
                self.send_response(200)
                self.send_header("Content-Type", "application/dicom+json" if found else KIND)
                self.end_headers()
                try:
                    if found:
                        self.wfile.write(json.dumps(found).encode())
                    else:
                        retrieve(self.wfile.write)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        services.append(web)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        archive = DicomWeb(f"http://127.0.0.1:{web.server_port}/x", TERMS, said.append)
        spool = Spool(str(tmp_path / "spool"), largest, reserve=0)
        return archive.fetch("1.2.5", None, spool), said, requests

    yield run
    for web in services:
        web.shutdown()
        web.server_close()


@pytest.fixture
def whole(tmp_path):
    (file,) = write_slices(tmp_path / "in", 1, study="1.2.5")
    return HEAD + file.read_bytes() + b"\r\n--X--"


@pytest.mark.parametrize("count", ["9" * 5000, "-3", "x", "", 1.5, {"a": 1}])
def test_a_count_that_is_none(ask, whole, count):
    series = named("0020000E", "1.2.5.1")
    series[0]["00201209"] = {"vr": "IS", "Value": [count]}
    status, said, _ = ask(series, retrieve=lambda write: write(whole))
    assert (status, said) == (0, [])
    assert as_count("12") == 12


@pytest.mark.parametrize("where", ["series", "instances"])
def test_what_is_named_by_no_uid_is_missed(ask, whole, where):
    tag, good = ("0020000E", "1.2.5.1") if where == "series" else ("00080018", "1.2.5.1.1")
    odd = {where: named(tag, good, "../../planted")}
    status, said, requests = ask(**odd, retrieve=lambda write: write(whole))
    assert status == 1
    assert len(said) == 1
    assert "no UID" in said[0]
    assert "planted" not in said[0] + "".join(requests)


def test_an_answer_without_end(ask, whole):
    def endless(write):
        write(whole[:-5])
        while True:
            write(bytes(1 << 16))

    status, said, _ = ask(retrieve=endless, largest=1 << 18)
    assert status == 1
    assert "1 of 1 slices of the study did not come" in said[0]


def test_an_answer_that_drips(ask, monkeypatch):
    monkeypatch.setattr(dicomweb, "_LONGEST_ANSWER", 0.5)
    over = threading.Event()

    def drips(write):
        while not over.wait(0.05):
            write(b"\0")

    start = time.monotonic()
    status, _, requests = ask(retrieve=drips)
    over.set()
    assert status == 1
    assert time.monotonic() - start < 10
    assert len(requests) >= 3


def test_an_archive_that_stalls_is_not_asked_for_each_slice(ask, monkeypatch):
    monkeypatch.setattr(dicomweb, "_PATIENCE", 0.2)
    instances = named("00080018", *(f"1.2.5.1.{number}" for number in range(50)))
    over = threading.Event()
    status, said, requests = ask(instances=instances, retrieve=lambda write: over.wait(10))
    over.set()
    assert status == 1
    assert "50 of 50 slices" in said[0]
    assert sum("/instances/" in place for place in requests) == 3


def test_a_part_whose_stream_fails_is_discarded():
    class Breaks(io.RawIOBase):
        given = False

        def read1(self, size):
            if self.given:
                raise TimeoutError
            self.given = True
            return HEAD + b"begun"

    class Kept:
        state = None

        def write(self, data):
            pass

        def discard(self):
            self.state = "discarded"

    kept = Kept()
    with pytest.raises(TimeoutError):
        list(parts(Breaks(), b"X", lambda: kept))
    assert kept.state == "discarded"


@pytest.mark.parametrize("study", ["1.2.\N{LATIN SMALL LETTER E WITH ACUTE}", "", "../x"])
def test_a_study_that_is_named_by_no_uid_holds_up_no_other(tmp_path, monkeypatch, study):
    said, asked = [], []
    archive = Archive(Peer("A", "127.0.0.1", 1), "B", TERMS, None, said.append)

    def find(level, keys):
        asked.append((level, keys.get(0x0020000D)))
        return [{0x0020000D: one} for one in (study, "1.2.5")] if level == "STUDY" else []

    monkeypatch.setattr(archive, "_find", find)
    assert archive.fetch(None, "20260101", Spool(str(tmp_path / "spool"), 1 << 20)) == 1
    assert asked == [("STUDY", ""), ("SERIES", "1.2.5")]
    assert ["no UID" in one for one in said] == [True]


@pytest.mark.parametrize("empty", [True, False])
def test_answers_without_end(tmp_path, monkeypatch, empty):
    monkeypatch.setattr(query_retrieve, "_MOST_ANSWERS", 50 if empty else 1_000_000)
    monkeypatch.setattr(query_retrieve, "_MOST_BYTES", 5000)
    said = []
    archive = Archive(Peer("A", "127.0.0.1", 1), "B", TERMS, None, said.append)
    sink = None if empty else Answer()

    class Endless:
        def send(self, *_):
            pass

        release = send

        def receive(self, *_):
            command = Command(FIND | RESPONSE, 1, status=PENDING)
            return Message(None, command, sink)

    monkeypatch.setattr(
        archive, "_connect", lambda *_: (Endless(), {query_retrieve.FIND_CLASS: [None]})
    )
    assert archive.fetch(None, "20260101", Spool(str(tmp_path / "spool"), 1 << 20)) == 1
    assert said == ["A@127.0.0.1:1: answers without end"]


def test_a_certificate_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        Tls(str(tmp_path / "missing.pem"), str(tmp_path / "key.pem"), None).for_server()
    assert raised.value.filename == str(tmp_path / "missing.pem")


def test_a_key_with_a_password_asks_nobody(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:secret", "-subj", "/CN=a"]
    subprocess.run(
        [tool("openssl"), *command, "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with pytest.raises(PermissionError, match="without a password") as raised:
        Tls(str(cert), str(key), None).for_server()
    assert raised.value.filename == str(key)


def test_an_answer_to_a_query_that_is_too_large_is_not_parsed(ask):
    series = named("0020000E", *["1.2.5.1"] * 1000)
    for one in series:
        one["00081190"] = {"vr": "UR", "Value": ["x"] * 2000}
    status, said, _ = ask(series)
    assert status == 1
    assert "no JSON, or with too much" in said[0]
