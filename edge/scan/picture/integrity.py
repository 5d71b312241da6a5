"""Is an image file whole? What decoding libraries do not say, read from the file's own structure.

Pillow takes a PNG whose image data fail their checksum, and libjpeg only warns of damaged data,
which Pillow does not pass on. A verdict must not come from such a file.

What stays unseen: JPEG, GIF, BMP and uncompressed TIFF have no checksums, so a changed byte that
still decodes to the right number of pixels looks like any other picture. Of 400 JPEG scans that
lost 512 bytes in the middle 398 are refused (8 by Pillow alone), of 400 with one changed byte 86.
Files of several parts are for `edge.scan.picture.watched_jpeg`; what cannot be seen while it is
decoded is asked of `edge.scan.picture.redecode`.
"""

import io
import re
from typing import NamedTuple
from zlib import crc32

import numpy as np

DAMAGED = "; copy it again"
"""Ends the message of every file that is not whole."""
MORE_DATA = "is damaged (there are more data than pixels)"
MORE_PIXELS = "is damaged (there are more pixels than data)"

MAX_JPEG_SCANS = 100
"""Passes over a progressive JPEG; encoders use about ten. Each costs as much time as the whole
image, so a small file of thousands would occupy a device for hours."""

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # FF00 is data, D0..D7 restart markers
_ALONE = (0x01, *range(0xD0, 0xD9))  # JPEG markers without a length (ITU T.81, table B.1)
_LS = 0xF7  # ITU T.87, C.1.1
_FRAME = tuple(m for m in range(0xC0, 0xD0) if m not in (0xC4, 0xC8, 0xCC))  # SOF0..SOF15
_LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
_DECODED = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)  # baseline, extended, progressive; Huffman or arithmetic
_HUFFMAN = (0xC0, 0xC1, 0xC2)  # whose decoder waits for data; that of arithmetic coding cannot
_SEQUENTIAL = (0xC0, 0xC1)
_HELD = 2  # bytes, which each of 9,374 real scans needed for its last pixels
_PADDING = b"\0" * 8  # libjpeg reads ahead by a register of 64 bits; 7 bytes were enough


class DamagedError(Exception):
    """The file is not whole; the message says why, without naming the file."""


class UnsupportedError(Exception):
    """The file is of a kind that cannot be read; the message says which and what to do."""


def check_png(data: bytes) -> None:
    """Walk a PNG file's chunks to IEND and compare each one's CRC (PNG 3rd ed., 5.3).

    Raises:
        DamagedError: the end is missing, or a chunk was changed.
    """
    at, view = len(_PNG_HEAD), memoryview(data)
    while True:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if end + 4 > len(data):
            raise DamagedError("is truncated (its end is missing)")
        if crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise DamagedError("is damaged (a checksum does not match)")
        if kind == b"IEND":
            return
        at = end + 4


class JpegLayout(NamedTuple):
    """Where what lies in a JPEG file."""

    frame: int | None
    """Its marker."""
    scans: list[tuple[int, int]]
    """Where the data of each begin and end."""
    restarts: int
    """Coding units between restart markers; 0: all of them."""

    @property
    def decodes_twice(self) -> bool:
        """Whether it can only be seen to be whole by decoding it once more."""
        return self.frame not in _HUFFMAN

    def stream(self, data: bytes) -> "JpegStream | None":
        """A stream to load the file from.

        None for files of several parts: `edge.scan.picture.watched_jpeg` is for these.
        """
        if self.frame not in _SEQUENTIAL or len(self.scans) != 1 or self.restarts:
            return None
        first, end = self.scans[0]
        return JpegStream(data, end) if end - first > 2 * _HELD else None


def jpeg_layout(data: bytes) -> JpegLayout:
    """Walk through a JPEG file.

    Raises:
        DamagedError: the end is missing, the segments do not follow one another, or there are more
            than `MAX_JPEG_SCANS` scans.
        UnsupportedError: a kind of JPEG that cannot be read.
    """
    at, frame, scans, restarts = 2, None, [], 0
    while True:
        marker = data[at + 1] if data[at : at + 1] == b"\xff" and at + 1 < len(data) else None
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xD9:
            return JpegLayout(frame, scans, restarts)
        if at + 4 > len(data):
            raise DamagedError("is truncated (its end is missing)")
        if marker is None:
            raise DamagedError("is damaged (its segments do not follow one another)")
        at += 2
        if marker in _ALONE:
            continue
        if marker == _LS:
            raise UnsupportedError("is a JPEG-LS file, which cannot be read; save it as PNG")
        if marker in _FRAME:
            frame = marker
            _check_frame(frame, data[at + 2 : at + 5])
        elif marker == 0xDD:
            restarts = int.from_bytes(data[at + 2 : at + 4], "big")
        at += int.from_bytes(data[at : at + 2], "big")
        if marker == 0xDA:
            if len(scans) == MAX_JPEG_SCANS:
                raise DamagedError(f"has more than {MAX_JPEG_SCANS} scans, which no encoder writes")
            first, at = at, _next_marker(data, at)
            scans.append((first, at))


def _check_frame(marker: int, head: bytes) -> None:
    """Raise UnsupportedError for kinds of JPEG that libjpeg, as Pillow has it, does not decode.

    Args:
        head: bits a sample, and the lines in two bytes (ITU T.81, B.2.2).
    """
    if marker in _LOSSLESS:
        kind = "a lossless JPEG"
    elif marker not in _DECODED:
        kind = "a hierarchical JPEG"
    elif head[:1] != b"\x08":
        kind = f"a JPEG of {head[0] if head else 0} bits a sample"
    elif head[1:3] == b"\0\0":
        kind = "a JPEG that tells its height only at its end (DNL)"
    else:
        return
    raise UnsupportedError(f"is {kind}, which cannot be read; save it as PNG")


def _next_marker(data: bytes, at: int) -> int:
    """Position of the marker after the entropy-coded data that start at `at`."""
    last = len(data) - 2
    if data.endswith(b"\xff\xd9") and at <= last:
        coded = np.frombuffer(data, np.uint8, last + 1 - at, at)
        marks = np.flatnonzero(coded[:-1] == 0xFF)
        if not coded[marks + 1].any():
            return last  # as in most files, in a thirtieth of the time of the search
    found = _NEXT_MARKER.search(data, at)
    if not found:
        raise DamagedError("is truncated (its end is missing)")
    return found.end() - 2


class JpegStream(io.BytesIO):
    """Shows whether libjpeg's pixels and the file's data end together.

    Damaged data lose the decoder its place among the codes. It then runs out of data before the
    last pixel, and libjpeg would make up the rest; or it is done too early. So the end mark, from
    which libjpeg makes up pixels, is replaced by as much padding as it looks ahead, and the last
    bytes are handed out only when asked for.
    """

    def __init__(self, data: bytes, end: int):
        super().__init__(data[:end] + _PADDING)
        self._hold = end - _HELD
        self._asked = False

    def read(self, size: int = -1) -> bytes:
        at = self.tell()
        if at >= self._hold:
            self._asked = True
        elif size < 0 or at + size > self._hold:
            size = self._hold - at
        return super().read(size)

    def load(self, image) -> None:
        """Load an opened picture of Pillow's from here.

        Raises:
            DamagedError: the pixels were complete before the data were.
            Exception: whatever Pillow's decoder raises, as where the data end first.
        """
        image.fp = self
        image.load()
        if not self._asked:
            raise DamagedError(MORE_DATA)


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height from a WebP file's first 30 bytes (RFC 9649).

    Pillow and libwebp allocate the canvas on opening, before anybody can ask for its size.

    Raises:
        DamagedError: no known kind of WebP, or cut short.
    """
    kind, body = head[12:16], head[20:30]
    if len(body) == 10:
        if kind == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8L" and body[0] == 0x2F:
            bits = int.from_bytes(body[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = (int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8))
            return width, height
    raise DamagedError("is damaged (no WebP image follows its head)")
