"""A frame's compressed bytes: are they whole to the last pixel, and of the size that is declared?

And its cells, where the answer brings them.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from edge.scan.picture.integrity import DamagedError, UnsupportedError
from edge.scan.picture.packbits import PackBitsError, unpack
from edge.scan.picture.redecode import EXACT_TAIL, TAIL, check_scan
from edge.scan.picture.watched_jpeg import check_jpeg

_DCT = (0xC0, 0xC1, 0xC2)  # frames of JPEG: baseline, extended, progressive (ITU T.81, B.1)
_LOSSLESS = 0xC3
_FRAMES = (*(m for m in range(0xC0, 0xD0) if m not in (0xC4, 0xC8, 0xCC)), 0xF7)  # F7: JPEG-LS
_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
"""Ends the entropy-coded data of JPEG and of JPEG-LS, in which FF stands before 00 or, in the
latter, before up to 7F only (ITU T.81, B.1.1.5; T.87, A.1)."""
_JPEG_2000 = b"\xff\x4f\xff\x51"
_RLE_HEAD = 64


class Codestream(NamedTuple):
    """Where the parts of a frame's bytes are."""

    data: bytes
    head: int | None
    """Of the frame header of JPEG or JPEG-LS, with its marker; of JPEG 2000 its first marker."""
    scans: list[tuple[int, int]]
    """Where the data of each scan begin and end, of JPEG and JPEG-LS."""
    ended: bool
    """Whether the parts follow one another to the end mark. What comes after it, padding say, does
    not matter."""
    jpeg_2000: bool

    @property
    def precision(self) -> int:
        """Bits of a value, once `check_whole` has seen it."""
        if self.jpeg_2000:
            return (self.data[self.head + 42] & 0x7F) + 1  # Ssiz; ITU T.800, A.5.1
        return self.data[self.head + 4]  # ITU T.81, B.2.2

    @property
    def size(self) -> tuple[int, int] | None:
        """Rows and columns; None if there is no header."""
        if self.head is None:
            return None
        if self.jpeg_2000:  # ITU T.800, A.5.1
            at = range(self.head + 8, self.head + 24, 4)
            x1, y1, x0, y0 = (int.from_bytes(self.data[i : i + 4], "big") for i in at)
            return y1 - y0, x1 - x0
        at = self.head + 5, self.head + 7
        return tuple(int.from_bytes(self.data[i : i + 2], "big") for i in at)


def read_codestream(data: bytes) -> Codestream:
    """Walk through a frame of JPEG, JPEG-LS or JPEG 2000; never raises."""
    start = -1 if data[:2] == b"\xff\xd8" else data.find(_JPEG_2000)
    if start >= 0:
        return Codestream(data, start, [], _jpeg_2000_ends(data, start + 2), True)
    at, head, scans, ended = 2, None, [], False
    while data[at : at + 1] == b"\xff" and at + 1 < len(data):
        marker = data[at + 1]
        if marker == 0xD9:
            ended = True
            break
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if head is None and marker in _FRAMES and at + 9 < len(data):
            head = at
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            found = _MARKER.search(data, at)
            scans.append((at, found.start() if found else len(data)))
            at = scans[-1][1]
    return Codestream(data, head, scans, ended, False)


def check_whole(stream: Codestream, rows: int, columns: int) -> None:
    """Before decoding: does it come to its end, and is it of the size that the header says?

    Raises:
        DamagedError: as it says.
    """
    if not stream.ended:
        raise DamagedError("is truncated (the end of its pixels is missing)")
    if stream.size != (rows, columns):
        raise DamagedError(
            "is damaged (its compressed pixels are of another size than its header says)"
        )


def whole_rle(frame: bytes, rows: int, columns: int, allocated: int, signed: bool) -> np.ndarray:
    """What a frame of DICOM's run-length code (PS3.5, annex G) of one sample a pixel holds.

    Raises:
        DamagedError: it is not whole, or no such frame.
    """
    count = int.from_bytes(frame[:4], "little")
    if len(frame) < _RLE_HEAD or count != allocated // 8:
        raise DamagedError("is damaged (it has another number of segments than its pixels need)")
    starts = [int.from_bytes(frame[4 * i : 4 * i + 4], "little") for i in range(1, count + 1)]
    ends = [*starts[1:], len(frame)]
    if starts[0] != _RLE_HEAD or any(a >= b for a, b in zip(starts, ends, strict=True)):
        raise DamagedError("is damaged (its segments do not follow one another)")
    size = rows * columns
    cells = np.empty((size, count), np.uint8)
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):  # the highest byte first
        try:
            cells[:, at] = np.frombuffer(unpack(frame[start:end], size), np.uint8)
        except PackBitsError as error:
            raise DamagedError(f"is damaged ({error})") from error
    dtype = np.dtype(f">{'i' if signed else 'u'}{count}")
    return cells.view(dtype).reshape(rows, columns).astype(dtype.newbyteorder("="))


def whole_jpeg(stream: Codestream, allocated: int, signed: bool) -> np.ndarray | None:
    """The cells of a JPEG stream that Pillow decodes, as pydicom would have them; else None.

    Raises:
        DamagedError: it is not whole.
    """
    if stream.jpeg_2000 or stream.data[stream.head + 1] not in _DCT or stream.precision != 8:
        return None
    try:
        image = check_jpeg(stream.data)
    except UnsupportedError as error:
        raise DamagedError(str(error)) from error
    if image.mode != "L" or allocated != 8:
        return None
    return np.asarray(image).view(np.int8 if signed else np.uint8)


def check_single(
    stream: Codestream, cells: np.ndarray, decode: Callable[[bytes], np.ndarray]
) -> None:
    """Look at JPEG of more bits, lossless JPEG and JPEG-LS of one scan; at nothing else.

    Args:
        cells: as they were decoded from the stream.
        decode: the same decoder.

    Raises:
        DamagedError: it is not whole.
    """
    if len(stream.scans) == 1:
        tail = EXACT_TAIL if stream.data[stream.head + 1] == _LOSSLESS else TAIL
        check_scan(stream.data, stream.scans[0], cells, decode, tail)


def _jpeg_2000_ends(data: bytes, at: int) -> bool:
    """Whether a JPEG 2000 codestream comes to its end, tile part by tile part (ITU T.800, A.4.2).

    Args:
        at: of the first marker segment.
    """
    while data[at : at + 1] == b"\xff" and at + 1 < len(data):
        marker = data[at + 1]
        if marker == 0xD9:
            return True
        if marker != 0x90:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        elif length := int.from_bytes(data[at + 6 : at + 10], "big"):
            at += length
        else:  # the last tile part, as long as the rest
            return b"\xff\xd9" in data[at + 12 :]
    return False
