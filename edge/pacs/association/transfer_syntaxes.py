"""Which transfer syntaxes this installation decodes: asked by decoding a small picture in each.

What a library says of itself is not asked: Pillow, say, calls itself a decoder of JPEG extended,
and decodes the half of it that has 8 bits.
"""

import io
import struct
import zlib

import numpy as np

from edge.errors import EdgeError
from edge.pacs.association.sample_streams import SIZE, STREAMS, stream, values
from edge.pacs.spool import meta_header
from edge.pacs.uids import EXPLICIT_LITTLE, IMPLICIT_LITTLE, MR_IMAGE
from edge.scan.decode import decode

_BIG, _DEFLATED, _RLE = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"
_BASELINE = "1.2.840.10008.1.2.4.50"
_LOSSY = (_BASELINE, *(f"1.2.840.10008.1.2.4.{end}" for end in (51, 81, 91)))
_NEAR = 12
"""Grey levels by which a lossy picture may differ from what it was made from."""
CANDIDATES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, *STREAMS, _RLE, _DEFLATED, _BIG)
"""Compressed without loss before with, what most have before what few have."""


def decodable() -> list[str]:
    """UIDs of the transfer syntaxes that are decoded here."""
    return [syntax for syntax in CANDIDATES if _is_decoded(syntax)]


def _is_decoded(syntax: str) -> bool:
    bits = 8 if syntax == _BASELINE else 12
    try:
        found = _grey(sample(syntax))
        wanted = _grey(sample(EXPLICIT_LITTLE, bits))
    except EdgeError:
        return False
    return bool((np.abs(found - wanted) <= (_NEAR if syntax in _LOSSY else 0)).all())


def _grey(file: bytes) -> np.ndarray:
    return np.asarray(decode(io.BytesIO(file)), np.int16)


def sample(syntax: str, bits: int | None = None) -> bytes:
    """A DICOM file of the small picture in a transfer syntax."""
    bits = bits or (8 if syntax == _BASELINE else 12)
    allocated = 8 if bits == 8 else 16
    order = ">" if syntax == _BIG else "<"
    cells = np.array(values(bits), f"{order}u{allocated // 8}").tobytes()
    write = _Writer(order, syntax == IMPLICIT_LITTLE)
    elements = [
        write(0x0008, 0x0060, b"CS", b"MR"),
        write(0x0028, 0x0002, b"US", 1),
        write(0x0028, 0x0004, b"CS", b"MONOCHROME2 "),
        *(write(0x0028, number, b"US", SIZE) for number in (0x0010, 0x0011)),
        write(0x0028, 0x0100, b"US", allocated),
        write(0x0028, 0x0101, b"US", bits),
        write(0x0028, 0x0102, b"US", bits - 1),
        write(0x0028, 0x0103, b"US", 0),
        write(0x0028, 0x1050, b"DS", str(1 << bits - 1).encode()),
        write(0x0028, 0x1051, b"DS", str(1 << bits).encode()),
    ]
    if syntax == _RLE:
        elements.append(_encapsulated(_run_lengths(cells)))
    elif syntax in STREAMS:
        elements.append(_encapsulated(stream(syntax)))
    else:
        elements.append(write(0x7FE0, 0x0010, b"OW", cells))
    body = b"".join(elements)
    if syntax == _DEFLATED:
        machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = machine.compress(body) + machine.flush()
        body += b"\0" * (len(body) % 2)
    return meta_header(MR_IMAGE, "2.25.1", syntax) + body


class _Writer:
    def __init__(self, order: str, implicit: bool):
        self._order, self._implicit = order, implicit

    def __call__(self, group: int, number: int, kind: bytes, value: bytes | int) -> bytes:
        if isinstance(value, int):
            value = struct.pack(f"{self._order}H", value)
        value += b" " * (len(value) % 2)
        tag = struct.pack(f"{self._order}HH", group, number)
        if self._implicit:
            return tag + struct.pack("<I", len(value)) + value
        if kind == b"OW":
            return tag + kind + bytes(2) + struct.pack(f"{self._order}I", len(value)) + value
        return tag + kind + struct.pack(f"{self._order}H", len(value)) + value


def _encapsulated(frame: bytes) -> bytes:
    """Pixel data of one fragment (PS3.5, A.4)."""
    frame += b"\0" * (len(frame) % 2)
    items = [
        struct.pack("<HHI", 0xFFFE, 0xE000, 0),
        struct.pack("<HHI", 0xFFFE, 0xE000, len(frame)),
    ]
    head = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    return head + b"".join((*items, frame, struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)))


def _run_lengths(cells: bytes) -> bytes:
    """Cells of two bytes in DICOM's run-length code (PS3.5, annex G), in literal runs alone."""
    segments = []
    for plane in (cells[1::2], cells[::2]):  # the high byte first
        runs = [plane[at : at + 128] for at in range(0, len(plane), 128)]
        segments.append(b"".join(bytes((len(run) - 1,)) + run for run in runs))
    starts = (len(segments), 64, 64 + len(segments[0]))
    return struct.pack("<3I", *starts).ljust(64, b"\0") + b"".join(segments)
