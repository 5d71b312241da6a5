"""What a file that replaces another takes over from it."""

import os
import stat
from contextlib import suppress


def keep_rights(descriptor: int, target: str | os.PathLike) -> None:
    """Give an open file the owner and the permissions of the one that it is to replace.

    Else a file that its owner had closed to others would be open to them afterwards. Where there is
    no such file, or the file system or the owner does not allow it, nothing is changed.
    """
    with suppress(OSError):
        there = os.stat(target)
        with suppress(OSError):
            os.fchown(descriptor, there.st_uid, there.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(there.st_mode))
