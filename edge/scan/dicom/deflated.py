"""DICOM files whose data set is deflated (PS3.5, A.5): inflated here, within limits.

pydicom would inflate all of it at once, however much that is: it never sees such a file.
"""

import io
import re
import zlib

from edge.scan.dicom.byte_order import meta_header
from edge.scan.dicom.pixel_data import DEFLATED, Problem
from edge.scan.memory_price import check_memory

_CHUNK = 1 << 16
_PIXEL = 8
"""Bytes of the largest cell."""
_COPIES = 2
"""Of the inflated bytes, while the space for them grows."""
_NAMED = re.compile(rb"\x02\0\x10\0.{4,8}" + re.escape(DEFLATED.encode()) + rb"[ \0]*", re.DOTALL)
"""A transfer syntax as pydicom would find it."""


def inflated(file, window: bytes, limit: int, name: str) -> io.BytesIO | None:
    """The data set of a deflated file, without a meta header; None: the file is not deflated.

    Args:
        file: opened for reading bytes.
        window: its first bytes, the meta header among them.
        limit: bytes that it may have; more are an error, before memory is spent on them.
        name: of the file, for messages.

    Raises:
        Problem: it is cut short, damaged, of more bytes, or no data set.
        ImageError: there is no memory for it.
    """
    start = deflated_at(window)
    if not start:
        return None
    size = 0
    for chunk in _inflate(file, start):
        size += len(chunk)
        if size > limit:
            raise Problem(f"inflates to more than {limit} bytes; export single frames, or less")
    check_memory(_COPIES * size, name)
    stream = io.BytesIO()
    for chunk in _inflate(file, start):
        stream.write(chunk)
    _check_data_set(bytes(stream.getbuffer()[:132]))
    stream.seek(0)
    return stream


def inflated_start(window: bytes, limit: int) -> bytes:
    """Up to `limit` bytes of what a deflated file's data set begins with; `window` of others.

    Raises:
        Problem, zlib.error: it is no data set, or damaged.
    """
    start = deflated_at(window)
    if not start:
        return window
    found = zlib.decompressobj(-zlib.MAX_WBITS).decompress(window[start:], limit)
    _check_data_set(found)
    return found


def pixel_limit(max_pixels: int, header: int) -> int:
    """Bytes that a deflated file may inflate to.

    Args:
        max_pixels: largest accepted width x height.
        header: bytes that may stand before the pixels.
    """
    return _PIXEL * max_pixels + header


def deflated_at(window: bytes) -> int:
    """Where the deflated data set begins in a file's first bytes; 0: it is not deflated.

    Raises:
        Problem: pydicom may take the file for a deflated one, and its order is another.
    """
    syntax, at = meta_header(window)
    if syntax == DEFLATED.encode():
        return at
    if DEFLATED.encode() in window and _NAMED.search(window):  # the first is faster by far
        raise Problem("is a deflated DICOM file with a damaged header; export it uncompressed")
    return 0


def _inflate(file, start: int):
    file.seek(start)
    machine, waiting = zlib.decompressobj(-zlib.MAX_WBITS), b""
    while not machine.eof:
        waiting = waiting or file.read(_CHUNK)
        if not waiting:
            raise Problem("is truncated (the end of its deflated data is missing); copy it again")
        try:
            yield machine.decompress(waiting, _CHUNK)
        except zlib.error:
            raise Problem("is damaged (its deflated data cannot be inflated)") from None
        waiting = machine.unconsumed_tail


def _check_data_set(head: bytes) -> None:
    """See that it is no file with a meta header of its own, which might be deflated again."""
    if len(head) < 8 or head[128:132] == b"DICM" or int.from_bytes(head[:2], "little") <= 2:
        raise Problem("is damaged (what is deflated in it is no DICOM data set)")
