"""What a file is known by from one look at its folder to the next."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class FileState:
    """A file as the system shows it."""

    path: str
    size: int
    mtime_ns: int
    inode: int | None = None
    """None: of a line that was written before it was noted."""
    ctime_ns: int | None = None
    """When the system last noted a change of it, which no program can set."""

    is_remote = False
    """Whether it is on no disk, and `os.stat` knows nothing of it."""

    @classmethod
    def of(cls, path: str, stat: os.stat_result) -> "FileState":
        return cls(path, stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns)

    def key(self, inode: bool = True) -> bytes:
        """16 bytes that stand for it, however its folder is spelt: what is remembered of it."""
        if inode:
            return self._key
        return self.digest(f"{self.size} {self.mtime_ns} None {self.ctime_ns}")

    def digest(self, facts: str) -> bytes:
        """16 bytes that stand for its path and something that is known of it."""
        return digest_of(facts.encode(), self._absolute)

    def is_as_before(self, now: os.stat_result) -> bool:
        """Whether it was not written to, nor replaced. Inodes are not asked: some wander."""
        before = self.size, self.mtime_ns, self.ctime_ns
        return before == (now.st_size, now.st_mtime_ns, now.st_ctime_ns)

    def __reduce__(self):
        # Between processes, a thousand times a second: without names, and what is cached.
        return FileState, (self.path, self.size, self.mtime_ns, self.inode, self.ctime_ns)

    @cached_property
    def _key(self) -> bytes:
        return self.digest(f"{self.size} {self.mtime_ns} {self.inode} {self.ctime_ns}")

    @property
    def place(self) -> str:
        """Its path however its folder is spelt; of a URL that itself."""
        return self.path if _is_url(self.path) else os.path.abspath(self.path)

    @cached_property
    def _absolute(self) -> bytes:
        return os.fsencode(self.place)


def _is_url(path: str) -> bool:
    return "://" in path and not path.startswith(os.sep)


def digest_of(facts: bytes, path: bytes) -> bytes:
    """16 bytes that stand for an absolute path and something that is known of it."""
    return hashlib.blake2b(b"%b %b" % (facts, path), digest_size=16).digest()
