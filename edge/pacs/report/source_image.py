"""What a derived object must state of the image it was made from, and nothing else of it.

DICOM demands the patient and the study module in every object, equal to those of the source
(PS3.3, C.7.1 and C.7.2). Only their elements of type 1 and 2 are read, and the issuer without which
a patient's ID is none. Their bytes are copied as they stand, in the source's character set, and go
into objects for the archive: into no message, no log and no file name.
"""

import re
import warnings
from typing import NamedTuple

from edge.console.network_types import is_uid
from edge.files.regular_file import open_regular
from edge.scan.dicom.elements import has_too_many_items
from edge.scan.dicom.header_stream import header_stream
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.dicom.slice import MAX_HEADER_BYTES

_DATE, _TIME = re.compile(rb"\d{8}"), re.compile(rb"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")
_LONGEST = 400
"""Bytes of a value that is copied: a name may have 64 characters in each of three scripts."""
_CHARACTER_SET = re.compile(r"[A-Z0-9 _]{0,16}")


class Copied(NamedTuple):
    """One element as it stands in the source."""

    tag: int
    vr: str
    value: bytes


PATIENT = (
    (0x00100010, "PN"),  # PatientName
    (0x00100020, "LO"),  # PatientID
    (0x00100021, "LO"),  # IssuerOfPatientID
    (0x00100030, "DA"),  # PatientBirthDate
    (0x00100040, "CS"),  # PatientSex
)
STUDY = (
    (0x00080020, "DA"),  # StudyDate
    (0x00080030, "TM"),  # StudyTime
    (0x00080050, "SH"),  # AccessionNumber
    (0x00080090, "PN"),  # ReferringPhysicianName
    (0x00200010, "SH"),  # StudyID
)
_OPTIONAL = 0x00100021
_KEYS = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "InstanceNumber",
    "Modality",
    "NumberOfFrames",
    "LossyImageCompression",
]


class SourceImage(NamedTuple):
    """One file that a slice was read from, as the archive knows it."""

    study: str
    series: str
    instance: str
    sop_class: str
    is_mr: bool
    """By its modality. Others are no scans of ours, nor are the objects that this package makes."""
    number: int | None
    """Its InstanceNumber."""
    frames: int
    lossy: bool
    """Whether it was compressed with loss, ever: then what is made of it was, too."""
    character_set: tuple[str, ...]
    copied: tuple[Copied, ...]
    """The patient and study module."""

    @property
    def patient(self) -> tuple[tuple[int, bytes], ...]:
        """What tells one patient from another; to be compared, never to be shown."""
        tags = {tag for tag, _ in PATIENT}
        return tuple((c.tag, c.value.rstrip(b" ^\0").upper()) for c in self.copied if c.tag in tags)


def read_source(path: str) -> SourceImage | None:
    """What the archive knows of a slice; None if it is no DICOM file, or no study's.

    No pixels are read.
    """
    try:
        pydicom = load_pydicom()
        with open_regular(path) as file:
            window = file.read(MAX_HEADER_BYTES)
        stream = header_stream(window, MAX_HEADER_BYTES)
        if has_too_many_items(stream.getvalue()):
            return None
        tags = [*_KEYS, *(tag for tag, _ in (*PATIENT, *STUDY))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=tags)
            return _source(data)
    except Exception:  # pydicom raises whatever its parsing trips over, quoting values
        return None


def _source(data) -> SourceImage | None:
    uids = [
        str(data.get(key) or "")
        for key in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
    ]
    if not all(map(is_uid, uids)):
        return None
    number = str(data.get("InstanceNumber", "")).strip()
    return SourceImage(
        *uids,
        data.get("Modality") == "MR",
        int(number) if re.fullmatch(r"-?\d{1,9}", number) else None,
        max(1, int(data.get("NumberOfFrames") or 1)),
        data.get("LossyImageCompression") == "01",
        _character_set(data.get("SpecificCharacterSet")),
        tuple(_copied(data)),
    )


def _copied(data):
    for tag, vr in (*PATIENT, *STUDY):
        element = data.get_item(tag)
        value = getattr(element, "value", None) if element is not None else None
        if value is None:
            value = b""
        elif not isinstance(value, bytes):
            # pydicom has decoded it: back, as it was.
            value = data[tag].value
            value = value.encode() if hasattr(value, "encode") else str(value).encode()
        value = value.strip(b"\0 ") if vr != "PN" else value.rstrip(b"\0 ")
        if len(value) > _LONGEST or not _is_valid(vr, value):
            value = b""
        if value or tag != _OPTIONAL:
            yield Copied(tag, vr, value)


def _is_valid(vr: str, value: bytes) -> bool:
    """Whether it may stand in an object of ours: an archive refuses what is no date."""
    if not value:
        return True
    if vr == "DA":
        return bool(_DATE.fullmatch(value))
    if vr == "TM":
        return bool(_TIME.fullmatch(value))
    if vr == "CS":
        return value in (b"M", b"F", b"O")
    return b"\\" not in value or vr == "PN"


def _character_set(value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else list(value or ())
    found = tuple(str(one) for one in values)
    return found if all(map(_CHARACTER_SET.fullmatch, found)) else ()
