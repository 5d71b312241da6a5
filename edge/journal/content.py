"""What is in a file, as a hash: a file that was only touched is known by it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from os import fstat
from typing import Any, BinaryIO

from edge.files.regular_file import open_regular
from edge.journal.file_state import FileState
from edge.scan.file_format import HEAD, sniff
from edge.scan.max_pixels import max_file_bytes

_MOST_HASHED = 1 << 32
"""Bytes. What is larger is no scan, or one page or frame of it is wanted: it gets its line without
a hash. So does a file of fewer that is no scan by its first bytes, from `_MOST_OF_OTHERS` on."""
_MOST_OF_OTHERS = 64 << 20
_IN_PAGES = ("TIFF", "DICOM")


@dataclass(frozen=True)
class Look:
    """A file as it was found before it was classified."""

    seen: FileState
    sha256: str | None
    """None: it is too large to be hashed."""

    def __reduce__(self):
        return Look, (self.seen, self.sha256)


def look_at(file: BinaryIO, path: str, max_pixels: int) -> Look:
    """See the state of an open file and hash it.

    Raises:
        OSError: it cannot be read.
        EOFError: it was cut short meanwhile.
    """
    seen = FileState.of(path, fstat(file.fileno()))
    head = file.read(HEAD) or b""
    return Look(seen, sha256_of(file, seen.size, head, max_pixels))


def looking(max_pixels: int) -> Callable[[Any], tuple[Look | None, BinaryIO | None]]:
    """Opens a file and looks at it; None where it cannot: to classify it by its name tells why."""

    def look(path: Any) -> tuple[Look | None, BinaryIO | None]:
        file = None
        if not isinstance(path, str):  # the bytes of a URL
            return None, None
        try:
            file = open_regular(path)
            return look_at(file, path, max_pixels), file
        except (OSError, EOFError, ValueError):
            if file is not None:
                file.close()
            return None, None

    return look


def sha256_of(file: BinaryIO, size: int, head: bytes, max_pixels: int) -> str | None:
    """Of the first `size` bytes of an open file, which are all; None: it is too large for that.

    Args:
        head: its first bytes, which tell what it is.
        max_pixels: scans with more are refused, so that larger files need no hash.

    Raises:
        EOFError: there are fewer by now.
    """
    if size > _most_hashed(sniff(head[:HEAD]), max_pixels):
        return None
    digest = hashlib.sha256()
    file.seek(0)
    while size and (chunk := file.read(min(size, 1 << 20))):
        digest.update(chunk)
        size -= len(chunk)
    if size:
        raise EOFError
    return digest.hexdigest()


def _most_hashed(kind: str | None, max_pixels: int) -> int:
    if kind is None:
        return _MOST_OF_OTHERS
    return _MOST_HASHED if kind in _IN_PAGES else max_file_bytes(max_pixels)
