"""The header of a DICOM file as pydicom reads it right and within limits, without its pixels."""

import io

from edge.scan.dicom.byte_order import contradicted_at
from edge.scan.dicom.deflated import inflated_start


def header_stream(window: bytes, limit: int) -> io.BytesIO:
    """What to give to pydicom, with `force`, for the elements before the pixels.

    Deflated data are inflated, up to `limit` bytes. Data in another byte order than the meta header
    says come without it, so that pydicom goes by the data.

    Args:
        window: the first bytes of a file.

    Raises:
        Exception: it is damaged.
    """
    window = inflated_start(window, limit)
    return io.BytesIO(window[contradicted_at(window) :])
