"""One process at a time writes a folder: a lock that vanishes with the process that holds it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where nothing is locked
    fcntl = None

LOCK = "lock"
"""Name of the file in a locked folder. It may outlive its process; the lock on it does not."""
_ATTEMPTS, _PAUSE = 5, 0.02
"""How often a lock is tried, and seconds between: `is_locked` of others holds it for a moment."""


def is_locked(folder: Path) -> bool:
    """Whether a process that is alive holds the folder's lock."""
    if fcntl is None:
        return False
    try:
        with open(folder / LOCK) as file:
            return not _take(file.fileno())
    except OSError:
        return False


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Make `folder` and hold its lock in the block; yields False if another process holds it.

    The folder may be renamed or removed in the block.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    own_parent = not folder.parent.exists()
    folder.mkdir(parents=True, exist_ok=True)
    file = _opened(folder) if fcntl else None
    try:
        yield fcntl is None or file is not None
    finally:
        if file is not None:
            os.close(file)
        if own_parent:
            with suppress(OSError):  # it holds something
                folder.parent.rmdir()


def _opened(folder: Path) -> int | None:
    """A descriptor that holds the lock, or None if another process does."""
    while True:
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        if not _take_soon(file):
            os.close(file)
            return None
        try:
            if os.path.samestat(os.stat(folder / LOCK), os.fstat(file)):
                return file
        except FileNotFoundError:
            pass
        # Its holder has just ended and taken the folder away: this lock is of what is gone.
        os.close(file)
        folder.mkdir(parents=True, exist_ok=True)


def _take_soon(file: int) -> bool:
    for _ in range(_ATTEMPTS):
        if _take(file):
            return True
        time.sleep(_PAUSE)
    return False


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: as on Windows
    return True
