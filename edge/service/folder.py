"""Finds the files of a watched folder that are whole and not yet done."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator

from edge.app.inputs import is_companion
from edge.files.walk_folders import is_companion_folder
from edge.journal.file_state import FileState

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""Ends of the names that programs give to files they are still writing."""


class Folder:
    """Finds the files of a folder, and of those below it, that are whole and not yet done.

    Args:
        path: of the folder; results name files below it as `path/...`.
        settle: seconds for which a file's size and time of change must stay the same.
        clock: seconds that only ever grow. Not the time of day: a board without a battery-backed
            clock gets that wrong.
    """

    def __init__(self, path: str, settle: float, clock: Callable[[], float] = time.monotonic):
        self._path, self._settle, self._clock = path, settle, clock
        self._pending: dict[str, tuple[FileState, float]] = {}
        self._refused_before: list[str] = []
        self.unread: list[str] = []
        """What the system did not let the last look read, and why."""
        self.linked: list[str] = []
        """Links to folders, which the last look did not follow."""
        self.odd: list[str] = []
        """What is neither a file nor a folder: it was not opened."""
        self._mounted = False

    def ready(
        self, done: Callable[[FileState], bool], among: Iterable[str] | None = None
    ) -> list[FileState]:
        """Look once; files that have settled, the oldest first.

        Args:
            among: look only at these files and folders, and at what was not done or could not be
                read before; None: at everything.

        Raises:
            OSError: the folder is gone, or what was mounted there is not any more.
        """
        mounted = os.path.ismount(self._path)
        if self._mounted and not mounted:
            raise OSError(errno.ENODEV, "what was mounted there is not any more")
        self._mounted = mounted
        now, found, pending = self._clock(), [], {}
        again = {*self._pending, *self._refused_before}
        self.unread, self.linked, self.odd, self._refused_before = [], [], [], []
        for seen in self._list([self._path]) if among is None else self._those({*among, *again}):
            if done(seen):
                continue
            before, since = self._pending.get(seen.path, (seen, now))
            # Not its inode, which wanders on some shares.
            if (before.size, before.mtime_ns) != (seen.size, seen.mtime_ns):
                since = now
            pending[seen.path] = seen, since
            if now - since >= self._settle:
                found.append(seen)
        self._pending = pending
        return sorted(found, key=lambda seen: (seen.mtime_ns, seen.path))

    def _those(self, paths: Iterable[str]) -> Iterator[FileState]:
        os.stat(self._path)  # that it is gone is to be noticed
        for path in sorted(paths):
            *folders, name = os.path.relpath(path, self._path).split(os.sep)
            if not any(one.startswith(".") or is_companion_folder(one) for one in folders):
                yield from self._look(path, name)

    def _list(self, folders: list[str]) -> Iterator[FileState]:
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = list(listing)
            except OSError as error:
                if folder == self._path:
                    raise
                self._refused(folder, error)
                continue
            for entry in entries:
                yield from self._file(entry, folders)

    def _look(self, path: str, name: str) -> Iterator[FileState]:
        folders: list[str] = []
        yield from self._file(_Entry(path, name), folders)
        yield from self._list(folders)

    def _file(self, entry: "os.DirEntry | _Entry", folders: list[str]) -> Iterator[FileState]:
        """The file that an entry is, if it may be a scan; folders are added to those to list."""
        if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
            return
        try:
            if is_companion_folder(entry.name) and entry.is_dir():
                return
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_symlink() and entry.is_dir():
                self.linked.append(entry.path)
            elif entry.is_file():
                if not is_companion(entry.name):
                    yield FileState.of(entry.path, entry.stat())
            elif os.path.exists(entry.path):
                self.odd.append(entry.path)
        except OSError as error:
            self._refused(entry.path, error)

    def _refused(self, path: str, error: OSError) -> None:
        # These two say that it was removed since its name was read.
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            self.unread.append(f"{path}: cannot be read ({error.strerror or error})")
            self._refused_before.append(path)


class _Entry:
    """One path, as `os.scandir` shows it."""

    def __init__(self, path: str, name: str):
        self.path, self.name = path, name

    def is_dir(self, follow_symlinks: bool = True) -> bool:
        """Raises OSError, as the others, if nothing can be told of it."""
        return stat.S_ISDIR(os.stat(self.path, follow_symlinks=follow_symlinks).st_mode)

    def is_symlink(self) -> bool:
        return os.path.islink(self.path)

    def is_file(self) -> bool:
        return os.path.isfile(self.path)

    def stat(self) -> os.stat_result:
        return os.stat(self.path)
