"""Folders that hold data of patients: made for their owner alone, locked, forced to disk."""

import fcntl
import os

from edge.errors import EdgeError


class FolderError(EdgeError):
    """A folder cannot be used; says why and what to do."""


def make_folder(path: str) -> bool:
    """Make a folder that others cannot look into; returns whether it was not there.

    Only the last of its names is made. The folder around it must be there: it is missing where the
    name is mistyped, or a disk is not mounted. The rights of a folder that is there stay.

    Raises:
        FolderError: it is none, or cannot be made.
    """
    if os.path.isdir(path):
        return False
    around = os.path.dirname(os.path.abspath(path))
    if os.path.lexists(path):
        raise FolderError(f"{path}: is no folder")
    if not os.path.isdir(around):
        raise FolderError(f"{path}: {around} is no folder; make it first")
    try:
        os.mkdir(path, mode=0o700)
    except FileExistsError:
        return False  # by another process meanwhile
    except OSError as error:
        raise FolderError(f"{path}: cannot be made ({error.strerror or error})") from None
    return True


def open_alone(path: str, mode: int = 0o600) -> int | None:
    """Open a file to add to, and lock it until it is closed; None: another process has it.

    The lock is shared with processes that are forked meanwhile, unless they close it.

    Raises:
        OSError: it cannot be opened.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, mode)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException as error:
        os.close(file)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return file


def sync_folder(path: str) -> None:
    """Force the names in a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
