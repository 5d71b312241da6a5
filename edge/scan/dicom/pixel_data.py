"""Where the pixels of a DICOM file are, whether they are whole, and the numbers of one frame."""

import os
from dataclasses import dataclass

import numpy as np

UNDEFINED = 0xFFFFFFFF
"""The length of compressed pixel data, which end at a mark of their own (PS3.5, A.4)."""
DEFLATED = "1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"
_LITTLE_IMPLICIT, _LITTLE, _BIG = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
)
_NATIVE = (_LITTLE_IMPLICIT, _LITTLE, _BIG)
_KINDS = {0x7FE00010: "iu", 0x7FE00008: "f", 0x7FE00009: "f"}  # element: kind of number
_VALUE_REPRESENTATIONS = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN")
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD


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
    order = next((o for o in ("little", "big") if _tag(head, o) in _KINDS), None)
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
    whole = _ends(file, start, order, size) if length == UNDEFINED else start + length <= size
    if not whole:
        raise Problem("is truncated (pixels are missing); copy it again")
    words = implicit or head[4:6] == b"OW"
    return PixelData(_KINDS[_tag(head, order)], words, length, start, str(syntax))


def _tag(data: bytes, order: str) -> int:
    return int.from_bytes(data[:2], order) << 16 | int.from_bytes(data[2:4], order)


def _ends(file, at: int, order: str, size: int) -> bool:
    """Whether the items of compressed pixel data follow one another to their end mark.

    What comes after it (padding, further elements) does not matter.
    """
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        tag = _tag(head, order)
        if tag == _END:
            return True
        if tag != _ITEM:
            return False
        at += 8 + int.from_bytes(head[4:8], order)
    return False


def pixel_cells(file, header: Header, index: int) -> np.ndarray:
    """What one frame [rows, columns] holds, all bits of it, any real dtype.

    Raises:
        Problem: it is cut short, or compressed in a way that no installed decoder knows.
    """
    if is_native(header.pixels):
        return _native(file, header, index)
    from edge.scan.picture.integrity import DamagedError

    try:
        return _compressed(file, header, index)
    except DamagedError as error:
        raise Problem(f"{error}; copy it again") from error


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
    if pixels.syntax in (*_NATIVE, _RLE):
        # Other values, overlays say, may stand above the value, and below it in old files.
        return cells << (header.allocated - 1 - header.high) >> unused
    return cells << unused >> unused


def _native(file, header: Header, index: int) -> np.ndarray:
    pixels = header.pixels
    kind = "f" if pixels.kind == "f" else "i" if header.signed else "u"
    big = is_big(pixels)
    dtype = np.dtype(f"{'>' if big else '<'}{kind}{header.allocated // 8}")
    size = header.rows * header.columns * dtype.itemsize
    swapped = big and pixels.words and dtype.itemsize == 1  # two pixels a word, turned round
    first = index * size
    odd = first % 2 if swapped else 0
    wanted = size + odd + ((size + odd) % 2 if swapped else 0)
    file.seek(pixels.start + first - odd)
    data = file.read(wanted)
    if len(data) < size + odd or first + size > pixels.length:
        raise Problem("is truncated (pixels are missing); copy it again")
    if swapped:
        if len(data) % 2:
            raise Problem("is truncated (pixels are missing); copy it again")
        data = np.frombuffer(data, "<u2").byteswap().tobytes()[odd : odd + size]
    values = np.frombuffer(data, dtype).reshape(header.rows, header.columns)
    return values.astype(dtype.newbyteorder("="))


def _compressed(file, header: Header, index: int) -> np.ndarray:
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    from edge.scan.dicom.codestream import (
        check_single,
        check_whole,
        read_codestream,
        whole_jpeg,
        whole_rle,
    )

    syntax = UID(header.pixels.syntax)
    decoder = None
    if syntax.name != header.pixels.syntax:  # a name that pydicom knows, not text from the file
        try:
            decoder = get_decoder(syntax)
        except NotImplementedError:
            raise Problem(f"is compressed as {syntax.name}, which is not supported") from None
    if decoder is None and syntax.startswith("1.2.840.10008."):  # DICOM's own, newer than pydicom
        raise Problem(
            "is compressed in a way that pydicom, as installed, does not know; export it "
            "uncompressed"
        )
    if decoder is None:
        raise Problem(
            "is compressed in a way that DICOM does not name (a private transfer syntax); "
            "export it uncompressed"
        )
    if header.pixels.length != UNDEFINED:
        raise Problem("is damaged (compressed pixels without a beginning); export it again")
    if not decoder.is_available:
        raise MissingDecoder(_without_decoder(syntax.name, header))
    frame = _frame_data(file, header, index)
    if header.pixels.syntax == _RLE:
        return whole_rle(frame, header.rows, header.columns, header.allocated, header.signed)
    stream = read_codestream(frame)
    check_whole(stream, header.rows, header.columns)
    if (cells := whole_jpeg(stream, header.allocated, header.signed)) is not None:
        return cells
    # Compressors take the cells as they are: values in their upper part stay there.
    whole_cell = header.high >= header.stored and stream.precision > header.stored
    options = {
        "rows": header.rows,
        "columns": header.columns,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": header.allocated,
        # Where all bits are wanted: pydicom would clear those above the lowest `stored` ones.
        "bits_stored": header.allocated if whole_cell else header.stored,
        "pixel_representation": int(header.signed),
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }

    def decode(data: bytes) -> np.ndarray:
        return decoder.as_array(encapsulate([data]), index=0, **options)[0]

    try:
        cells = decode(frame)
    except Exception:
        # Pillow decodes JPEG of 8 bits and JPEG 2000 of up to 16, and says that it decodes all.
        most = 16 if stream.jpeg_2000 else 8
        if stream.precision > most and any(map(_is_ours, decoder.missing_dependencies)):
            raise MissingDecoder(_without_decoder(syntax.name, header)) from None
        raise
    check_single(stream, cells, decode)
    if whole_cell:
        unused = header.allocated - header.stored
        return cells << (header.allocated - 1 - header.high) >> unused
    return cells


def _frame_data(file, header: Header, index: int) -> bytes:
    """The compressed data of a frame.

    The table of offsets before them is believed where it fits the fragments: some programs fill it
    with zeros, or with places of another file. Else the fragments tell, by how they begin.
    """
    from pydicom.encaps import get_frame, parse_basic_offsets, parse_fragments

    file.seek(header.pixels.start)
    table = parse_basic_offsets(file)
    first = file.tell()
    if len(table) >= header.frames and table[:1] == [0] and table == sorted(set(table)):
        end = first + table[index + 1] if index + 1 < len(table) else None
        if (found := _fragments(file, first + table[index], end)) is not None:
            return found
    if header.frames == 1:
        return _fragments(file, first, None) or b""
    file.seek(first)
    count, places = parse_fragments(file)
    starts = places
    if header.pixels.syntax != _RLE or count != header.frames:
        starts = [place for place in places if _begins_stream(file, place)]
    if len(starts) == header.frames and starts[0] == first:
        end = starts[index + 1] if index + 1 < len(starts) else None
        return _fragments(file, starts[index], end) or b""
    file.seek(header.pixels.start)
    return get_frame(file, index, number_of_frames=header.frames)


def _fragments(file, start: int, end: int | None) -> bytes | None:
    """What the fragments from `start` to `end` hold; None if they do not end there.

    Args:
        end: None: at the mark behind the last of them, or where the file ends.
    """
    parts, at = [], start
    while at != end:
        file.seek(at)
        head = file.read(8)
        tag, length = _tag(head, "little"), int.from_bytes(head[4:], "little")
        if end is None and (tag == _END or not head):
            break
        if tag != _ITEM or length == UNDEFINED or (end is not None and at + 8 + length > end):
            return None
        parts.append(file.read(length))
        at += 8 + length
    return b"".join(parts)


def _begins_stream(file, place: int) -> bool:
    """Whether a fragment is the first of a frame: begins as JPEG, JPEG-LS or JPEG 2000 does."""
    file.seek(place + 8)
    return file.read(2) in (b"\xff\xd8", b"\xff\x4f")


def _is_ours(missing: str) -> bool:
    """Whether it is the decoder that `_without_decoder` names; gdcm, say, is another."""
    return missing.startswith(f"{MissingDecoder.package} ")


def _without_decoder(syntax: str, header: Header) -> str:
    return (
        f"is compressed as {syntax} with {header.stored} bits, which no installed decoder reads; "
        "export it uncompressed, or try: "
        "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
    )
