"""JPEG files of several parts, watched while they are decoded: do data and pixels end together?

Parts are the scans of a progressive file, and what lies between restart markers. Damaged data lose
the decoder its place among the codes. It is then done with a part before its data are, or it runs
out of them and makes up the rest, and says neither. But libjpeg takes its data as they come and
waits for more, and Pillow tells how many bytes it has left over:

- While it decodes it takes whole coding units, and leaves over the beginning of the next.
- When a part is done it looks for a marker, and takes every byte that is none.

So the last bytes of each part are handed out a few at a time, and of these something must be left
over. Then come bytes that are none of the file's, before the marker: of these nothing may be left.
A part that has lost only its last few bytes, or its last few coding units, may pass.
"""

import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image

from edge.scan.picture.integrity import (
    MORE_DATA,
    MORE_PIXELS,
    DamagedError,
    JpegLayout,
    jpeg_layout,
)

_CODEC = "mri_edge_watched_jpeg"
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_STEPS = 61, 50, 37, 26, 17
"""Bytes before the end of a part, after which the decoder is asked. It reads ahead by a register of
64 bits, so the last few are none."""
_SHORTEST = 80
"""Bytes of a part whose end is watched."""
_AHEAD = 7
"""Bytes behind a part that the decoder may need before it is done: its register less one. With 6,
109 of 300 whole files were refused."""
_AFTER = 1, 1, 1, 2, 3, 5
_FOLLOWING = b"\x55\x2a\x33\x15" * 8
"""What a decoder finds that has run out of data."""
_MOST = 1 << 16
"""Bytes that are handed out at a time."""
_WORKING, _DONE = "working", "done"


def load_watched(image: Image.Image, data: bytes, layout: JpegLayout) -> None:
    """Load an opened JPEG picture whose layout has no stream, if it is whole.

    Args:
        image: of `PIL.JpegImagePlugin`, not loaded.
        data: its file.

    Raises:
        DamagedError: it is not whole.
        Exception: whatever Pillow's decoder raises.
    """
    if layout.decodes_twice:
        from edge.scan.picture.redecode import check_scans

        image.load()
        check_scans(data, layout, image)
        return
    stream = _WatchedStream(data, _parts(data, layout))
    _watch(image, stream)
    image.load()
    stream.check()


def check_jpeg(data: bytes) -> Image.Image:
    """Decode a JPEG stream that is kept in another file, as a file of its own would be.

    Raises:
        DamagedError: it is not whole.
        UnsupportedError: as `edge.scan.picture.integrity.jpeg_layout`.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    layout = jpeg_layout(data)
    try:
        image = JpegImageFile(io.BytesIO(data))
        if stream := layout.stream(data):
            stream.load(image)
        else:
            load_watched(image, data, layout)
    except DamagedError:
        raise
    except Exception as error:  # Pillow's decoders raise a dozen types
        raise DamagedError(f"is damaged ({error})") from error
    return image


def _parts(data: bytes, layout: JpegLayout) -> list[tuple[int, int]]:
    """Where the data of each part begin and end.

    Raises:
        DamagedError: a restart marker is missing.
    """
    if not layout.restarts:
        return layout.scans
    parts = []
    for first, end in layout.scans:
        marks = [found.start() for found in _RESTART.finditer(data, first, end)]
        if any(data[at + 1] != 0xD0 + number % 8 for number, at in enumerate(marks)):
            raise DamagedError("is damaged (a restart marker is missing)")
        starts = [first, *(at + 2 for at in marks)]
        parts += zip(starts, [*marks, end], strict=True)
    return parts


class _Piece(NamedTuple):
    data: bytes
    wanted: str | None = None
    """What the decoder must be doing when it has got this."""
    last: bool = False
    """Of those pieces with which it must be working in one at least."""


class _WatchedStream:
    """What a picture loads from, in place of its file.

    Args:
        data: of the file.
        parts: where the data of each part begin and end.
    """

    def __init__(self, data: bytes, parts: list[tuple[int, int]]):
        self._data, self._parts = data, parts
        self.seek(0)

    def seek(self, offset: int) -> None:
        """Begin anew, as Pillow wants before it loads."""
        self._pieces = _pieces(self._data, self._parts)
        self._now = _Piece(b"")
        self._worked, self._unseen = False, sum(_is_watched(*part) for part in self._parts)

    def read(self, size: int = -1) -> bytes:
        """The next piece, of whatever size."""
        self._now = next(self._pieces, _Piece(b""))
        return self._now.data

    def taken(self, left: int) -> None:
        """To be told how many bytes the decoder has left over.

        Raises:
            DamagedError: a part and its data do not end together.
        """
        if self._now.wanted == _DONE and left:
            raise DamagedError(MORE_PIXELS)
        if self._now.wanted == _WORKING:
            self._worked = self._worked or left > 0
            if self._now.last:
                if not self._worked:
                    raise DamagedError(MORE_DATA)
                self._worked = False
                self._unseen -= 1

    def check(self) -> None:
        """Call when the image is decoded.

        Raises:
            DamagedError: all pixels were complete before the data were.
        """
        if self._unseen:
            raise DamagedError(MORE_DATA)


class _Decoder:
    """Pillow's decoder, of which the stream is told how much it took."""

    pulls_fd = False

    def __init__(self, mode: str, stream: _WatchedStream, codec: str, *args):
        self._stream = stream
        self._decoder = getattr(Image.core, f"{codec}_decoder")(mode, *args)
        self.setimage, self.cleanup = self._decoder.setimage, self._decoder.cleanup

    def decode(self, data: bytes) -> tuple[int, int]:
        taken, error = self._decoder.decode(data)
        if taken >= 0:  # else it is done, or has failed
            self._stream.taken(len(data) - taken)
        return taken, error


def _watch(image: Image.Image, stream: _WatchedStream) -> None:
    if _CODEC not in Image.DECODERS:
        Image.register_decoder(_CODEC, _Decoder)
    image.fp = stream
    (tile,) = image.tile
    image.tile = [tile._replace(codec_name=_CODEC, args=(stream, tile.codec_name, *tile.args))]


def _is_watched(first: int, end: int) -> bool:
    return end - first >= _SHORTEST


def _pieces(data: bytes, parts: list[tuple[int, int]]) -> Iterator[_Piece]:
    at = 0
    for first, end in parts:
        while end - at > _MOST + _SHORTEST:  # enough is left to be watched
            yield _Piece(data[at : at + _MOST])
            at += _MOST
        if _is_watched(first, end):
            for step in _STEPS:
                cut = end - step
                cut -= data[cut - 1] == 0xFF  # a byte of which the next is a part
                yield _Piece(data[at:cut], _WORKING, step == _STEPS[-1])
                at = cut
        yield _Piece(data[at:end] + _FOLLOWING[:_AHEAD], _DONE)
        given = _AHEAD
        for more in _AFTER:
            yield _Piece(_FOLLOWING[given : given + more], _DONE)
            given += more
        at = end
    yield _Piece(data[at:])
