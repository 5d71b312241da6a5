"""Runs of bytes, as TIFF (PackBits; TIFF 6.0, 9) and DICOM (RLE; PS3.5, G.3) keep them.

A run-length code has no checksum, and any bytes decode to something. But damaged ones hardly ever
decode to just as many bytes as there must be, with the last run ending there.
"""


class PackBitsError(Exception):
    """The runs are not whole; the message says why."""


def unpack(data: bytes, size: int) -> bytes:
    """Exactly `size` bytes.

    Behind them nothing may stand but padding: some writers pad to more than an even length.

    Raises:
        PackBitsError: there are fewer, or more.
    """
    made, at, last = bytearray(), 0, len(data) - 1
    extend = made.extend
    while len(made) < size:
        if at >= last:
            raise PackBitsError("there are more pixels than data")
        control = data[at]
        if control < 128:
            extend(data[at + 1 : at + control + 2])
            at += control + 2
        elif control > 128:
            extend(data[at + 1 : at + 2] * (257 - control))
            at += 2
        else:  # no operation
            at += 1
    if len(made) != size or data[at:].strip(b"\0\x80"):
        raise PackBitsError("there are more data than pixels")
    return bytes(made)
