"""A file of lines that one program adds to: read anew, and its end mended after a crash.

A power cut may leave half a line, NULs for what was not written yet, or other bytes altogether.
What was begun as a line of ours is removed. What else stands at the end of a file of ours gets an
end and is passed over. Of no other file is a byte changed.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

from edge.model_file import bounded_json


class Lines(NamedTuple):
    """What was found in such a file."""

    taken: int
    """Lines that are ours."""
    passed: int
    """Lines that are none."""
    whole: int
    """Bytes up to the end of the last line that has one."""
    rest: bytes
    """What stands behind that."""


def read_lines(descriptor: int, take: Callable[[bytes], bool]) -> Lines:
    """Read an open file from its start.

    Args:
        take: is given each line with its end; says whether it is ours.

    Raises:
        OSError: it cannot be read.
    """
    whole, rest, taken, passed = 0, b"", 0, 0
    os.lseek(descriptor, 0, os.SEEK_SET)
    # Not by its name, which may lead elsewhere by now.
    with open(descriptor, "rb", closefd=False) as file:
        for line in file:
            if not line.endswith(b"\n"):
                rest = line
                break
            whole += len(line)
            own = take(line)
            taken, passed = taken + own, passed + (not own)
    return Lines(taken, passed, whole, rest)


def mend_end(
    descriptor: int, found: Lines, take: Callable[[bytes], bool], begin: bytes
) -> int | None:
    """Mend the end of a file that was read, and force it to disk.

    Args:
        begin: of each line of ours.

    Returns:
        How many lines that are none of ours it has more; None: it is no file of ours, and as it
        was.

    Raises:
        OSError: it cannot be written.
    """
    if not found.rest:
        return 0
    passed = 0
    if take(found.rest):  # an editor, or a crash, cost it no more than its end
        os.ftruncate(descriptor, found.whole + len(found.rest.rstrip(b"\0")))
        os.write(descriptor, b"\n")
    elif _was_cut(found.rest, begin):
        os.ftruncate(descriptor, found.whole)
    elif found.taken:
        os.write(descriptor, b"\n")
        passed = 1
    else:
        return None
    os.fsync(descriptor)
    return passed


def _was_cut(line: bytes, begin: bytes) -> bool:
    """Whether it is the beginning of a line, as a process leaves it that is killed in writing."""
    start = line.rstrip(b"\0")  # a power cut may keep a file's length and lose what was written
    if not start.startswith(begin):
        return begin.startswith(start)
    try:
        bounded_json.loads(start, bounded_json.LINE)
    except ValueError:
        return True
    return False
