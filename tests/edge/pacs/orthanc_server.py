"""Orthanc, a real archive, on loopback; and a study whose slices are compressed in many ways."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.edge.pacs.network import free_port, tool, until, write_slices

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Server:
    """A running archive."""

    http: int
    dicom: int
    node: int
    """Where it takes a node of the AE title MRI-EDGE to listen."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    @property
    def peer(self) -> str:
        return f"ORTHANC@127.0.0.1:{self.dicom}"

    def request(self, method: str, path: str, data: bytes | None = None):
        asked = Request(f"http://127.0.0.1:{self.http}/{path}", data, method=method)
        with urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def put(self, files) -> None:
        for file in files:
            self.request("POST", "instances", file.read_bytes())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = tool("Orthanc")
    if not PLUGIN.exists():
        pytest.skip("orthanc-dicomweb is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    found = Server(free_port(), free_port(), free_port())
    (folder / "orthanc.json").write_text(
        json.dumps(
            {
                "Name": "test",
                "StorageDirectory": str(folder / "db"),
                "IndexDirectory": str(folder / "db"),
                "HttpPort": found.http,
                "DicomPort": found.dicom,
                "DicomAet": "ORTHANC",
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "Plugins": [str(PLUGIN)],
                "DicomModalities": {"node": ["MRI-EDGE", "127.0.0.1", found.node]},
                "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            }
        )
    )
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=log, stderr=log, cwd=folder
        )
    try:
        until(lambda: _answers(found), 60)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def _answers(found: Server) -> bool:
    try:
        found.request("GET", "dicom-web/studies")
    except OSError:
        return False
    return True


def compressed_study(folder: Path, study: str) -> dict[str, Path]:
    """One slice in each transfer syntax, by a word for it; dcmtk and Pillow compress."""
    from PIL import Image

    from tests.edge.dicom_files import JPEG_2000_LOSSLESS, write_compressed

    kinds = {
        "plain": None,
        "JPEG": [tool("dcmcjpeg"), "+eb"],
        "JPEG lossless": [tool("dcmcjpeg"), "+e1"],
        "JPEG-LS": [tool("dcmcjpls"), "+el"],
        "RLE": [tool("dcmcrle")],
        "deflated": [tool("dcmconv"), "+td"],
    }
    plain = write_slices(folder / "plain", len(kinds) + 1, study=study, StudyDate="20260301")
    made = {}
    for file, (name, command) in zip(plain, kinds.items(), strict=False):
        target = folder / f"{file.stem}.{name.replace(' ', '-')}.dcm"
        if command is None:
            target = file
        else:
            subprocess.run([*command, file, target], check=True)
        made[name] = target
    import io

    import pydicom

    last = pydicom.dcmread(plain[-1])
    stream = io.BytesIO()
    Image.fromarray(last.pixel_array).save(stream, "JPEG2000", no_jp2=True, irreversible=False)
    made["JPEG 2000"] = write_compressed(
        folder / "last.j2k.dcm",
        [stream.getvalue()],
        last.pixel_array,
        JPEG_2000_LOSSLESS,
        StudyInstanceUID=study,
        SeriesInstanceUID=f"{study}.1",
        SOPInstanceUID=str(last.SOPInstanceUID),
        StudyDate="20260301",
    )
    return made
