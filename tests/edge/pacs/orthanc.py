"""Orthanc, a real archive, on loopback; and a study whose slices are compressed in many ways."""

import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.edge.pacs.network import free_port, tool, until, write_slices

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


@dataclass(frozen=True)
class Orthanc:
    """A running archive."""

    http: int
    dicom: int
    node: int
    """Where it takes a node of the AE title MRI-EDGE to listen."""

    @property
    def peer(self) -> str:
        return f"ARCHIVE@127.0.0.1:{self.dicom}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}/dicom-web"

    def get(self, path: str) -> bytes:
        with urlopen(f"http://127.0.0.1:{self.http}/{path}", timeout=30) as answer:
            return answer.read()

    def json(self, path: str):
        return json.loads(self.get(path))

    def store(self, *paths: Path) -> None:
        url = f"http://127.0.0.1:{self.http}/instances"
        for path in paths:
            urlopen(Request(url, path.read_bytes(), method="POST"), timeout=30).close()

    def instances(self, modality: str | None = None) -> dict[str, bytes]:
        """All that it has, by UID."""
        found = {}
        for one in self.json("instances?expand"):
            tags = self.json(f"instances/{one['ID']}/simplified-tags")
            if modality is None or tags["Modality"] == modality:
                found[tags["SOPInstanceUID"]] = self.get(f"instances/{one['ID']}/file")
        return found

    def clear(self) -> None:
        for one in self.json("patients"):
            url = f"http://127.0.0.1:{self.http}/patients/{one}"
            with urlopen(Request(url, method="DELETE"), timeout=30):
                pass


@contextmanager
def run_orthanc(folder: Path) -> Iterator[Orthanc]:
    """Run it, with its files in a folder that is there; needs its DICOMweb plugin."""
    archive = Orthanc(free_port(), free_port(), free_port())
    settings = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "HttpPort": archive.http,
        "DicomPort": archive.dicom,
        "DicomAet": "ARCHIVE",
        "DicomCheckCalledAet": True,
        "OverwriteInstances": True,  # what is sent again must be the same to the byte
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomModalities": {"node": ["MRI-EDGE", "127.0.0.1", archive.node]},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [tool("Orthanc"), folder / "orthanc.json"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: process.poll() is not None or _answers(archive), 60)
        assert process.poll() is None, (folder / "log").read_text()
        yield archive
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def running_orthanc(tmp_path_factory):
    if not PLUGIN.exists():
        pytest.skip("Orthanc's DICOMweb plugin is not installed")
    with run_orthanc(tmp_path_factory.mktemp("orthanc")) as archive:
        yield archive


@pytest.fixture
def orthanc(running_orthanc):
    """An empty archive."""
    running_orthanc.clear()
    return running_orthanc


def _answers(archive: Orthanc) -> bool:
    try:
        archive.json("dicom-web/studies")
    except OSError:
        return False
    return True


def compressed_study(folder: Path, study: str) -> dict[str, Path]:
    """One slice in each transfer syntax, by a word for it; dcmtk and Pillow compress."""
    import pydicom
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
