"""Names, numbers and dates that are planted everywhere are looked for in all that leaves."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.edge.pacs import studies
from tests.edge.pacs.network import store, until
from tests.edge.pacs.objects import SC, SR
from tests.edge.pacs.studies import gradients, write_study

pytest.importorskip("pynetdicom")

_IN_OBJECTS_ALONE = (
    *(studies.NAME, studies.ID, studies.BIRTH, studies.STUDY_DATE, studies.ACCESSION),
    *(
        studies.REFERRER,
        studies.STUDY_ID,
        "Quillfeather",
        "Ottoline",
        "1.2.826.0.1.3680043.10.1234",
    ),
)
_FILE = "Wintergreen-Filename"
"""In the names of files, which results and messages may show, and objects may not."""
_SECRET = "Basic VmVyeSBTZWNyZXQ="


class Tap:
    """Passes bytes on to a port, and keeps all that went there."""

    def __init__(self, port: int):
        self.sent, self._target = bytearray(), port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, kept in ((near, far, self.sent), (far, near, bytearray())):
                threading.Thread(target=self._pass, args=(source, sink, kept), daemon=True).start()

    @staticmethod
    def _pass(source, sink, kept):
        while data := source.recv(1 << 16):
            kept += data
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    def close(self):
        self._server.close()


@pytest.fixture
def planted(tmp_path):
    study = write_study(tmp_path / _FILE, gradients(60, 180, 190, 100))
    for file in study.files:
        file.rename(file.with_name(f"{_FILE}-{file.name}"))
    files = tuple(file.with_name(f"{_FILE}-{file.name}") for file in study.files)
    return studies.Study(study.folder, study.uid, study.series, files)


def run(any_model, tmp_path, *arguments, paths=()):
    environment = {**os.environ, "HOME": str(tmp_path), "MRI_EDGE_DICOMWEB_AUTHORIZATION": _SECRET}
    series = ["--series", "--model", any_model] if paths else []
    return subprocess.run(
        [sys.executable, "-m", "edge", *paths, *series, *arguments, "--queue", tmp_path / "queue"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def written(folder: Path, apart: Path) -> dict[Path, bytes]:
    """All files that were written, and their names."""
    return {
        path: path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if apart not in (path, *path.parents)
    }


@pytest.mark.parametrize("how", ["send_results", "stow"])
def test_what_was_planted_is_in_objects_alone(any_model, planted, tmp_path, orthanc, how):
    dicom = how == "send_results"
    tap = Tap(orthanc.dicom if dicom else orthanc.http)
    where = f"ARCHIVE@127.0.0.1:{tap.port}" if dicom else f"http://127.0.0.1:{tap.port}/dicom-web"
    option = "--send-results" if dicom else "--stow"
    done = run(any_model, tmp_path, option, where, "--format", "text", paths=[planted.folder])
    tap.close()
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    for text in (*_IN_OBJECTS_ALONE, *studies.NOWHERE, _SECRET):
        assert text not in said
    for path, data in written(tmp_path, planted.folder).items():
        if path == any_model:
            continue
        for text in (*_IN_OBJECTS_ALONE, *studies.NOWHERE, _SECRET, _FILE):
            assert text not in str(path.relative_to(tmp_path))
            assert text.encode() not in data
    sent = bytes(tap.sent)
    for text in (*studies.NOWHERE, _FILE, socket.gethostname()):
        assert text.encode() not in sent, text
    # It would have been seen: what the standard demands was sent in each object.
    objects = [*orthanc.instances("SR").values(), *orthanc.instances("OT").values()]
    assert len(objects) >= 3
    assert sent.count(studies.NAME.encode()) == len(objects)
    for data in objects:
        one = pydicom.dcmread(pydicom.filebase.DicomBytesIO(data))
        assert (one.PatientName, one.PatientID) == (studies.NAME, studies.ID)


def test_what_waits_holds_it_in_objects_alone(any_model, planted, tmp_path):
    """Nobody listens: all stays in the queue."""
    queue = tmp_path / "queue"
    where = ["--send-results", "ARCHIVE@127.0.0.1:9", "--queue", queue]
    what = [planted.folder, "--series", "--model", any_model]
    done = subprocess.Popen(
        [sys.executable, "-m", "edge", *what, *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [done.stderr.readline()]
    done.kill()
    out, err = done.communicate()
    said = "".join(lines) + out + err
    assert "cannot be reached" in said
    waiting = [pydicom.dcmread(path) for path in (queue / "waiting").iterdir()]
    assert {one.SOPClassUID for one in waiting} == {SR, SC}
    for path in queue.rglob("*"):
        name = str(path.relative_to(tmp_path))
        assert not [text for text in (*_IN_OBJECTS_ALONE, *studies.NOWHERE) if text in name + said]
        if path.is_file():
            data = path.read_bytes()
            assert not [text for text in (*studies.NOWHERE, _FILE) if text.encode() in data]
            if path.suffix != ".dcm":
                assert not [text for text in _IN_OBJECTS_ALONE if text.encode() in data]


def test_the_pixels_do_not_show_the_name_of_a_file(classifier, tmp_path):
    from tests.edge.pacs.objects import of_class, queued

    study = write_study(tmp_path / "in", gradients(180))
    (one,) = of_class(queued(classifier, tmp_path / "queue", study), SC)
    other = study.files[0].rename(study.folder / "Another^Name")
    renamed = studies.Study(study.folder, study.uid, study.series, (other,))
    (two,) = of_class(queued(classifier, tmp_path / "other", renamed), SC)
    assert np.array_equal(one.pixel_array, two.pixel_array)
    assert one.SOPInstanceUID == two.SOPInstanceUID


def test_a_damaged_file_is_not_quoted(any_model, planted, tmp_path, orthanc):
    """Messages name the file and the fault, never a value from the file."""
    for file in planted.folder.iterdir():
        whole = file.read_bytes()
        file.write_bytes(whole.replace(studies.BIRTH.encode(), b"1947-3-9").replace(b"PN", b"PX"))
    done = run(any_model, tmp_path, "--stow", orthanc.url, paths=[planted.folder])
    for text in (*_IN_OBJECTS_ALONE, *studies.NOWHERE, "1947-3-9", "Traceback"):
        assert text not in done.stdout + done.stderr


_ROOT_OF_UIDS = "1.2.826.0.1.3680043.10.1234"
"""In names of files of a spool, which are UIDs, and so in its results."""
_NOT_TOLD = [text for text in _IN_OBJECTS_ALONE if text != _ROOT_OF_UIDS]


def check_a_node(tmp_path: Path, orthanc, sent: bytes, planted, said: str, own: int):
    """All that a node said, wrote and sent.

    Args:
        own: how many objects it made.
    """
    for text in (*_NOT_TOLD, *studies.NOWHERE, _SECRET, _FILE):
        assert text not in said, text
    kept = {"spool": 0, "queue": 0}
    for path, data in written(tmp_path, planted.folder).items():
        place = path.relative_to(tmp_path)
        assert not [text for text in (*_NOT_TOLD, *studies.NOWHERE, _FILE) if text in str(place)]
        if path.suffix == ".dcm" and "spool" in place.parts:
            kept["spool"] += 1
            continue  # what the scanner wrote, as it came
        if path.suffix in (".tflite", ".onnx"):
            continue
        kept["queue"] += path.suffix == ".dcm"
        for text in (*_NOT_TOLD, *studies.NOWHERE, _FILE):
            assert text.encode() not in data, (place, text)
    assert kept == {"spool": len(planted.files), "queue": 0}
    for text in (*studies.NOWHERE, _FILE, socket.gethostname()):
        assert text.encode() not in sent, text
    made = [*orthanc.instances("SR").values(), *orthanc.instances("OT").values()]
    assert len(made) == own
    # What was under way when a command ended its sender is sent again, the same to the byte.
    assert sent.count(studies.NAME.encode()) >= own


@pytest.mark.parametrize("how", ["send_results", "stow"])
def test_a_node_tells_and_sends_what_it_must(node, planted, tmp_path, orthanc, how):
    dicom = how == "send_results"
    tap = Tap(orthanc.dicom if dicom else orthanc.http)
    where = f"ARCHIVE@127.0.0.1:{tap.port}" if dicom else f"http://127.0.0.1:{tap.port}/dicom-web"
    queue = ("--queue", str(tmp_path / "queue"), "--settle", "0.5")
    one = node("--send-results" if dicom else "--stow", where, *queue)
    store(one.port, *planted.files)
    until(one.studies)
    until(lambda: not list((tmp_path / "queue" / "waiting").iterdir()))
    one.stop()
    tap.close()
    said = one.said() + Path(f"{one.log}.out").read_text()
    check_a_node(tmp_path, orthanc, bytes(tap.sent), planted, said, 4)


@pytest.mark.parametrize("how", ["--dicomweb", "--query-retrieve"])
def test_an_archive_that_is_asked(any_model, planted, tmp_path, orthanc, how):
    """Only the UID is asked for, and only what the standard demands goes back."""
    for file in planted.files:
        orthanc.store(file)
    asked, back = Tap(orthanc.http if how == "--dicomweb" else orthanc.dicom), Tap(orthanc.http)
    source = f"ARCHIVE@127.0.0.1:{asked.port}"
    if how == "--dicomweb":
        source = f"http://127.0.0.1:{asked.port}/dicom-web"
    done = run(
        any_model,
        tmp_path,
        *(how, source, "--study", planted.uid, "--spool", tmp_path / "spool"),
        *("--stow", f"http://127.0.0.1:{back.port}/dicom-web", "--model", any_model),
    )
    asked.close()
    back.close()
    assert done.returncode == 0, done.stderr
    check_a_node(tmp_path, orthanc, bytes(back.sent), planted, done.stdout + done.stderr, 4)
    question = bytes(asked.sent)
    for text in (*_NOT_TOLD, *studies.NOWHERE, _FILE, socket.gethostname()):
        assert text.encode() not in question, text
