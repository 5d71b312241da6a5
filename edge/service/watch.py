"""Classify every file that is put into a folder, for years, through crashes and power cuts.

The file of results is the journal: one JSON object a line, written in one piece and forced to disk
(fsync) before anything else happens. Whatever moment the process is killed at, a file either has
its whole line or none: a line cut short is removed at the next start, and its file is classified
again. So each file stands in the results exactly once, and none is lost.
"""

import argparse
import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec

from edge import NOTICE
from edge.app.inputs import is_companion, not_searched
from edge.console.exit_status import INTERRUPTED
from edge.console.messages import drop_output, results, say
from edge.console.streams import OutputError
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Outcome, classify_one
from edge.results.writers import record
from edge.saliency.picture_names import PICTURE
from edge.service.journal import FileState, GoneError, Journal

RESULTS = ".mri-edge-results.ndjson"
"""Where the results go in the watched folder if no other place is named."""

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
        self.unread: list[str] = []
        """What the system did not let the last look read, and why."""
        self.linked: list[str] = []
        """Links to folders, which the last look did not follow."""

    def ready(self, done: Callable[[FileState], bool]) -> list[FileState]:
        """Look once; files that have settled, the oldest first.

        Raises:
            OSError: the folder is gone.
        """
        now, found, pending = self._clock(), [], {}
        self.unread, self.linked = [], []
        for seen in self._list():
            if done(seen):
                continue
            before, since = self._pending.get(seen.path, (seen, now))
            if before != seen:
                since = now
            pending[seen.path] = seen, since
            if now - since >= self._settle:
                found.append(seen)
        self._pending = pending
        return sorted(found, key=lambda seen: (seen.mtime_ns, seen.path))

    def _list(self) -> Iterator[FileState]:
        folders = [self._path]
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
                if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.is_symlink() and entry.is_dir():
                        self.linked.append(entry.path)
                    elif entry.is_file() and not is_companion(entry.name):
                        stat = entry.stat()
                        yield FileState(entry.path, stat.st_size, stat.st_mtime_ns)
                except OSError as error:
                    self._refused(entry.path, error)

    def _refused(self, path: str, error: OSError) -> None:
        # These two say that it was removed since its name was read.
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            self.unread.append(f"{path}: cannot be read ({error.strerror or error})")


def run_watch(classifier: Classifier, args: argparse.Namespace) -> int:
    """`--watch`: runs until SIGTERM (status 0) or Ctrl-C (status 130)."""
    if not os.path.isdir(args.watch):
        return say(f"{args.watch}: is no folder; make it first")
    path = args.out or os.path.join(args.watch, RESULTS)
    try:
        journal = Journal(path, say)
    except EdgeError as error:
        return say(error)
    except OSError as error:
        return say(f"{path}: cannot be written ({error.strerror or error}); see --out")
    extra = None
    if args.explain:
        from edge.saliency.explain import prepare

        try:
            extra = prepare(args.explain, thumbnails=False)
        except OSError as error:
            return say(f"{args.explain}: cannot be written to ({error.strerror or error})")
    folder, status = Folder(args.watch, args.settle), 0
    own = os.path.realpath(path)
    skip = args.explain and os.path.realpath(args.explain) + os.sep

    waiting: dict[FileState, str | None] = {}

    def done(seen: FileState) -> bool:
        if journal.has(seen) or (seen in waiting and _lacks(waiting[seen])):
            return True
        real = os.path.realpath(seen.path)
        return real == own or real.endswith(PICTURE) or bool(skip and real.startswith(skip))

    try:
        held = _Sigterm()
        say(f"watching {args.watch}; results in {path}. {NOTICE}")
        _watch(classifier, folder, journal, done, extra, args, held, waiting)
    except _Stopped:
        pass
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OutputError:
        raise
    except EdgeError as error:
        status = say(error)
    except OSError as error:
        status = say(f"{path}: cannot be written ({error.strerror or error})")
    say("stopped; each result is on disk")
    journal.close()
    return status


def _lacks(package: str | None) -> bool:
    """Whether what a file waits for is still not there; None: it takes a restart."""
    return package is None or find_spec(package) is None


def _watch(classifier, folder: Folder, journal: Journal, done, extra, args, held, waiting) -> None:
    tell, gone = _Once(), False
    work = _Worker(classifier, journal, extra)
    while True:
        tell.look_again()
        ready = []
        try:
            journal.follow(make=gone)
            gone = False
            ready = folder.ready(done)
        except GoneError as error:
            gone = True
            tell(_waiting(journal.path, error))
        except OSError as error:
            tell(_waiting(args.watch, error))
        for problem in folder.unread:
            tell(f"{problem}; it will be tried again")
        if folder.linked:
            tell(not_searched(args.watch, sorted(folder.linked), "watch"))
        for seen, sha256, outcome in map(work, ready):
            if outcome is None:
                continue  # changed or touched meanwhile: the next look decides
            if outcome.unread:
                # A disk or a share may recover, and rights be given: only what is in it is final.
                tell(f"{outcome.error}; it will be tried again")
                continue
            if outcome.missing:
                # No line: the scan is not done. It comes again when the package is there; one that
                # is, and was not when this process looked for it, takes a new process.
                there = not _lacks(outcome.missing)
                waiting[seen] = None if there else outcome.missing
                then = "this is restarted" if there else "it is installed"
                say(f"{outcome.error}; the scan is tried again when {then}")
                continue
            with held:
                try:
                    line = journal.append(seen, sha256, record(outcome))
                except GoneError as error:
                    # No line, so its scan is not done and comes again.
                    gone = True
                    tell(_waiting(journal.path, error))
                    break
                if line is None:
                    continue
                _write(line)
                if outcome.error or outcome.extra_error:
                    say(outcome.error or outcome.extra_error)
        time.sleep(args.settle / 2)


class _Once:
    """Says what a look at the folder finds wrong, unless the look before it found the same."""

    def __init__(self):
        self._before: set[str] = set()
        self._now: set[str] = set()

    def __call__(self, message: str) -> None:
        if message not in self._before and message not in self._now:
            say(message)
        self._now.add(message)

    def look_again(self) -> None:
        """What is not found any more is forgotten: memory does not grow over the years."""
        self._before, self._now = self._now, set()


def _waiting(path: str, error: OSError) -> str:
    return f"{path}: {error.strerror or error}; waiting for it to come back"


def _write(line: str) -> None:
    try:
        print(line, file=results(), flush=True)
    except BrokenPipeError:
        # Nobody reads any more; the results on disk are what counts.
        drop_output()


class _Worker:
    """Hash and classify one file, and make sure that both saw the same."""

    def __init__(self, classifier: Classifier, journal: Journal, extra):
        self._classifier, self._journal, self._extra = classifier, journal, extra

    def __call__(self, seen: FileState) -> tuple[FileState, str, Outcome | None]:
        try:
            with open(seen.path, "rb") as file:
                sha256 = _sha256(file)
        except OSError as error:
            if not os.path.lexists(seen.path):
                return seen, "", None  # taken away
            reason = f"{seen.path}: cannot be read ({error.strerror or error})"
            return seen, "", Outcome(seen.path, None, reason, unread=True)
        if self._journal.has_content(seen.path, sha256):
            self._journal.remember(seen)
            return seen, sha256, None
        outcome = classify_one(self._classifier, seen.path, self._extra)
        try:
            stat = os.stat(seen.path)
        except OSError:
            return seen, sha256, None
        if (stat.st_size, stat.st_mtime_ns) != (seen.size, seen.mtime_ns):
            return seen, sha256, None
        return seen, sha256, outcome


def _sha256(file) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


class _Stopped(BaseException):
    """SIGTERM."""


class _Sigterm:
    """Raises `_Stopped` at SIGTERM, but not between a result on disk and the same one printed."""

    def __init__(self):
        self._holding = self._wanted = False
        signal.signal(signal.SIGTERM, self._stop)

    def __enter__(self) -> None:
        self._holding = True

    def __exit__(self, *_) -> None:
        self._holding = False
        if self._wanted:
            raise _Stopped

    def _stop(self, *_) -> None:
        self._wanted = True
        if not self._holding:
            raise _Stopped
