"""The results of `--watch` and `--resume` on disk, which are also their memory of what is done."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress

from edge.errors import EdgeError
from edge.journal.file_state import FileState
from edge.journal.line_file import mend_end, read_lines
from edge.journal.result_line import BEGIN, read_line, write_line
from edge.journal.touched import Touched


class RefusedError(EdgeError):
    """What is there must not be written to; says why and what to do."""


class GoneError(OSError):
    """The file of results has gone, and for now no other can be opened in its place."""


_MODELS = 8
"""Different ones of which results are told apart."""


class Journal:
    """The results on disk, and which files they are about.

    Args:
        path: made if it is not there; one process at a time may hold it.
        say: takes what the user should know about that file.
        alone: whether it must be empty or hold results of journals and nothing else but what a
            crash leaves; else lines that are none are passed over.

    Raises:
        RefusedError: another process holds it, or it is no file of results, or no regular file.
        OSError: the file cannot be read or written.
    """

    def __init__(
        self,
        path: str,
        say: Callable[[str], object] = lambda message: None,
        alone: bool = False,
    ):
        self.path, self._say, self._alone = path, say, alone
        self._file: int | None = None
        self._keys: set[bytes] = set()
        self._touched = Touched()
        self._end = 0
        self.damaged = 0
        """Lines that are no results: left where they are, and passed over."""
        self.lives = 0
        """Times that what is done was forgotten, with the file that said so."""
        self.failed = 0
        """Results of files that could not be read, or were rejected."""
        self.models: set[str] = set()
        """SHA-256 of the payloads of the models whose verdicts are there, the first few."""
        self._open()

    def __len__(self) -> int:
        return len(self._keys)

    def has(self, seen: FileState) -> bool:
        """Whether that very file (path, size, times, inode) has its result."""
        return seen.key() in self._keys or self._touched.has(seen)

    def has_content(self, path: str, sha256: str) -> bool:
        """Whether that path with that content has its result, whatever its time of change."""
        return FileState(path, 0, 0).digest(sha256) in self._keys

    def remember(self, seen: FileState) -> None:
        """Take a file as done without a line of its own: it was only touched.

        One state is kept of each path: memory does not grow with the number of touches.
        """
        self._touched.add(seen)

    def knows(self, key: bytes) -> bool:
        """Whether a file of that key has its result."""
        return key in self._keys

    @property
    def descriptor(self) -> int | None:
        """Of the open file, which a forked process must close: its lock is shared."""
        return self._file

    def append(
        self, seen: FileState, sha256: str | None, result: dict, sync: bool = True
    ) -> str | None:
        """Write one result; on return it is on disk. Returns the line, without its end.

        None: another file has come to the journal's path, and the result stands in it.

        Args:
            sha256: None: the file is too large to be hashed.
            sync: False: it is in the system's hands, and outlives this process, but not a power
                cut; `sync` forces it to disk, or the next one that does.

        Raises:
            GoneError, RefusedError: as `follow`; the result is not written.
            OSError: it cannot be written, as to a full disk.
        """
        self.follow(make=True)
        if sha256 is not None and seen.digest(sha256) in self._keys:
            return None
        line = write_line(result, seen, sha256)
        data = f"{line}\n".encode()
        end = self._end + len(data)
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)  # half a line would wait for the next start
            raise
        if sync:
            os.fsync(self._file)
        self._end = end
        self._note(seen, sha256)
        self.failed += result.get("verdict") in (None, "rejected")
        return line

    def sync(self) -> None:
        """Force to disk what was written."""
        if self._file is not None:
            os.fsync(self._file)

    def follow(self, make: bool = False) -> None:
        """Go on with the file that is at the path now, if it is not the one in hand.

        What was moved, deleted or cut short takes its memory along: what counts is what the path's
        file says.

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
                if there.st_size < self._end:
                    self._forget()
                    self._read(self._file)
                    self._say(
                        f"{self.path}: was cut short by another program; files whose results are "
                        "gone are classified again"
                    )
                return
            self.close()
            self._forget()
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
                f"{self.path}: is a pipe, a device or the like, and results must be found again; "
                "name a regular file with --out"
            )
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(file)
            _sync_folder(os.path.dirname(self.path) or ".")
        except BaseException as error:
            os.close(file)
            self._forget()
            if isinstance(error, BlockingIOError):
                raise RefusedError(
                    f"{self.path}: another edge-classify is writing to it; stop that one first"
                ) from None
            raise
        self._file = file
        if self.damaged:
            self._say(f"{self.path}: {self.damaged} lines are no results and are passed over")

    def _forget(self) -> None:
        self._keys.clear()
        self._touched.clear()
        self.models.clear()
        self.failed = 0
        self.lives += 1

    def _note(self, seen: FileState, sha256: str | None) -> None:
        self._keys.add(seen.key())
        if sha256 is not None:
            self._keys.add(seen.digest(sha256))

    def _read(self, descriptor: int) -> None:
        """Note the results in an open file, and mend its end.

        Raises:
            RefusedError: it is no file of results; of such no byte is changed.
        """
        found = read_lines(descriptor, self._take)
        self.damaged, self._end = found.passed, found.whole
        if self._alone and found.passed and not found.taken:
            raise RefusedError(
                f"{self.path}: is no file of results that can be gone on with (only --resume and "
                "--watch write such); name another with --out"
            )
        more = mend_end(descriptor, found, self._take, BEGIN)
        if more is None:
            raise RefusedError(
                f"{self.path}: is no file of results (its last line has no end, and is none of "
                "theirs); name another with --out"
            )
        if found.rest:
            self.damaged += more
            self._end = os.fstat(descriptor).st_size

    def _take(self, line: bytes) -> bool:
        """Note the result that a line is; False: it is none."""
        found = read_line(line)
        if found is None:
            return False
        self._keys.add(found.key)
        if found.content is not None:
            self._keys.add(found.content)
        self.failed += found.failed
        if found.model_sha256 is not None and len(self.models) < _MODELS:
            self.models.add(found.model_sha256)
        return True


def _is_open_as(descriptor: int, there: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), there)
    except OSError:  # a share's handle of a file that its server has deleted
        return False


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the name of a new file is in its folder
    finally:
        os.close(descriptor)
