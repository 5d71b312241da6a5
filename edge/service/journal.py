"""The results of `--watch` on disk, which are also its memory of what is done."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import EdgeError
from edge.model_file import bounded_json

_BEGIN = b'{"path": "'
"""Of each line: the key that `edge.results.writers.record` puts first."""


class RefusedError(EdgeError):
    """What is there must not be written to; says why and what to do."""


class GoneError(OSError):
    """The file of results has gone, and for now no other can be opened in its place."""


@dataclass(frozen=True)
class FileState:
    """A file as the folder's listing shows it."""

    path: str
    size: int
    mtime_ns: int

    def key(self) -> bytes:
        """16 bytes that stand for it, however its folder is spelt: what is remembered of it."""
        text = f"{self.size} {self.mtime_ns} {os.path.abspath(self.path)}"
        return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


class Journal:
    """The results on disk, and which files they are about.

    Args:
        path: made if it is not there; one process at a time may hold it.
        say: takes what the user should know about that file.

    Raises:
        RefusedError: another process holds it, or it is no file of results, or no regular file.
        OSError: the file cannot be read or written.
    """

    def __init__(self, path: str, say: Callable[[str], object] = lambda message: None):
        self.path, self._say = path, say
        self._file: int | None = None
        self._keys: set[bytes] = set()
        self.damaged = 0
        """Lines that are no results: left where they are, and passed over."""
        self._open()

    def __len__(self) -> int:
        return len(self._keys)

    def has(self, seen: FileState) -> bool:
        """Whether that very file (path, size, time of change) has its result."""
        return seen.key() in self._keys

    def has_content(self, path: str, sha256: str) -> bool:
        """Whether that path with that content has its result, whatever its time of change."""
        return _content_key(path, sha256) in self._keys

    def remember(self, seen: FileState) -> None:
        """Take a file as done without a line of its own: it was only touched."""
        self._keys.add(seen.key())

    def append(self, seen: FileState, sha256: str, result: dict) -> str | None:
        """Write one result; on return it is on disk. Returns the line, without its end.

        None: another file has come to the journal's path, and the result stands in it.

        Raises:
            GoneError, RefusedError: as `follow`; the result is not written.
            OSError: it cannot be written, as to a full disk.
        """
        self.follow(make=True)
        if self.has_content(seen.path, sha256):
            return None
        facts = {"size": seen.size, "mtime_ns": seen.mtime_ns, "sha256": sha256}
        # The result's own path may be relative, and begins as --watch was spelt.
        line = json.dumps({**result, "file": {"path": os.path.abspath(seen.path), **facts}})
        data = f"{line}\n".encode()
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)
        self._note(seen, sha256)
        return line

    def follow(self, make: bool = False) -> None:
        """Go on with the file that is at the path now, if it is not the one in hand.

        What was moved or deleted takes its memory along: what counts is what the path's file says.

        Args:
            make: False: a file that has gone is not made again yet. Who deletes the folder would
                else find that it is never empty.

        Raises:
            GoneError: it cannot be told what is there, or that cannot be opened; may be tried
                again.
            RefusedError: what is there is not to be written to.
        """
        try:
            self._follow(make)
        except OSError as error:
            raise GoneError(error.errno, error.strerror or str(error)) from error

    def close(self) -> None:
        """Let others have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _follow(self, make: bool) -> None:
        try:
            there = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            there = None
        if self._file is not None:
            if there is not None and _is_open_as(self._file, there):
                return
            self.close()
            self._keys.clear()
            self._say(
                f"{self.path}: was moved, deleted or replaced; results go on in the file that is "
                "there now, or in a new one"
            )
        if make or there is not None:
            self._open()

    def _open(self) -> None:
        # Asked first: to open a device may do something, and to read a pipe would wait for ever.
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise RefusedError(
                f"{self.path}: is a pipe, a device or the like, and --watch must find its results "
                "again; name a regular file with --out"
            )
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(file)
            _sync_folder(os.path.dirname(self.path) or ".")
        except BaseException as error:
            os.close(file)
            self._keys.clear()
            if isinstance(error, BlockingIOError):
                raise RefusedError(
                    f"{self.path}: another edge-classify is writing to it; stop that one first"
                ) from None
            raise
        self._file = file
        if self.damaged:
            self._say(f"{self.path}: {self.damaged} lines are no results and are passed over")

    def _note(self, seen: FileState, sha256: str) -> None:
        self._keys.add(seen.key())
        self._keys.add(_content_key(seen.path, sha256))

    def _read(self, descriptor: int) -> None:
        whole, rest = 0, b""
        self.damaged = 0
        # Not by its name, which may lead elsewhere by now.
        with open(descriptor, "rb", closefd=False) as file:
            for line in file:
                if not line.endswith(b"\n"):
                    rest = line
                    break
                whole += len(line)
                self.damaged += not self._take(line)
        if not rest:
            return
        if self._take(rest):  # an editor, or a crash, cost it no more than its end
            os.write(descriptor, b"\n")
        elif _was_cut(rest):
            os.ftruncate(descriptor, whole)
        else:
            raise RefusedError(
                f"{self.path}: is no file of results (its last line has no end, and is none of "
                "theirs); name another with --out"
            )
        os.fsync(descriptor)

    def _take(self, line: bytes) -> bool:
        """Note the result that a line is; False: it is none."""
        try:
            facts = bounded_json.loads(line, bounded_json.LINE)["file"]
            seen = FileState(str(facts["path"]), facts["size"], facts["mtime_ns"])
            self._note(seen, str(facts["sha256"]))
        except (ValueError, TypeError, KeyError):
            return False
        return True


def _was_cut(line: bytes) -> bool:
    """Whether it is the beginning of a result, as a process leaves it that is killed in writing."""
    start = line.rstrip(b"\0")  # a power cut may keep a file's length and lose what was written
    if not start.startswith(_BEGIN):
        return _BEGIN.startswith(start)
    try:
        bounded_json.loads(start, bounded_json.LINE)
    except ValueError:
        return True
    return False


def _is_open_as(descriptor: int, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), there)
    except OSError:  # a share's handle of a file that its server has deleted
        return False


def _content_key(path: str, sha256: str) -> bytes:
    text = f"{sha256} {os.path.abspath(path)}"
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the name of a new file is in its folder
    finally:
        os.close(descriptor)
