"""Where a DICOM slice lies: of which series it is, and where in it. Its pixels are not read.

Nothing that identifies a patient leaves this module: of the UIDs only hashes do.
"""

import hashlib
import math
import warnings
from dataclasses import dataclass

from edge.errors import MissingSoftwareError
from edge.scan.dicom.elements import has_too_many_items, tags_of
from edge.scan.dicom.header_stream import header_stream
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.dicom.slice import MAX_HEADER_BYTES

_MOST_FRAMES = 10_000
_KEYWORDS = (
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "NumberOfFrames",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
)


@dataclass(frozen=True)
class Place:
    """Where a slice, or one frame of a file, lies in the patient."""

    normal: tuple[float, float, float] | None
    """Of its plane, rounded, unit length; with `along` it is known, or neither is."""
    along: float | None
    """Its position along the normal, mm."""
    number: int | None
    """Its InstanceNumber; of a frame its own number in the file, from 1."""


@dataclass(frozen=True)
class DicomFile:
    """What a DICOM file says of its series."""

    series: str | None
    """Hash of the SeriesInstanceUID; None: it states none, or cannot be read."""
    instance: str | None
    """Hash of the SOPInstanceUID."""
    frames: tuple[Place, ...]
    """One a frame, at least one."""


_NOWHERE = Place(None, None, None)
UNKNOWN = DicomFile(None, None, (_NOWHERE,))
"""Of a file whose header cannot be read. Classifying it tells why."""


def read_place(path: str) -> DicomFile:
    """What a DICOM file says of its series.

    Raises:
        MissingSoftwareError: pydicom is not installed.
    """
    try:
        pydicom = load_pydicom()
    except ImportError:
        raise MissingSoftwareError(
            f"{path}: is a DICOM file, which needs pydicom; run: pip install 'mri-edge[dicom]'",
            "pydicom",
        ) from None
    try:
        with open(path, "rb") as file:
            window = file.read(MAX_HEADER_BYTES)
        stream = header_stream(window, MAX_HEADER_BYTES)
        if has_too_many_items(stream.getvalue()):
            return UNKNOWN
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pydicom.dcmread(
                stream, stop_before_pixels=True, force=True, specific_tags=tags_of(_KEYWORDS)
            )
            return DicomFile(
                _hash(data.get("SeriesInstanceUID")),
                _hash(data.get("SOPInstanceUID")),
                _frames(data),
            )
    except Exception:  # pydicom raises whatever its parsing trips over, quoting values
        return UNKNOWN


def _hash(uid: object) -> str | None:
    return hashlib.sha256(str(uid).encode()).hexdigest()[:16] if uid else None


def _frames(data) -> tuple[Place, ...]:
    count = min(max(1, int(data.get("NumberOfFrames") or 1)), _MOST_FRAMES)
    if count == 1:
        return (_place(data, 0, _integer(data.get("InstanceNumber"))),)
    return tuple(_place(data, index, index + 1) for index in range(count))


def _place(data, index: int, number: int | None) -> Place:
    sources = [data]
    for keyword, start in (
        ("PerFrameFunctionalGroupsSequence", index),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        for group in (data.get(keyword) or [])[start : start + 1]:
            for inner in ("PlanePositionSequence", "PlaneOrientationSequence"):
                sources += (group.get(inner) or [])[:1]
    position = _numbers(sources, "ImagePositionPatient", 3)
    axes = _numbers(sources, "ImageOrientationPatient", 6)
    if position is None or axes is None:
        return Place(None, None, number)
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.hypot(*normal)
    if not length > 0.5:  # row and column are at right angles, each of length 1
        return Place(None, None, number)
    normal = tuple(part / length for part in normal)
    along = sum(one * other for one, other in zip(position, normal, strict=True))
    return Place(tuple(round(part, 2) + 0.0 for part in normal), along, number)


def _numbers(sources: list, keyword: str, count: int) -> tuple[float, ...] | None:
    for source in reversed(sources):  # what stands for the frame itself before what stands on top
        try:
            values = tuple(float(value) for value in source.get(keyword) or ())
        except Exception:  # pydicom parses values when asked, and quotes them in what it raises
            continue
        if len(values) == count and all(map(math.isfinite, values)):
            return values
    return None


def _integer(value: object) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
