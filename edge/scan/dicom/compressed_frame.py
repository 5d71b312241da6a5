"""One frame of a DICOM file whose pixels are compressed: found, seen to be whole, and decoded."""

import numpy as np

from edge.scan.dicom.codestream import (
    check_single,
    check_whole,
    read_codestream,
    whole_jpeg,
    whole_rle,
)
from edge.scan.dicom.pixel_data import (
    END,
    ITEM,
    RLE,
    UNDEFINED,
    Header,
    MissingDecoder,
    Problem,
    begins_frame,
    tag_of,
)


def compressed_cells(file, header: Header, index: int) -> np.ndarray:
    """What one frame [rows, columns] holds, integers.

    Raises:
        Problem: no installed decoder knows it, or the data lack their beginning.
        DamagedError: it is not whole.
        Exception: whatever pydicom's decoders raise.
    """
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

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
    if header.pixels.syntax == RLE:
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
    if header.pixels.syntax != RLE or count != header.frames:
        rle = header.pixels.syntax == RLE
        starts = [place for place in places if _begins_frame(file, place, rle)]
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
        tag, length = tag_of(head, "little"), int.from_bytes(head[4:], "little")
        if end is None and (tag == END or not head):
            break
        if tag != ITEM or length == UNDEFINED or (end is not None and at + 8 + length > end):
            return None
        parts.append(file.read(length))
        at += 8 + length
    return b"".join(parts)


def _begins_frame(file, place: int, rle: bool) -> bool:
    file.seek(place + 8)
    return begins_frame(file.read(8), rle)


def _is_ours(missing: str) -> bool:
    """Whether it is the decoder that `_without_decoder` names; gdcm, say, is another."""
    return missing.startswith(f"{MissingDecoder.package} ")


def _without_decoder(syntax: str, header: Header) -> str:
    return (
        f"is compressed as {syntax} with {header.stored} bits, which no installed decoder reads; "
        "export it uncompressed, or try: "
        "pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg"
    )
