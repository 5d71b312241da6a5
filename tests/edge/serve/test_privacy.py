"""Nothing of a patient, nor of a file's name, in what the server says, answers or writes."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from tests.edge.serve.conftest import SAMPLE, start

pytest.importorskip("psutil")
pydicom = pytest.importorskip("pydicom")

PLANTED = {
    "PatientName": "Zzyzx^Patience",
    "PatientID": "QX7731-9",
    "PatientBirthDate": "19430217",
    "ImageComments": "Wuthering comment",
    "InstitutionName": "Saint Elsewhere",
    "AccessionNumber": "ACC55831",
}
NAME = "Kowalczyk_Apolonia.dcm"
SECRETS = [*PLANTED.values(), "Kowalczyk", "1943-02-17", "Private secret", "Zzyzx"]


def planted(folder):
    from tests.edge.dicom_files import write_dicom

    path = folder / NAME
    picture = np.tile(np.linspace(0, 2000, 64), (64, 1)).astype(np.uint16)
    write_dicom(path, picture)
    data = pydicom.dcmread(path)
    for keyword, value in PLANTED.items():
        setattr(data, keyword, value)
    data.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.7731"
    block = data.private_block(0x0029, "Private secret", create=True)
    block.add_new(0x01, "LO", "Private secret")
    data.save_as(path)
    return path


def variants(path):
    """The file, and what is damaged in it: messages quote what they trip over."""
    whole = path.read_bytes()
    yield whole
    yield whole[:-100]
    yield whole[:400]
    yield whole.replace(b"US", b"DS")
    yield whole.replace(b"ISO_IR", b"Zzyzx^")
    for secret in PLANTED.values():
        yield whole.replace(b"1.2.840.10008.1.2", secret.encode()[:17].ljust(17))
    comment = b"\x89PNG\r\n\x1a\n" + b"Zzyzx^Patience" * 20
    yield comment


def test_nothing_of_a_patient_is_said(tmp_path):
    server = start(tmp_path, "--jobs", "1")
    found = []
    for body in variants(planted(tmp_path)):
        for query in ("", "?pictures=1", "?frame=2"):
            headers = {"X-File-Name": NAME, "User-Agent": "Kowalczyk", "Referer": f"file:///{NAME}"}
            _, answered, text = server.ask("POST", f"/v1/classify{query}", body, headers)
            found += [str(answered), text.decode("latin-1")]
    for path in (f"/{NAME}", f"/v1/{NAME}", f"/v1/classify?{NAME}", f"/v1/classify?frame={NAME}"):
        for method in ("GET", "POST"):
            _, answered, text = server.ask(method, path, b"x" if method == "POST" else None)
            found += [str(answered), text.decode()]
    found.append(server.raw(f"GET /{NAME} HTTP/1.1\r\nKowalczyk\r\n\r\n".encode()).decode())
    for path in ("/metrics", "/healthz", "/v1/model"):
        found.append(server.ask("GET", path)[2].decode())
    status, said = server.end()
    found.append(said)
    assert status == 0
    # A picture is base64, in which a short word may stand by chance.
    text = re.sub(r"base64,[\w+/=]+", "", "\n".join(found))
    assert '"verdict"' in text
    assert "1.2.826" not in text
    assert [secret for secret in SECRETS if secret.lower() in text.lower()] == []
    assert len(said.splitlines()) == 2, said  # that it serves, and that it has stopped


def test_nothing_is_written(tmp_path):
    """Every call that opens, makes or renames a file, of all its processes, while scans come."""
    if not shutil.which("strace"):
        pytest.skip("no strace (apt-get install strace)")
    server = start(tmp_path, "--jobs", "1")
    server.ask("POST", "/v1/classify?pictures=1", SAMPLE.read_bytes())
    log = tmp_path / "calls"
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-o", log, "-e", "trace=%file,socket,connect,memfd_create", "-p"]
        + [str(server.process.pid)]
        + [word for child in children(server.process.pid) for word in ("-p", str(child))],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        import time

        time.sleep(1)
        for body in [SAMPLE.read_bytes(), b"nothing", planted(tmp_path).read_bytes()]:
            server.ask("POST", "/v1/classify?pictures=1", body)
        time.sleep(0.5)
    finally:
        tracer.terminate()
        said = tracer.communicate()[1]
        server.end()
    if "ptrace" in said:
        pytest.skip(f"strace may not attach: {said.strip()[:200]}")
    calls = log.read_text()
    assert "memfd_create" in calls
    written = [
        line
        for line in calls.splitlines()
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|rename|mkdir|unlink|symlink|connect\(", line)
        and "ENOENT" not in line
    ]
    assert not [line for line in written if "__pycache__" not in line], written


def children(pid):
    import psutil

    return [one.pid for one in psutil.Process(pid).children(recursive=True)]
