"""Are the strips and tiles of a compressed TIFF whole? What libtiff does not say, or prints.

libtiff is done with a strip as soon as it has its pixels: it does not come to zlib's checksum, and
takes what is left over, or what is made up, without a word. LZW and LZMA it checks itself.
Zstandard has no checksum in TIFF, and Python no decoder before 3.14: what decodes is taken.
"""

import zlib
from collections.abc import Iterator

from edge.scan.picture.integrity import DamagedError
from edge.scan.picture.packbits import PackBitsError, unpack

_COMPRESSION, _TABLES = 259, 347  # TIFF 6.0; Technical Note 2
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_JPEG, _DEFLATE, _PACKBITS = 7, (8, 32946), 32773
_BITS, _SAMPLES, _ROWS, _PLANAR, _TILE_WIDTH, _TILE_LENGTH = 258, 277, 278, 284, 322, 323
_STEP = 1 << 20


def check_strips(image) -> None:
    """Look at what `image`, an opened TIFF, keeps compressed.

    Raises:
        DamagedError: a strip or a tile is not whole.
    """
    compression = image.tag_v2.get(_COMPRESSION)
    if compression in _DEFLATE:
        check = _check_deflate
    elif compression == _PACKBITS:
        check = _check_packbits
    elif compression == _JPEG:
        check = _jpeg_check(image.tag_v2.get(_TABLES))
    else:
        return
    for number, data in enumerate(_strips(image)):
        if data:  # a part that is all 0 may be left out
            check(data, _size(image, number))


def _strips(image) -> Iterator[bytes]:
    tags = image.tag_v2
    starts, counts = tags.get(_TILES), tags.get(_TILE_BYTES)
    if starts is None:
        starts, counts = tags.get(_STRIPS), tags.get(_STRIP_BYTES)
    if starts is None or counts is None:
        return
    stream = image.fp or image._fp
    for start, count in zip(_all(starts), _all(counts), strict=True):
        stream.seek(start)
        yield stream.read(count)


def _all(value) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _size(image, number: int) -> int:
    """Bytes of a strip or a tile."""
    tags, (width, height) = image.tag_v2, image.stored_size
    bits = _all(tags.get(_BITS, 1))
    apart = tags.get(_PLANAR, 1) == 2  # a plane a sample
    pixel = bits[0] * (1 if apart else tags.get(_SAMPLES, 1))
    if _TILES in tags:
        return tags[_TILE_LENGTH] * ((tags[_TILE_WIDTH] * pixel + 7) // 8)
    rows = min(tags.get(_ROWS, height), height)
    strips = -(-height // rows)
    last = number % strips == strips - 1
    return (height - (strips - 1) * rows if last else rows) * ((width * pixel + 7) // 8)


def _check_deflate(data: bytes, _: int) -> None:
    """To the end, where zlib compares its checksum (RFC 1950)."""
    inflate, rest = zlib.decompressobj(), data
    try:
        while not inflate.eof:
            if not inflate.decompress(rest, _STEP) and not inflate.unconsumed_tail:
                break
            rest = inflate.unconsumed_tail
    except zlib.error as error:
        raise DamagedError("is damaged (a checksum does not match)") from error
    if not inflate.eof:
        raise DamagedError("is truncated (pixels are missing)")


def _check_packbits(data: bytes, size: int) -> None:
    try:
        unpack(data, size)
    except PackBitsError as error:
        raise DamagedError(f"is damaged ({error})") from error


def _jpeg_check(tables: object):
    from edge.scan.picture.watched_jpeg import check_jpeg

    head = tables[:-2] if isinstance(tables, bytes) and tables.endswith(b"\xff\xd9") else b""

    def check(data: bytes, _: int) -> None:
        check_jpeg(head + data[2:] if head else data)

    return check
