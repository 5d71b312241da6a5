"""Whose scan a DICOM file holds, and of which series: told by hashes, which is all that is kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from edge.files.regular_file import open_regular
from edge.scan.dicom.header_stream import header_stream
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.dicom.slice import MAX_HEADER_BYTES
from train.data.scans import Origin

_TAGS = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]


def origin_of(file: Path) -> Origin | None:
    """What a DICOM file says of its patient, study and series; None where nothing can be read."""
    dcmread = load_pydicom().dcmread

    try:
        with open_regular(file) as opened:
            window = opened.read(MAX_HEADER_BYTES)
        stream = header_stream(window, MAX_HEADER_BYTES)
        data = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=_TAGS)
        patient, study, series, instance = (str(data.get(tag) or "").strip() for tag in _TAGS)
    except Exception:  # pydicom raises whatever its parsing trips over, quoting values
        return None
    return Origin(_hash(patient), _hash(study), _hash(series), instance or None)


def _hash(text: str) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def patients_of(origins: Sequence[Origin | None]) -> tuple[list[str | None], str | None]:
    """What keeps scans together, of each: the patient, else the study, else the series.

    One patient's name for several studies of otherwise different people is what anonymizing
    programs leave. If it is the only one, the study counts in its place.

    Returns:
        A hash of each scan, None where nothing is known; and what the user should know.
    """
    keys, studies = _keys(origins)
    if _is_one(keys):
        return [None] * len(keys), (
            f"all {len(keys)} scans are of one patient, as their files say: no patient can be held "
            "out, so every figure may be too good; name patients with --patient-csv if they differ"
        )
    note = None
    if studies:
        note = (
            f"all DICOM files have the same PatientID in {studies} studies: taken for what "
            "anonymizing left, so studies are kept together; name patients with --patient-csv"
        )
    return keys, note


def of_one_patient(origins: Sequence[Origin | None]) -> bool:
    """Whether all scans are DICOM and name one patient, so that none can be held out."""
    return _is_one(_keys(origins)[0])


def _is_one(keys: list[str | None]) -> bool:
    return len(set(keys)) == 1 and len(keys) > 1 and bool(keys[0])


def _keys(origins: Sequence[Origin | None]) -> tuple[list[str | None], int]:
    """What keeps each scan with others; and how many studies stand in for one patient, or 0."""
    known = [one for one in origins if one is not None]
    ids = {one.patient for one in known if one.patient}
    studies = {one.study for one in known if one.study}
    placeholder = len(ids) == 1 and len(studies) > 1
    keys = [
        one and ((None if placeholder else one.patient) or one.study or one.series)
        for one in origins
    ]
    return keys, len(studies) if placeholder else 0
