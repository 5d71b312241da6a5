"""Files that were touched since their results were written: done, without a line of their own."""

from dataclasses import dataclass

from edge.journal.file_state import FileState

_RESTLESS = 3
"""Times that a file was found to be the same but for its inode, after which its file system is one
that numbers files anew as it likes (some shares, FAT), and the number counts no more."""


@dataclass
class _Now:
    """What such a file is like now."""

    key: bytes
    calm: bytes
    """Its key without the inode."""
    times: int = 1


class Touched:
    """One state is kept of each path: memory does not grow with the number of touches."""

    def __init__(self):
        self._files: dict[bytes, _Now] = {}

    def has(self, seen: FileState) -> bool:
        """Whether it is one of them, and was not touched since."""
        touched = self._files.get(seen.digest("")) if self._files else None
        if touched is None:
            return False
        calm = touched.times >= _RESTLESS and touched.calm == seen.key(inode=False)
        return calm or touched.key == seen.key()

    def add(self, seen: FileState) -> None:
        """It has the content that its result is about."""
        place, calm = seen.digest(""), seen.key(inode=False)
        before = self._files.get(place)
        times = before.times + 1 if before is not None and before.calm == calm else 1
        self._files[place] = _Now(seen.key(), calm, times)

    def clear(self) -> None:
        """Forget all."""
        self._files.clear()
