"""Send results on phantoms into a real Orthanc, and take pictures of Orthanc's own pages.

    python docs/scripts/archive_screenshot.py docs/how-to

writes archive-study.png (what Orthanc lists of the study) and archive-heat-map.png (a secondary
capture as Orthanc renders it). Needs Orthanc with its DICOMweb plugin, chromium, and the extra
`pacs`. All of it runs on the loopback address, and no pixel is anybody's.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.edge.dicom_files import mr_image
from tests.edge.pacs.orthanc import run_orthanc
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
        with run_orthanc(work) as archive:
            archive.store(*sorted((work / "study").iterdir()))
            command = ["--series", work / "study", "--send-results", archive.peer]
            command += ["--queue", work / "q"]
            subprocess.run([sys.executable, "-m", "edge", *command], check=True)
            (study,) = archive.json("studies")
            page = f"http://127.0.0.1:{archive.http}/app/explorer.html#study?uuid={study}"
            _photograph(page, out / "archive-study.png", work, "1100,760")
            for series in archive.json("series?expand"):
                if series["MainDicomTags"]["Modality"] == "OT":
                    image = archive.get(f"instances/{series['Instances'][0]}/preview")
                    (out / "archive-heat-map.png").write_bytes(image)


def write_study(folder: Path) -> None:
    """Phantoms as one series of MR images."""
    folder.mkdir()
    no_secrets = dict.fromkeys(
        ("InstitutionName", "OperatorsName", "PatientComments", "ImageComments")
    )
    for at, (seed, lesion) in enumerate(_SLICES, 1):
        uid = f"{_STUDY}.1.{at}"
        data = mr_image(
            make_phantom(seed, lesion).pixels,
            SOPInstanceUID=uid,
            StudyInstanceUID=_STUDY,
            SeriesInstanceUID=f"{_STUDY}.1",
            PatientName="Phantom^Made up",
            PatientID="PHANTOM-1",
            PatientBirthDate="",
            PatientSex="",
            ReferringPhysicianName="",
            StudyDate="20260101",
            StudyTime="120000",
            StudyID="1",
            AccessionNumber="",
            StudyDescription="Generated phantoms",
            SeriesNumber=1,
            InstanceNumber=at,
            SeriesDescription="Axial, generated",
            ImagePositionPatient=[0, 0, 5 * at],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            PixelSpacing=[0.9, 0.9],
            WindowCenter=128,
            WindowWidth=256,
            **no_secrets,
        )
        data.file_meta.MediaStorageSOPInstanceUID = uid
        data.save_as(folder / f"IM{at}.dcm", enforce_file_format=True)


def _photograph(url: str, file: Path, work: Path, size: str) -> None:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={work / 'chromium'}", f"--window-size={size}"]
    command += ["--virtual-time-budget=10000", f"--screenshot={file.absolute()}", url]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main()
