"""Where the pixels of a DICOM file are, whether they are whole, and what is a value of them."""

import os
from dataclasses import dataclass

import numpy as np

UNDEFINED = 0xFFFFFFFF
"""The length of compressed pixel data, which end at a mark of their own (PS3.5, A.4)."""
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
_LITTLE_IMPLICIT, _LITTLE, _BIG = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
)
_NATIVE = (_LITTLE_IMPLICIT, _LITTLE, _BIG)
_KINDS = {0x7FE00010: "iu", 0x7FE00008: "f", 0x7FE00009: "f"}  # element: kind of number
_VALUE_REPRESENTATIONS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN")
_SHORT = "is truncated (pixels are missing); copy it again"
ITEM, END = 0xFFFEE000, 0xFFFEE0DD
"""Tags before a fragment of compressed pixel data, and behind the last of them."""


class Problem(Exception):
    """What is wrong, in our own words; becomes an ImageError with the file's name."""

    package: str | None = None
    """The module that would help, where one does that is not installed."""


class MissingDecoder(Problem):
    """No installed decoder reads the pixels."""

    package = "pylibjpeg"


class NoPixels(Problem):
    """The file ends where its pixels would begin."""


@dataclass(frozen=True, eq=False)
class PixelData:
    """Where the pixels are in the file."""

    kind: str
    """"iu" (integers) or "f" (float pixel data)."""
    words: bool
    """Whether the file keeps them as words of 16 bits, which big-endian files turn round."""
    length: int
    """Bytes; `UNDEFINED` if compressed."""
    start: int
    """Position of the first byte."""
    syntax: str
    """UID of the transfer syntax; of one that is not compressed, as the bytes are, whatever the
    file says."""
    begun: int = 0
    """Of compressed pixels: how many fragments begin as a frame does."""


@dataclass(frozen=True, eq=False)
class Header:
    """What is needed of a file to read its pixels."""

    pixels: PixelData
    rows: int
    columns: int
    frames: int
    allocated: int
    """Bits a pixel takes in the file."""
    stored: int
    """Bits of these that are the value."""
    high: int
    """The highest of these, from 0."""
    signed: bool


def find_pixel_data(file, data, at: int) -> PixelData:
    """Read the head of the pixel data element, and see that all of it is there.

    Args:
        file: opened for reading bytes.
        data: the `Elements` that stand before.
        at: where the element begins.

    Raises:
        Problem: there is none, or it is cut short.
    """
    syntax = data.file_meta.get("TransferSyntaxUID") if data.file_meta is not None else None
    file.seek(at)
    head = file.read(12)
    if not head:
        raise NoPixels("holds no image (no pixel data), or is cut short")
    # The bytes tell, not the meta header: data sets are encoded otherwise than it says.
    order = next((o for o in ("little", "big") if tag_of(head, o) in _KINDS), None)
    if order is None or len(head) < 8:
        raise Problem("is damaged before its pixels, or has a header of more than 8 MiB")
    implicit = head[4:6] not in _VALUE_REPRESENTATIONS
    if not syntax or syntax in _NATIVE:
        syntax = _BIG if order == "big" else _LITTLE_IMPLICIT if implicit else _LITTLE
    length = int.from_bytes(head[4:8] if implicit else head[8:12], order)
    start = at + (8 if implicit else 12)
    size = file.seek(0, os.SEEK_END)
    if length == UNDEFINED and str(syntax) in _NATIVE:
        raise Problem("says that its pixels are not compressed, and they are; export it again")
    begun = 0
    if length == UNDEFINED:
        begun = _frames_begun(file, start, order, size, str(syntax) == RLE)
    elif start + length > size:
        raise Problem(_SHORT)
    words = implicit or head[4:6] == b"OW"
    return PixelData(_KINDS[tag_of(head, order)], words, length, start, str(syntax), begun)


def tag_of(data: bytes, order: str) -> int:
    """The tag that bytes begin with: of 4 bytes the group is the first two."""
    return int.from_bytes(data[:2], order) << 16 | int.from_bytes(data[2:4], order)


def _frames_begun(file, at: int, order: str, size: int, rle: bool) -> int:
    """How many items of compressed pixel data begin as a frame does, behind the table of offsets.

    What comes after their end mark (padding, further elements) does not matter.

    Raises:
        Problem: they do not follow one another to that mark.
    """
    begun, table = 0, True
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        tag = tag_of(head, order)
        if tag == END:
            return begun
        if tag != ITEM:
            break
        begun += not table and begins_frame(head[8:], rle)
        table = False
        at += 8 + int.from_bytes(head[4:8], order)
    raise Problem(_SHORT)


def begins_frame(data: bytes, rle: bool) -> bool:
    """Whether 8 bytes of a fragment are the first of a frame: of JPEG, JPEG-LS, JPEG 2000 or RLE.

    RLE tells how many segments it has, 15 at most, and that the first follows on 64 bytes of such
    places (PS3.5, G.5).
    """
    if not rle:
        return data[:2] in (b"\xff\xd8", b"\xff\x4f")
    segments, first = (int.from_bytes(data[i : i + 4], "little") for i in (0, 4))
    return 1 <= segments <= 15 and first == 64


def check_frames(header: Header, described: int) -> None:
    """See that the pixels are of as many frames as the header says.

    Args:
        described: how many frames have attributes of their own; 0: none has.

    Raises:
        Problem: there are more, so some would be left out; or another number is described.
    """
    held = header.pixels.begun
    if header.pixels.length != UNDEFINED:
        # To a frame of an odd number of bytes one is added.
        held = header.pixels.length // max(2, header.rows * header.columns * header.allocated // 8)
    if held > header.frames:
        raise Problem(
            f"holds the pixels of {held} frames and says that it has {header.frames}; export it "
            "again"
        )
    if described and described != header.frames:
        raise Problem(
            f"describes {described} frames and says that it has {header.frames}; export it again"
        )


def is_native(pixels: PixelData) -> bool:
    """Whether they lie in the file uncompressed."""
    return pixels.syntax in _NATIVE


def is_big(pixels: PixelData) -> bool:
    """Whether the first byte of an uncompressed value is the greatest."""
    return pixels.syntax == _BIG


def stored_values(cells: np.ndarray, header: Header) -> np.ndarray:
    """The values of a frame's cells, what is no part of them removed."""
    pixels = header.pixels
    unused = header.allocated - header.stored
    if pixels.kind != "iu" or not unused or cells.dtype.itemsize * 8 != header.allocated:
        return cells
    if pixels.syntax in (*_NATIVE, RLE):
        # Other values, overlays say, may stand above the value, and below it in old files.
        return cells << (header.allocated - 1 - header.high) >> unused
    return cells << unused >> unused
