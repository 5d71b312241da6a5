"""A pydicom Dataset as the bytes of a file, so that it is read as the file would be."""

import io

from edge.errors import ImageError


def as_file(data) -> io.BytesIO:
    """The Dataset written as DICOM.

    Args:
        data: read or made with pydicom; with its `file_meta`, or with the encoding that it was
            read in.

    Raises:
        ImageError: pydicom cannot write it.
    """
    stated = getattr(getattr(data, "file_meta", None), "TransferSyntaxUID", None)
    options = {}
    if not stated:
        implicit, little = getattr(data, "original_encoding", (None, None))
        options = {"implicit_vr": bool(implicit), "little_endian": little is not False}
    stream = io.BytesIO()
    try:
        data.save_as(stream, enforce_file_format=False, **options)
    except Exception:  # whatever pydicom trips over; its text may quote values
        raise ImageError(
            "dataset: cannot be written as DICOM; set its file_meta.TransferSyntaxUID"
        ) from None
    stream.seek(0)
    return stream
