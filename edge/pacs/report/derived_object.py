"""What all objects share that are made for the archive: modules, UIDs, bytes.

A UID is a hash (2.25, PS3.5, B.2) of what the object is made from: the source's UIDs, the model
file's hash and the object's own content. So the same scans and the same model make the same object
again, byte for byte, and an object that differs in anything has another UID, as DICOM demands.
"""

import hashlib
import io
import warnings
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from edge import NOTICE, __version__
from edge.pacs.report.source_image import SourceImage
from edge.pacs.uids import EXPLICIT_LITTLE
from edge.scan.dicom.load_pydicom import load_pydicom

MAKER = "mri-edge"
SCHEME = "99MRIEDGE"
"""Of our own codes: verdicts of research software are no findings of anybody."""
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_IMPLEMENTATION = "2.25.183327411829506617044178427316528101233"


class Made(NamedTuple):
    """An object for the archive."""

    uid: str
    sop_class: str
    data: bytes
    """The whole file, with its meta header."""


class Author(NamedTuple):
    """The model that an object is the work of."""

    model: str
    """Name and precision."""
    payload_sha256: str
    file_sha256: str
    """Of the whole file, with the thresholds."""


def derived_uid(*parts: str) -> str:
    """A UID that the same parts always make, and no others."""
    text = "\0".join((MAKER, *parts)).encode()
    return f"2.25.{UUID(bytes=hashlib.sha256(text).digest()[:16], version=5).int}"


def plain(text: str) -> str:
    """A text of ours in letters that every character set has; a backslash would divide it."""
    return "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in text)


def begin(
    source: SourceImage, author: Author, kind: str, modality: str, series_number: int, title: str
):
    """A Dataset with the modules that every object has, without its own UIDs.

    Args:
        kind: of the series: objects of one kind, study and model are in one.
    """
    load_pydicom()
    from pydicom.dataelem import RawDataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import Tag

    data = Dataset()
    if any(source.character_set):
        data.SpecificCharacterSet = list(source.character_set)
    for tag, vr, value in source.copied:
        value += b" " * (len(value) % 2)
        # Raw, so that the bytes are those of the source, whatever its character set.
        data[Tag(tag)] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)
    data.StudyInstanceUID = source.study
    data.SeriesInstanceUID = derived_uid("series", kind, source.study, author.file_sha256)
    data.SeriesNumber, data.SeriesDescription = series_number, title
    data.Modality = modality
    data.Manufacturer, data.ManufacturerModelName = MAKER, plain(author.model)[:64]
    data.SoftwareVersions = __version__
    data.DeviceSerialNumber = author.payload_sha256
    return data


def finish(data, sop_class: str) -> str:
    """Give an object its UID, made of all that is in it; returns the UID."""
    data.SOPClassUID = sop_class
    content = hashlib.sha256()
    pixels = data.pop("PixelData", None)
    content.update(_encoded(data))
    if pixels is not None:  # by themselves: without another copy of them
        content.update(pixels.value)
        data.add(pixels)
    data.SOPInstanceUID = derived_uid("instance", data.SeriesInstanceUID, content.hexdigest())
    return str(data.SOPInstanceUID)


def as_file(data) -> Made:
    """The bytes of an object that has its UID."""
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = EXPLICIT_LITTLE
    meta.ImplementationClassUID = _IMPLEMENTATION
    meta.ImplementationVersionName = f"mri-edge {__version__}"[:16]
    data.file_meta = meta
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the source's values, which they would quote
        data.save_as(stream, enforce_file_format=True)
    return Made(str(data.SOPInstanceUID), str(data.SOPClassUID), stream.getvalue())


def code(value: str, scheme: str, meaning: str):
    """A code as an item of a sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def own_scheme():
    """What our own codes are, for the objects that use them."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = f"Verdicts of {MAKER}. {NOTICE}"
    return item


def reference(source: SourceImage, frames: Iterable[int] = ()):
    """A reference to a source image, or to some of its frames, as an item of a sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = source.sop_class
    item.ReferencedSOPInstanceUID = source.instance
    frames = sorted(frames)
    if frames:
        item.ReferencedFrameNumber = frames if len(frames) > 1 else frames[0]
    return item


def _encoded(data) -> bytes:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_dataset(stream, data)
    return stream.getvalue()
