"""Studies of phantoms as DICOM files, with names, numbers and dates planted in every corner."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.edge.dicom_files import mr_image

NAME, ID = "Quillfeather^Ottoline", "PID-7731-XYZ"
BIRTH, STUDY_DATE, TIME, ACCESSION = "19470313", "20260102", "101112", "ACC4711"
REFERRER, STUDY_ID = "Brackwater^Hieronymus", "ST99"
PATIENT_MODULE = (NAME, ID, BIRTH)
"""May stand in what is made for the archive, and nowhere else."""
NOWHERE = (
    *("Snodgrass^Commentary", "Oldham Infirmary", "PRIVATE-Wimbledon", "Thistledown^Operator"),
    *("Ward-Xanadu", "20251231", "Describes-Nobody", "123-456-PHONE"),
)
"""Planted in comments, private tags and elements of type 3: must be seen in nothing made."""


@dataclass(frozen=True)
class Study:
    """Where its files are, and its UIDs."""

    folder: Path
    uid: str
    series: str
    files: tuple[Path, ...]


def write_study(
    folder: Path,
    pixels: list[np.ndarray],
    *,
    root: str = "1.2.826.0.1.3680043.10.1234",
    number: int = 1,
    study: int = 1,
    name: str = NAME,
    patient_id: str = ID,
    first: int = 1,
    syntax: str | None = None,
    **elements,
) -> Study:
    """Write slices as one series. The same arguments make the same UIDs.

    Args:
        number: of the series.
        first: number of the first slice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    study_uid = f"{root}.{study}"
    series = f"{study_uid}.{number}"
    files = []
    for at, values in enumerate(pixels, first):
        data = mr_image(values, syntax=syntax, PatientName=name, PatientID=patient_id)
        for key in ("InstitutionName", "OperatorsName", "StudyDescription", "ImageComments"):
            delattr(data, key)
        data.PatientBirthDate, data.PatientSex = BIRTH, "F"
        data.StudyInstanceUID, data.SeriesInstanceUID = study_uid, series
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{series}.{at}"
        data.StudyDate, data.StudyTime, data.AccessionNumber = STUDY_DATE, TIME, ACCESSION
        data.ReferringPhysicianName, data.StudyID = REFERRER, STUDY_ID
        data.SeriesNumber, data.InstanceNumber = number, at
        data.PatientComments, data.InstitutionName = NOWHERE[0], NOWHERE[1]
        data.OperatorsName, data.PatientAddress = NOWHERE[3], NOWHERE[4]
        data.AcquisitionDate, data.StudyDescription = NOWHERE[5], NOWHERE[6]
        data.PatientTelephoneNumbers = NOWHERE[7]
        data.private_block(0x0011, "MRI EDGE TEST", create=True).add_new(1, "LO", NOWHERE[2])
        data.ImagePositionPatient = [0, 0, 5 * at]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing = [0.9, 0.9]
        data.WindowCenter, data.WindowWidth = 128, 256
        for key, value in elements.items():
            if value is None:
                delattr(data, key)
            else:
                setattr(data, key, value)
        data.file_meta.MediaStorageSOPClassUID = data.get("SOPClassUID")
        path = folder / f"IM{study}-{number}-{at}.dcm"
        data.save_as(path, enforce_file_format=True)
        files.append(path)
    return Study(folder, study_uid, series, tuple(files))


def gradients(*means: int) -> list[np.ndarray]:
    """Slices that the tiny model calls tumor where the mean is above 100."""
    return [
        np.tile(np.linspace(mean - 30, mean + 30, 64), (64, 1)).astype(np.uint8) for mean in means
    ]
