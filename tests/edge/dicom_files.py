"""Small DICOM files, generated."""

import io
from itertools import count
from pathlib import Path

import numpy as np

SECRET = "Zzyzx^Patience"
"""Stands in every element that names people or places; must never be seen again."""
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
DEFLATED, RLE = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"
JPEG, JPEG_EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS, JPEG_LS = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"
_numbers = count()
JPEG_2000_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"


def write_dicom(path: Path, values: np.ndarray, *, syntax: str | None = None, **elements) -> Path:
    """Write `values` [rows, columns] or [frames, rows, columns] as an MR image.

    Args:
        syntax: transfer syntax UID; explicit little endian if None.
        elements: set by keyword; None leaves one out.
    """
    data = mr_image(values, syntax=syntax, **elements)
    data.save_as(path, enforce_file_format=True)
    return path


def mr_image(values: np.ndarray, *, syntax: str | None = None, **elements):
    """The Dataset that `write_dicom` writes."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
    uid = generate_uid(entropy_srcs=[f"mri-edge {next(_numbers)}"])  # the same in every run
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = uid
    data.file_meta.TransferSyntaxUID = syntax or ExplicitVRLittleEndian
    for key in ("PatientName", "PatientID", "InstitutionName", "OperatorsName", "StudyDescription"):
        setattr(data, key, SECRET)
    data.PatientComments = data.ImageComments = SECRET
    data.Modality = "MR"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = values.shape[-2:]
    if values.ndim == 3:
        data.NumberOfFrames = len(values)
    data.BitsAllocated = data.BitsStored = values.dtype.itemsize * 8
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(values.dtype.kind == "i")
    big = str(syntax) == BIG
    pixels = values.astype(values.dtype.newbyteorder(">" if big else "<")).tobytes()
    data.PixelData = pixels + b"\0" * (len(pixels) % 2)
    data["PixelData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
    for key, value in elements.items():
        if value is None:
            delattr(data, key)
        else:
            setattr(data, key, value)
    return data


def element(group: int, number: int, vr: bytes, value: bytes, *, implicit=False, order="little"):
    """One element as it stands in a file."""
    head = group.to_bytes(2, order) + number.to_bytes(2, order)
    if implicit:
        return head + len(value).to_bytes(4, order) + value
    if vr in (b"OB", b"OW", b"UN", b"SQ", b"UT"):
        return head + vr + b"\0\0" + len(value).to_bytes(4, order) + value
    return head + vr + len(value).to_bytes(2, order) + value


def write_compressed(
    path: Path, frames: list[bytes], like: np.ndarray, syntax: str, **elements
) -> Path:
    """Write streams that are compressed already.

    Args:
        like: tells rows, columns and bits.
    """
    from pydicom.encaps import encapsulate

    data = mr_image(like, syntax=syntax, **elements)
    if len(frames) > 1:
        data.NumberOfFrames = len(frames)
    data.PixelData = encapsulate(frames)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.save_as(path, enforce_file_format=True)
    return path


def data_set_of(path: Path) -> bytes:
    """What follows a file's meta header."""
    whole = path.read_bytes()
    return whole[144 + int.from_bytes(whole[140:144], "little") :]


def replace_meta_syntax(path: Path, syntax: str) -> Path:
    """Make a file's meta header name another transfer syntax than it is encoded in."""
    import pydicom

    body = data_set_of(path)
    meta = pydicom.filereader.read_file_meta_info(path)
    meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(stream, meta)
    path.write_bytes(bytes(128) + b"DICM" + stream.getvalue() + body)
    return path


def lut(values, first: int, bits: int, *, words: bool = True):
    """An item of a lookup table sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.LUTDescriptor = [len(values) % 65536, first, bits]
    item.LUTData = np.asarray(values).astype("<u2" if words else np.uint8).tobytes()
    return item
