"""Which patient a scan is of, where names, a table or DICOM files tell."""

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from train.data.dicom_origin import patients_of
from train.data.scans import Origin, Scan
from train.errors import NoPatientsError, TrainError

COLUMNS = ("file", "patient")


def from_names(pattern: str, scans: Sequence[Scan]) -> list[str | None]:
    """The patient of each scan by a regular expression searched in its file name.

    The first group is the patient, or the whole match if there is no group. None where the
    expression does not match.

    Raises:
        TrainError: no regular expression, or one that matches no name.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise TrainError(f"--patient-id {pattern}: is no regular expression ({error})") from error
    found = [expression.search(PurePosixPath(scan.path).name) for scan in scans]
    patients = [
        (match and (match[1] if expression.groups else match[0])) or None for match in found
    ]
    if not any(patients):
        raise NoPatientsError(
            f"--patient-id {pattern}: finds a patient in none of {len(scans)} file names, "
            f"{PurePosixPath(scans[0].path).name} for one; its first group, or the whole of it, "
            "must match what is the patient's in a name"
        )
    return patients


def from_csv(table: Path, scans: Sequence[Scan]) -> list[str | None]:
    """The patient of each scan by a CSV with the columns `file` and `patient`.

    A file is named by its path relative to the data folder, or by its bare name. None for scans
    that are not in the table.

    Raises:
        TrainError: the table cannot be read, gives one file two patients, or names no scan.
    """
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TrainError(f"{table}: cannot be read as a CSV ({reason})") from error
    if not rows or any(column not in rows[0] for column in COLUMNS):
        has = ", ".join(filter(None, rows[0])) if rows else "none, or no row below it"
        raise TrainError(
            f"{table}: needs a header with the columns {' and '.join(COLUMNS)}; has {has}"
        )
    patient: dict[str, str] = {}
    for row in rows:
        name, found = ((row[column] or "").strip() for column in COLUMNS)
        if found and patient.setdefault(name, found) != found:
            raise TrainError(f"{table}: gives {name} two patients, {patient[name]} and {found}")
    patients = [
        patient.get(scan.path) or patient.get(PurePosixPath(scan.path).name) for scan in scans
    ]
    if not any(patients):
        raise NoPatientsError(
            f"{table}: names none of the {len(scans)} scans, {scans[0].path} for one; give paths "
            "relative to the data folder, or file names"
        )
    return patients


def from_dicom(
    origins: Sequence[Origin | None], say: Callable[[str], None]
) -> list[str | None] | None:
    """What keeps DICOM scans together, of each: a hash of the patient, else of study or series.

    None where no scan is DICOM.
    """
    if not any(origins):
        return None
    keys, note = patients_of(origins)
    if note:
        say(note)
    return keys if any(keys) else None
