"""A pydicom Dataset as the bytes of a file, so that it is read as the file would be."""

import io

from edge.errors import ImageError

_NATIVE = {
    "1.2.840.10008.1.2": (True, True),
    "1.2.840.10008.1.2.1": (False, True),
    "1.2.840.10008.1.2.2": (False, False),
}
"""Whether implicit, and whether little-endian, by transfer syntax."""


def as_file(data) -> io.BytesIO:
    """The Dataset written as DICOM.

    Args:
        data: read or made with pydicom; with its `file_meta`, or with the encoding that it was
            read in.

    Raises:
        ImageError: pydicom cannot write it.
    """
    for write in _writers(data):
        stream = io.BytesIO()
        try:
            write(stream)
        except Exception:  # whatever pydicom trips over; its text may quote values
            continue
        stream.seek(0)
        return stream
    raise ImageError("dataset: cannot be written as DICOM; set its file_meta.TransferSyntaxUID")


def _writers(data):
    """Functions to try one after the other, each of a stream."""
    stated = getattr(getattr(data, "file_meta", None), "TransferSyntaxUID", None)
    implicit, little = getattr(data, "original_encoding", None) or (None, None)
    read_as = bool(implicit), little is not False
    if stated:
        yield lambda stream: data.save_as(stream, enforce_file_format=False)
        if stated not in _NATIVE:
            return
        # pydicom 3.0 takes implicit data behind a header that says explicit for explicit, and then
        # fails to write them.
        read_as = True, _NATIVE[stated][1]
    yield lambda stream: _write_bare(stream, data, *read_as)


def _write_bare(stream: io.BytesIO, data, implicit: bool, little: bool) -> None:
    """Without preamble and meta header."""
    from pydicom.filebase import DicomFileLike
    from pydicom.filewriter import write_dataset

    file = DicomFileLike(stream)
    file.is_implicit_VR, file.is_little_endian = implicit, little
    write_dataset(file, data)
