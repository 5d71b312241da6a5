"""Send results on phantoms into a real Orthanc, and take pictures of Orthanc's own pages.

    python docs/scripts/archive_screenshot.py docs/how-to

writes archive-study.png (what Orthanc lists of the study) and archive-heat-map.png (a secondary
capture as Orthanc renders it). Needs Orthanc, chromium, and the extra `pacs`; everything runs on
the loopback address, and no pixel is anybody's.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from train.phantom.make import make_phantom

_SLICES = ((11, False), (12, True), (13, True), (14, False), (15, True), (16, False))
"""Seeds, and whether there is a lesion."""
_STUDY = "1.2.826.0.1.3680043.10.1234.77"


def main() -> None:
    """Run it all in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the pictures")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_study(work / "study")
        http, dicom = _free_port(), _free_port()
        settings = {
            "Name": "Test archive",
            "StorageDirectory": str(work / "store"),
            "IndexDirectory": str(work / "store"),
            "HttpPort": http,
            "DicomPort": dicom,
            "DicomAet": "ARCHIVE",
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
        }
        (work / "orthanc.json").write_text(json.dumps(settings))
        program = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
        with (work / "log").open("wb") as log:
            archive = subprocess.Popen([program, work / "orthanc.json"], stdout=log, stderr=log)
        try:
            _wait_for(http)
            for file in sorted((work / "study").iterdir()):
                url = f"http://127.0.0.1:{http}/instances"
                urlopen(Request(url, file.read_bytes(), method="POST"), timeout=30).close()
            peer = f"ARCHIVE@127.0.0.1:{dicom}"
            command = ["--series", work / "study", "--send-results", peer, "--queue", work / "q"]
            subprocess.run([sys.executable, "-m", "edge", *command], check=True)
            (study,) = _get(http, "studies")
            page = f"http://127.0.0.1:{http}/app/explorer.html#study?uuid={study}"
            _photograph(page, out / "archive-study.png", work, "1100,760")
            for series in _get(http, "series?expand"):
                if series["MainDicomTags"]["Modality"] == "OT":
                    image = series["Instances"][0]
                    with urlopen(f"http://127.0.0.1:{http}/instances/{image}/preview") as answer:
                        (out / "archive-heat-map.png").write_bytes(answer.read())
        finally:
            archive.terminate()
            archive.wait(20)


def write_study(folder: Path) -> None:
    """Phantoms as one series of MR images."""
    folder.mkdir()
    for at, (seed, lesion) in enumerate(_SLICES, 1):
        pixels = make_phantom(seed, lesion).pixels
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
        uid = f"{_STUDY}.1.{at}"
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = uid
        data.StudyInstanceUID, data.SeriesInstanceUID = _STUDY, f"{_STUDY}.1"
        data.PatientName, data.PatientID = "Phantom^Made up", "PHANTOM-1"
        data.PatientBirthDate = data.PatientSex = data.ReferringPhysicianName = ""
        data.StudyDate, data.StudyTime, data.StudyID = "20260101", "120000", "1"
        data.AccessionNumber, data.StudyDescription = "", "Generated phantoms"
        data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, at
        data.SeriesDescription = "Axial, generated"
        data.ImagePositionPatient = [0, 0, 5 * at]
        data.ImageOrientationPatient, data.PixelSpacing = [1, 0, 0, 0, 1, 0], [0.9, 0.9]
        data.Rows, data.Columns = pixels.shape
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated = data.BitsStored = 8
        data.HighBit, data.PixelRepresentation = 7, 0
        data.WindowCenter, data.WindowWidth = 128, 256
        data.PixelData = pixels.tobytes()
        data["PixelData"].VR = "OB"
        data.save_as(folder / f"IM{at}.dcm", enforce_file_format=True)


def _photograph(url: str, file: Path, work: Path, size: str) -> None:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={work / 'chromium'}", f"--window-size={size}"]
    command += ["--virtual-time-budget=10000", f"--screenshot={file.absolute()}", url]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _get(port: int, path: str):
    with urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
        return json.load(answer)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            _get(port, "system")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Orthanc did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


if __name__ == "__main__":
    main()
