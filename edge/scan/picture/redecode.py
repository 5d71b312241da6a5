"""Is a compressed picture whole? Asked by decoding it once more with the ends of its data changed.

Damaged data lose a decoder its place among the codes. It is then done before the data are, or it
runs out of them and makes up the rest, and says neither. A second decoding shows both:

- The last bytes of the data are changed. Of a whole picture they are its last pixels, which then
  change too. If they do not, the decoder was done before it came there.
- Bytes are put behind the data, where the next part begins. A whole picture does not need them. If
  its pixels change, the decoder had run out of data.

Loaded for kinds of pictures whose decoders cannot be watched while they work: WebP, JPEG with
arithmetic coding, and what DICOM keeps.
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from edge.scan.picture.integrity import MORE_DATA, MORE_PIXELS, DamagedError, JpegLayout

TAIL = 256
"""Bytes of the end that are changed. The last few may code changes that no pixel shows: black that
becomes blacker. Of 2,328 whole progressive files one was then called damaged, with 64 bytes 16."""
EXACT_TAIL = 8
"""The same of lossless JPEG, in which each code is a pixel."""
_CHANGES = 0x2A, 0x15
_WEBP_TAIL = 8
"""Bytes that are cut off; with 4 each whole file needed them, and each damaged one did not."""
_FOLLOWING = b"\x55\x2a\x33\x15" * 8
"""What a decoder finds that has run out of data."""
_LEAST = 4 * TAIL
"""Bytes of a scan: a shorter one can be a few codes for a whole black picture."""
_MOST_SCANS = 24
"""Scans that are looked at one by one, each at the cost of a decoding; encoders use about ten."""
_MOST_PIXELS = 1 << 28
"""That are decoded for these."""
_BAND = 256


def check_scans(data: bytes, layout: JpegLayout, image: Image.Image) -> None:
    """Look at each scan of a JPEG file of several.

    Args:
        image: as it was decoded from `data`.

    Raises:
        DamagedError: one is not whole.
    """
    ends = [end for _, end in layout.scans]
    if _unlike(image, lambda: _jpeg(followed(data, ends))):
        raise DamagedError(MORE_PIXELS)
    most = min(_MOST_SCANS, _MOST_PIXELS // (image.width * image.height))
    for first, end in layout.scans[:most]:
        if end - first >= _LEAST and not any(
            _unlike(image, lambda end=end, by=by: _jpeg(tail_changed(data, end, by)))
            for by in _CHANGES
        ):
            raise DamagedError(MORE_DATA)


def check_webp(data: bytes, image: Image.Image) -> None:
    """Look at the data of a WebP file that is no animation.

    Of a file whose data are in several partitions this is the last one.

    Args:
        image: as it was decoded from `data`.

    Raises:
        DamagedError: they are not whole.
    """
    found = _webp_chunk(data)
    if found is None:
        return
    from PIL.WebPImagePlugin import WebPImageFile

    def cut() -> Image.Image:
        again = WebPImageFile(io.BytesIO(_webp_cut(data, *found)))
        again.load()
        return again

    # The decoder says when it runs out of data; so the end is cut off instead of changed.
    if not _unlike(image, cut):
        raise DamagedError(MORE_DATA)


def check_scan(
    data: bytes,
    scan: tuple[int, int],
    pixels: np.ndarray,
    decode: Callable[[bytes], np.ndarray],
    tail: int = TAIL,
) -> None:
    """Look at the only scan of a stream that another decoder than Pillow's reads.

    Args:
        scan: where its data begin and end.
        pixels: as they were decoded from `data`.
        decode: the same decoder.
        tail: bytes of the end that are changed.

    Raises:
        DamagedError: it is not whole.
    """
    first, end = scan

    def differ(changed: bytes) -> bool:
        try:
            return not np.array_equal(pixels, decode(changed))
        except Exception:  # whatever a decoder raises
            return True

    if differ(followed(data, [end])):
        raise DamagedError(MORE_PIXELS)
    if end - first >= 4 * tail and not any(
        differ(tail_changed(data, end, change, tail)) for change in _CHANGES
    ):
        raise DamagedError(MORE_DATA)


def followed(data: bytes, ends: list[int]) -> bytes:
    """A JPEG stream with some bytes behind the data of each scan."""
    parts, last = [], 0
    for end in ends:
        parts += (data[last:end], _FOLLOWING)
        last = end
    return b"".join((*parts, data[last:]))


def tail_changed(data: bytes, end: int, change: int, tail: int = TAIL) -> bytes:
    """A JPEG stream with the last bytes of a scan changed, and no marker made or lost."""
    changed, at, done = bytearray(data), end, 0
    while (done < tail // 2 or at > end - tail) and at > end - 4 * tail:
        at -= 1
        if 0xFF not in data[at - 1 : at + 2]:
            changed[at] ^= change if data[at] != 0xFF ^ change else change ^ 0x40
            done += 1
    return bytes(changed)


def _jpeg(data: bytes) -> Image.Image:
    from PIL.JpegImagePlugin import JpegImageFile

    image = JpegImageFile(io.BytesIO(data))
    image.load()
    return image


def _unlike(image: Image.Image, decoded: Callable[[], Image.Image]) -> bool:
    """Whether a second decoding fails, or gives other pixels."""
    try:
        other = decoded()
    except Exception:  # whatever a decoder raises
        return True
    if (image.mode, image.size) != (other.mode, other.size):
        return True
    return any(one.tobytes() != two.tobytes() for one, two in _bands(image, other, _BAND))


def _bands(one: Image.Image, two: Image.Image, rows: int) -> Iterator[tuple[Image.Image, ...]]:
    """Both in bands: a copy of a whole picture may be hundreds of megabytes."""
    for top in range(0, one.height, rows):
        box = 0, top, one.width, min(one.height, top + rows)
        yield one.crop(box), two.crop(box)


def _webp_chunk(data: bytes) -> tuple[int, int] | None:
    """Where the pixels' chunk begins, and its length; None: an animation, or no pixels."""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in (b"VP8 ", b"VP8L"):
            return (at, size) if size > 4 * _WEBP_TAIL and at + 8 + size <= end else None
        if kind == b"ANIM":
            return None
        at += 8 + size + size % 2
    return None


def _webp_cut(data: bytes, at: int, size: int) -> bytes:
    """A WebP file whose pixels' chunk ends `_WEBP_TAIL` bytes earlier: an even number."""
    last = at + 8 + size
    body = data[8 : at + 4] + (size - _WEBP_TAIL).to_bytes(4, "little")
    body += data[at + 8 : last - _WEBP_TAIL] + data[last:]
    return data[:4] + len(body).to_bytes(4, "little") + body
