"""What the system tells of a watched folder, so that not all of it need be looked at each time.

Events are hints and no more: they say which names to look at. Whether a file is whole and not yet
done is found as ever, and now and then everything is looked at, for an event may be lost.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

_EVERYTHING = 600.0
"""Seconds between two looks at all files where the system tells which were changed."""
_PAUSE = 4.0
"""Times what a look at all files took of the processor, until the next one: a fifth of a core."""

_MOST = 100_000
"""Names that are remembered between two looks; if there are more, all is looked at."""
_REMOTE = (
    "nfs",
    "cifs",
    "smb",
    "fuse",
    "9p",
    "ceph",
    "lustre",
    "gluster",
    "afs",
    "vboxsf",
    "prl_fs",
)
"""How the names of file systems begin on which others write, of which Linux hears nothing."""


class Hints:
    """Where to look in a watched folder: at what the system tells, or at everything.

    Args:
        settle: seconds that a file must stay unchanged; half of that is between two looks.
        clock: seconds that only ever grow.
    """

    def __init__(self, path: str, settle: float, clock: Callable[[], float] = time.monotonic):
        self._path, self._pace, self._clock = path, settle / 2, clock
        self._changes: Changes | None = None
        self._last: float | None = None
        self.how = ""
        """How the folder is watched, and why so, in words."""
        self._begin()

    def changed(self, everything: bool, anew: bool) -> set[str] | None:
        """What to look at now; None: everything.

        Args:
            everything: what is known of the files counts no more.
            anew: the folder was away, and with it what the system was asked to tell.
        """
        if self._changes is None:
            return None
        names = self._changes.take()
        try:
            if anew or not self._changes.is_of(os.stat(self._path)):
                self.close()
                self._begin()
                names = None
        except OSError:
            return None
        now = self._clock()
        if everything or names is None or self._last is None or now - self._last >= _EVERYTHING:
            self._last = now
            return None
        return names

    def pause(self, took: float) -> float:
        """Seconds until the next look, after one that took so many of the processor."""
        return self._pace if self._changes else max(self._pace, _PAUSE * took)

    def close(self) -> None:
        """Hear no more."""
        if self._changes is not None:
            self._changes.close()
            self._changes = None

    def _begin(self) -> None:
        reason = why_polled(self._path)
        if reason is None:
            try:
                self._changes = Changes(self._path)
            except OSError as error:
                reason = f"inotify cannot be had: {error.strerror or error}"
        self.how = f"polled, for {reason}" if reason else "by inotify"


class Changes:
    """Names of files and folders below a folder that were changed.

    Raises:
        OSError: the system has no more watches, or does not let a folder be watched.
    """

    def __init__(self, path: str):
        from watchdog.events import (
            DirCreatedEvent,
            DirMovedEvent,
            FileAttribEvent,
            FileClosedEvent,
            FileCreatedEvent,
            FileModifiedEvent,
            FileMovedEvent,
        )
        from watchdog.observers.inotify import InotifyObserver

        self._path, self._real = path, os.path.realpath(path)
        self._names: set[str] = set()
        self._top, self._lost = os.stat(path), _Lost()
        logging.getLogger("watchdog").addHandler(self._lost)
        logging.getLogger("watchdog").propagate = False
        self._observer = InotifyObserver()
        wanted = [DirCreatedEvent, DirMovedEvent, FileAttribEvent, FileClosedEvent]
        wanted += [FileCreatedEvent, FileModifiedEvent, FileMovedEvent]
        self._observer.schedule(self, self._real, recursive=True, event_filter=wanted)
        self._observer.start()

    def dispatch(self, event) -> None:
        """Called by watchdog's thread with each event."""
        for name in (event.src_path, event.dest_path):
            if name and not os.path.basename(name).startswith("."):
                self._names.add(os.fsdecode(name))

    def take(self) -> set[str] | None:
        """What was changed since the last call, as below the folder; None: look at everything."""
        names, self._names = self._names, set()
        lost, self._lost.events = self._lost.events, False
        if lost or len(names) > _MOST or not self._observer.is_alive():
            return None
        inside = self._real + os.sep
        return {self._path + name[len(self._real) :] for name in names if name.startswith(inside)}

    def is_of(self, top: os.stat_result) -> bool:
        """Whether that is the folder whose changes are told, and no other of its name."""
        # A new folder may have the number of the one before, whose end stops watchdog's thread.
        heard = all(emitter.is_alive() for emitter in self._observer.emitters)
        return heard and os.path.samestat(self._top, top)

    def close(self) -> None:
        """Hear no more."""
        logging.getLogger("watchdog").removeHandler(self._lost)
        self._observer.stop()
        self._observer.join(2)


class _Lost(logging.Handler):
    """Watchdog says in its log, and nowhere else, that the system's queue was full."""

    events = False

    def emit(self, record: logging.LogRecord) -> None:
        self.events = self.events or record.levelno >= logging.WARNING


def why_polled(path: str, mounts: str = "/proc/self/mountinfo") -> str | None:
    """Why the system's word is not enough for a folder; None: it is."""
    if not sys.platform.startswith("linux"):
        return "this system has no inotify"
    if find_spec("watchdog") is None:
        return "watchdog is not installed: pip install 'mri-edge[watch]'"
    real = os.path.realpath(path)
    for point, kind in _mounted(mounts):
        above = real == point or real.startswith(point.rstrip(os.sep) + os.sep)
        if kind.startswith(_REMOTE) and (above and _is_nearest(real, point, mounts)):
            return f"{point} is a share ({kind}), whose changes by others no system tells"
        if kind.startswith(_REMOTE) and point.startswith(real + os.sep):
            return f"{point} in it is a share ({kind}), whose changes by others no system tells"
    return None


def _is_nearest(real: str, point: str, mounts: str) -> bool:
    """Whether no other mount lies between a mount point and the folder."""
    return not any(
        other.startswith(point.rstrip(os.sep) + os.sep)
        and (real == other or real.startswith(other.rstrip(os.sep) + os.sep))
        for other, _ in _mounted(mounts)
        if other != point
    )


def _mounted(mounts: str) -> Iterator[tuple[str, str]]:
    """Mount points and their kinds (proc(5), mountinfo)."""
    try:
        with open(mounts, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, kind = before.split(b" "), after.split(b" ")[0]
        if len(fields) > 4:
            point = fields[4].decode("unicode_escape").encode("latin-1")  # a space is \040
            yield os.fsdecode(point), kind.decode(errors="replace")
