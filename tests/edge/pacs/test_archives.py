"""An archive as source: Orthanc, over DICOMweb, by C-GET and by C-MOVE."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

pytest.importorskip("pydicom")
pytest.importorskip("pylibjpeg")
from edge.scan.dicom.byte_order import meta_header
from edge.service.watch import RESULTS
from tests.edge.conftest import MODELS
from tests.edge.pacs.network import STUDIES, free_port, read, write_slices
from tests.edge.pacs.orthanc import compressed_study


@pytest.fixture(scope="module")
def study(running_orthanc, tmp_path_factory) -> tuple[str, int]:
    files = compressed_study(tmp_path_factory.mktemp("study"), "1.2.77")
    running_orthanc.store(*files.values())
    return "1.2.77", len(files)


def fetch(spool: Path, *options: str) -> subprocess.CompletedProcess:
    kind = "tflite" if (MODELS / "tiny.tflite").exists() else "onnx"
    command = [sys.executable, "-m", "edge", "--spool", str(spool), *options]
    command += ["--model", str(MODELS / f"tiny.{kind}")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def syntaxes(spool: Path) -> set[bytes]:
    """Transfer syntaxes of the slices that came."""
    return {meta_header(file.read_bytes()[:1000])[0] for file in spool.rglob("*.dcm")}


def ways(running_orthanc) -> dict[str, list[str]]:
    return {
        "DICOMweb": ["--dicomweb", running_orthanc.url],
        "C-GET": ["--query-retrieve", running_orthanc.peer],
        "C-MOVE": [
            "--query-retrieve",
            running_orthanc.peer,
            "--scp",
            f"MRI-EDGE@127.0.0.1:{running_orthanc.node}",
        ],
    }


@pytest.mark.parametrize("way", ["DICOMweb", "C-GET", "C-MOVE"])
def test_a_study_in_all_transfer_syntaxes(running_orthanc, study, tmp_path, way):
    uid, count = study
    done = fetch(tmp_path / "spool", *ways(running_orthanc)[way], "--study", uid)
    assert done.returncode == 0, done.stderr
    lines = read(tmp_path / "spool" / RESULTS)
    assert len(lines) == count == 7
    assert {line["verdict"] for line in lines} == {"tumor"}, lines
    assert len(syntaxes(tmp_path / "spool")) == count  # nothing was transcoded
    (judged,) = read(tmp_path / "spool" / STUDIES)
    assert (judged["slices"], judged["version"]) == (count, 1)
    assert "not a medical device" in judged["notice"]
    again = fetch(tmp_path / "spool", *ways(running_orthanc)[way], "--study", uid)
    assert again.returncode == 0, again.stderr
    assert len(read(tmp_path / "spool" / RESULTS)) == count
    assert len(read(tmp_path / "spool" / STUDIES)) == 1


@pytest.mark.parametrize("way", ["DICOMweb", "C-GET"])
def test_since_a_date(running_orthanc, study, tmp_path, way):
    found = fetch(tmp_path / "a", *ways(running_orthanc)[way], "--since", "2026-03-01")
    assert found.returncode == 0, found.stderr
    assert len(read(tmp_path / "a" / RESULTS)) == study[1]
    none = fetch(tmp_path / "b", *ways(running_orthanc)[way], "--since", "2026-03-02")
    assert "has no study since 20260302" in none.stderr
    assert none.returncode == 0
    assert read(tmp_path / "b" / RESULTS) == []


@pytest.mark.parametrize("way", ["DICOMweb", "C-GET", "C-MOVE"])
def test_a_study_that_is_not_there(running_orthanc, tmp_path, way):
    done = fetch(tmp_path / "spool", *ways(running_orthanc)[way], "--study", "1.9.9")
    assert done.returncode == 1
    assert "no MR slice of the study" in done.stderr


@pytest.mark.parametrize("option", ["--dicomweb", "--query-retrieve"])
def test_an_archive_that_is_not_there(tmp_path, option):
    port = free_port()
    where = f"http://127.0.0.1:{port}/x" if option == "--dicomweb" else f"A@127.0.0.1:{port}"
    done = fetch(tmp_path / "spool", option, where, "--study", "1.2")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "refused" in done.stderr


class Cutting(BaseHTTPRequestHandler):
    """DICOMweb services that cut an answer of several slices short, and say that all is well."""

    files: ClassVar[dict[str, bytes]]
    lost: ClassVar[set[str]]

    wanted_secret = ""

    def do_GET(self):
        if self.headers.get("Authorization", "") != self.wanted_secret:
            self.send_error(401)
            return
        place = self.path.partition("?")[0]
        if place.endswith("/series"):
            self.answer(b'[{"0020000E": {"vr": "UI", "Value": ["1.2.5.1"]}}]')
        elif place.endswith("/instances"):
            found = [{"00080018": {"vr": "UI", "Value": [uid]}} for uid in self.files]
            self.answer(json.dumps(found).encode())
        else:
            uid = place.rpartition("/")[2]
            wanted = [uid] if uid in self.files else list(self.files)
            head = b"--X\r\nContent-Type: application/dicom\r\n\r\n"
            parts = [head + self.files[one] + b"\r\n" for one in wanted if one not in self.lost]
            body = b"".join(parts) + b"--X--\r\n"
            if len(wanted) > 1:
                body = body[: len(parts[0]) + len(parts[1]) // 2]
            self.answer(body, 'multipart/related; type="application/dicom"; boundary=X')

    def answer(self, body: bytes, kind: str = "application/dicom+json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("lost", [0, 1])
def test_an_answer_that_is_cut_short_with_status_200(tmp_path, lost):
    files = {
        f"1.2.5.1.{number}": file.read_bytes()
        for number, file in enumerate(write_slices(tmp_path / "in", 4, study="1.2.5"), 1)
    }
    names = {"files": files, "lost": set(list(files)[:lost])}
    handler = type("Handler", (Cutting,), names)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_address[1]}/dicom-web"
        done = fetch(tmp_path / "spool", "--dicomweb", url, "--study", "1.2.5")
        web.shutdown()
    assert len(read(tmp_path / "spool" / RESULTS)) == 4 - lost
    assert done.returncode == (1 if lost else 0), done.stderr
    assert ("1 of 4 slices of the study did not come" in done.stderr) is bool(lost)


@pytest.mark.parametrize("secret", ["", "Basic planted"])
def test_an_archive_with_a_password(tmp_path, monkeypatch, secret):
    if secret:
        monkeypatch.setenv("MRI_EDGE_DICOMWEB_AUTHORIZATION", secret)
    (file,) = write_slices(tmp_path / "in", 1, study="1.2.5")
    names = {"files": {"1.2.5.1.1": file.read_bytes()}, "lost": set()}
    handler = type("Handler", (Cutting,), {**names, "wanted_secret": "Basic planted"})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_address[1]}/dicom-web"
        done = fetch(tmp_path / "spool", "--dicomweb", url, "--study", "1.2.5")
        web.shutdown()
    assert done.returncode == (0 if secret else 1), done.stderr
    assert ("see MRI_EDGE_DICOMWEB_AUTHORIZATION" in done.stderr) is not bool(secret)
    assert "planted" not in done.stderr + done.stdout
