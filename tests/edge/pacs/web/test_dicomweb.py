"""Archives whose answers are odd, stall, or do not end; in the test's own process."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("pydicom")
from edge.pacs.association.receiver import Terms
from edge.pacs.spool import Spool
from edge.pacs.uids import EXPLICIT_LITTLE, MR_IMAGE, as_count
from edge.pacs.web import dicomweb
from edge.pacs.web.dicomweb import DicomWeb
from tests.edge.pacs.network import write_slices

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
        (tmp_path / "spool").mkdir(exist_ok=True)
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


def test_a_full_disk_is_said(ask, whole, monkeypatch):
    monkeypatch.setattr(Spool, "has_room", lambda *_: False)
    status, said, requests = ask(retrieve=lambda write: write(whole))
    assert status == 1
    assert said[0].endswith(
        "sent a slice (MR Image Storage) that is refused: there is no room for it"
    )
    assert not [place for place in requests if "/instances/" in place]  # nor is it asked for again


def test_a_slice_of_another_study_is_not_kept(ask, tmp_path):
    names = {"StudyInstanceUID": "1.2.6"}
    (file,) = write_slices(tmp_path / "in", 1, study="1.2.5", **names)
    other = HEAD + file.read_bytes() + b"\r\n--X--"
    status, said, _ = ask(retrieve=lambda write: write(other))
    assert status == 1
    assert "a study that was not asked for" in said[0]
    assert not [*(tmp_path / "spool").rglob("*.dcm")]


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


def test_an_answer_to_a_query_that_is_too_large_is_not_parsed(ask):
    series = named("0020000E", *["1.2.5.1"] * 1000)
    for one in series:
        one["00081190"] = {"vr": "UR", "Value": ["x"] * 2000}
    status, said, _ = ask(series)
    assert status == 1
    assert "no JSON, or with too much" in said[0]
