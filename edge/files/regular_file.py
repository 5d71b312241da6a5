"""Files that others named: opened without waiting, and read no further than may be."""

import errno
import os
import stat
from typing import BinaryIO


class NotRegularError(OSError):
    """A pipe, a socket, a device or a folder, or a link to one: not to be read as a file."""

    def __init__(self, path: str | os.PathLike):
        super().__init__(errno.EINVAL, "is not a regular file", os.fsdecode(path))


def open_regular(path: str | os.PathLike) -> BinaryIO:
    """Open a file for reading bytes, and nothing but a file.

    It is asked what it is before it is opened, for opening some devices does something; and again
    afterwards, for something else may have come to its name. Opening waits for nobody.

    Raises:
        NotRegularError: as it says.
        OSError: it cannot be opened.
        ValueError: no file can have such a name.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegularError(path)
    file = open(path, "rb", opener=_at_once)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotRegularError(path)
    return file


def read_regular(path: str | os.PathLike, most: int) -> bytes:
    """All of a file, of which no more is read than there may be: a sparse one is of any size.

    Raises:
        OSError: as `open_regular`.
        ValueError: it is larger than `most` bytes.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(most + 1) if size <= most else b""
    if max(size, len(data)) > most:  # it may have grown meanwhile
        raise ValueError(f"is larger than {most} bytes")
    return data


def _at_once(path: str, flags: int) -> int:
    # Without waiting for a pipe's writer, nor becoming the owner of a terminal.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
