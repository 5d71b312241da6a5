"""What a file that replaces another takes over from it."""

import os
import stat
from contextlib import suppress


def keep_rights(descriptor: int, target: str | os.PathLike) -> None:
    """Give an open file the owner and the permissions of the one that it is to replace.

    Else a file that its owner had closed to others would be open to them afterwards. Who may not
    give a file away keeps it. Where the group cannot be kept, another group gets no more than all
    others have. Where there is no such file, nothing is changed.
    """
    try:
        there = os.stat(target)
    except OSError:
        return
    mode = stat.S_IMODE(there.st_mode) & 0o777
    for owner in (there.st_uid, -1):
        try:
            os.fchown(descriptor, owner, there.st_gid)
            break
        except OSError:
            continue
    else:
        mode = mode & ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    with suppress(OSError):  # a file system without permissions
        os.fchmod(descriptor, mode)
