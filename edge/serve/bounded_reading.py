"""Reading from a client that may be slow, or mean two things at once."""

import socket
import time
from io import BufferedReader, RawIOBase


class MalformedError(Exception):
    """A line that two programs may read differently."""


class DeadlineReader(RawIOBase):
    """Reads from a socket until a moment, however slowly bytes drip in."""

    def __init__(self, connection: socket.socket):
        self._connection, self._until = connection, 0.0

    def until(self, seconds: float) -> None:
        """From now on nothing may come later than in so many seconds."""
        self._until = time.monotonic() + seconds

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:
        """As that of a raw stream.

        Raises:
            TimeoutError: the moment has come.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class StrictLines(BufferedReader):
    """Lines as they are: what is left to guess, two programs guess differently."""

    def readline(self, size: int = -1) -> bytes:
        """As that of a buffered reader.

        Raises:
            MalformedError: it holds what ends a line for some and not for others.
        """
        line = super().readline(size)
        inside = line.removesuffix(b"\n").removesuffix(b"\r")
        if line[:1] in (b" ", b"\t") or b"\0" in inside or b"\r" in inside:
            raise MalformedError
        return line
