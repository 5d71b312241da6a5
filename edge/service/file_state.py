"""What a file is known by from one look at its folder to the next."""

import hashlib
import os
from dataclasses import dataclass


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

    @classmethod
    def of(cls, path: str, stat: os.stat_result) -> "FileState":
        return cls(path, stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns)

    def key(self, inode: bool = True) -> bytes:
        """16 bytes that stand for it, however its folder is spelt: what is remembered of it."""
        number = self.inode if inode else None
        return digest(f"{self.size} {self.mtime_ns} {number} {self.ctime_ns}", self.path)

    def is_as_before(self, now: os.stat_result) -> bool:
        """Whether it was not written to, nor replaced. Inodes are not asked: some wander."""
        before = self.size, self.mtime_ns, self.ctime_ns
        return before == (now.st_size, now.st_mtime_ns, now.st_ctime_ns)


def digest(facts: str, path: str) -> bytes:
    """16 bytes that stand for what is known of a file, however its folder is spelt."""
    text = f"{facts} {os.path.abspath(path)}"
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()
