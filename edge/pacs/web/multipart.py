"""The parts of a multipart answer (RFC 2046, 5.1), each given on as it comes."""

import io
import time
from collections.abc import Callable, Iterator
from typing import Protocol

_CHUNK = 1 << 16
_LONGEST_HEAD = 1 << 12
"""Bytes of the headers of a part."""


class CutShortError(Exception):
    """The answer ends before its last part does, or is no multipart answer."""


class Bounded:
    """An answer that ends for us when so many bytes of it have come, or so many seconds are over.

    What it then lacks is seen as in an answer that was cut short.
    """

    def __init__(self, stream: io.BufferedIOBase, most: int, seconds: float):
        self._stream, self._left, self._until = stream, most, time.monotonic() + seconds

    def read1(self, size: int) -> bytes:
        """As that of a stream."""
        if self._left <= 0 or time.monotonic() > self._until:
            return b""
        found = self._stream.read1(min(size, self._left))
        self._left -= len(found)
        return found

    def read(self) -> bytes:
        """All of it."""
        return b"".join(iter(lambda: self.read1(_CHUNK), b""))


class Part(Protocol):
    """Takes one part."""

    def write(self, data: bytes) -> object: ...

    def commit(self) -> object:
        """All of it has come."""

    def discard(self) -> object:
        """The rest of it will not come."""


def parts(
    stream: io.BufferedIOBase | Bounded, boundary: bytes, make: Callable[[], Part]
) -> Iterator[None]:
    """Give each part of a multipart answer to what `make` makes; yields after each whole one.

    Raises:
        CutShortError: as it says.
    """
    mark = b"\r\n--" + boundary
    waiting = b"\r\n"  # the first boundary may stand at the very beginning
    part = None
    try:
        while True:
            at = waiting.find(mark)
            if at < 0:
                keep = len(mark) - 1
                if part is not None and len(waiting) > keep:
                    part.write(waiting[:-keep])
                    waiting = waiting[-keep:]
                elif part is None:
                    waiting = waiting[-keep:]
                more = stream.read1(_CHUNK)
                if not more:
                    raise CutShortError
                waiting += more
                continue
            if part is not None:
                part.write(waiting[:at])
                part.commit()
                part = None
                yield None
            waiting = waiting[at + len(mark) :]
            while len(waiting) < 2:
                more = stream.read1(_CHUNK)
                if not more:
                    raise CutShortError
                waiting += more
            if waiting[:2] == b"--":
                return
            while (end := waiting.find(b"\r\n\r\n")) < 0:
                more = stream.read1(_CHUNK)
                if not more or len(waiting) > _LONGEST_HEAD:
                    raise CutShortError
                waiting += more
            waiting, part = waiting[end + 4 :], make()
    finally:
        if part is not None:
            part.discard()
