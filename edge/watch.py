"""Classify every file that is put into a folder, for years, through crashes and power cuts.

The file of results is the journal: one JSON object a line, written in one piece and forced to disk
(fsync) before anything else happens. Whatever moment the process is killed at, a file either has
its whole line or none: a line cut short is removed at the next start, and its file is classified
again. So each file stands in the results exactly once, and none is lost.
"""

import argparse
import fcntl
import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge import NOTICE
from edge.classifier import Classifier
from edge.cli import drop_output, say
from edge.errors import EdgeError
from edge.inputs import PICTURE
from edge.output import record
from edge.pipeline import Outcome, classify_one
from edge.quiet import OutputError

RESULTS = ".mri-edge-results.ndjson"
"""Where the results go in the watched folder if no other place is named."""

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""Ends of the names that programs give to files they are still writing."""


@dataclass(frozen=True)
class Seen:
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

    Raises:
        OSError: the file cannot be read or written, or another process holds it.
    """

    def __init__(self, path: str):
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._keys: set[bytes] = set()
        self.damaged = 0
        """Lines that are no results: left where they are, and passed over."""
        self._read()
        _sync_folder(os.path.dirname(path) or ".")

    def __len__(self) -> int:
        return len(self._keys)

    def has(self, seen: Seen) -> bool:
        """Whether that very file (path, size, time of change) has its result."""
        return seen.key() in self._keys

    def has_content(self, path: str, sha256: str) -> bool:
        """Whether that path with that content has its result, whatever its time of change."""
        return _content_key(path, sha256) in self._keys

    def remember(self, seen: Seen) -> None:
        """Take a file as done without a line of its own: it was only touched."""
        self._keys.add(seen.key())

    def append(self, seen: Seen, sha256: str, result: dict) -> str:
        """Write one result; on return it is on disk. Returns the line, without its end."""
        facts = {"size": seen.size, "mtime_ns": seen.mtime_ns, "sha256": sha256}
        # The result's own path may be relative, and begins as --watch was spelt.
        line = json.dumps({**result, "file": {"path": os.path.abspath(seen.path), **facts}})
        data = f"{line}\n".encode()
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)
        self._note(seen, sha256)
        return line

    def close(self) -> None:
        """Let others have it."""
        os.close(self._file)

    def _note(self, seen: Seen, sha256: str) -> None:
        self._keys.add(seen.key())
        self._keys.add(_content_key(seen.path, sha256))

    def _read(self) -> None:
        whole = 0
        with open(self.path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # the process was killed while it wrote this
                whole += len(line)
                try:
                    result = json.loads(line)
                    facts = result["file"]
                    seen = Seen(str(facts["path"]), facts["size"], facts["mtime_ns"])
                    self._note(seen, str(facts["sha256"]))
                except (ValueError, TypeError, KeyError):
                    self.damaged += 1
        if os.fstat(self._file).st_size > whole:
            os.ftruncate(self._file, whole)
            os.fsync(self._file)


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
        self._pending: dict[str, tuple[Seen, float]] = {}

    def ready(self, done: Callable[[Seen], bool]) -> list[Seen]:
        """Look once; files that have settled, the oldest first.

        Raises:
            OSError: the folder is gone.
        """
        now, found, pending = self._clock(), [], {}
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

    def _list(self) -> Iterator[Seen]:
        folders = [self._path]
        while folders:
            folder = folders.pop()
            try:
                entries = os.scandir(folder)
            except OSError:
                if folder == self._path:
                    raise
                continue  # removed meanwhile
            with entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED):
                        continue
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif entry.is_file():
                            stat = entry.stat()
                            yield Seen(entry.path, stat.st_size, stat.st_mtime_ns)
                    except OSError:
                        continue  # removed meanwhile


def run_watch(classifier: Classifier, args: argparse.Namespace) -> int:
    """`--watch`: runs until SIGTERM (status 0) or Ctrl-C (status 130)."""
    if not os.path.isdir(args.watch):
        return say(f"{args.watch}: is no folder; make it first")
    path = args.out or os.path.join(args.watch, RESULTS)
    try:
        journal = Journal(path)
    except BlockingIOError:
        return say(f"{path}: another edge-classify is writing to it; stop that one first")
    except OSError as error:
        return say(f"{path}: cannot be written ({error.strerror or error}); see --out")
    if journal.damaged:
        say(f"{path}: {journal.damaged} lines are no results and are passed over")
    extra = None
    if args.explain:
        from edge.explain import prepare

        try:
            extra = prepare(args.explain, thumbnails=False)
        except OSError as error:
            return say(f"{args.explain}: cannot be written to ({error.strerror or error})")
    folder, status = Folder(args.watch, args.settle), 0
    own = os.path.realpath(path)
    skip = args.explain and os.path.realpath(args.explain) + os.sep

    def done(seen: Seen) -> bool:
        if journal.has(seen):
            return True
        real = os.path.realpath(seen.path)
        return real == own or real.endswith(PICTURE) or bool(skip and real.startswith(skip))

    try:
        held = _Sigterm()
        say(f"watching {args.watch}; results in {path}. {NOTICE}")
        _watch(classifier, folder, journal, done, extra, args, held)
    except _Stopped:
        pass
    except KeyboardInterrupt:
        status = 130
    except OutputError:
        raise
    except EdgeError as error:
        status = say(error)
    except OSError as error:
        status = say(f"{path}: cannot be written ({error.strerror or error})")
    say("stopped; each result is on disk")
    journal.close()
    return status


def _watch(classifier, folder: Folder, journal: Journal, done, extra, args, held) -> None:
    missing, told = False, set()
    work = _Worker(classifier, journal, extra)
    while True:
        try:
            ready, missing = folder.ready(done), False
        except OSError as error:
            if not missing:
                say(f"{args.watch}: {error.strerror or error}; waiting for it to come back")
            ready, missing = [], True
        unread = set()
        for seen, sha256, outcome in map(work, ready):
            if outcome is None:
                continue  # changed or touched meanwhile: the next look decides
            if outcome.unread:
                # A disk or a share may recover, and rights be given: only what is in it is final.
                unread.add(seen)
                if seen not in told:
                    say(f"{outcome.error}; it will be tried again")
                continue
            with held:
                _write(journal.append(seen, sha256, record(outcome)))
                if outcome.error or outcome.extra_error:
                    say(outcome.error or outcome.extra_error)
        told = unread  # no more than is there: of each file once, for as long as it cannot be read
        time.sleep(args.settle / 2)


def _write(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # Nobody reads any more; the results on disk are what counts.
        drop_output()


class _Worker:
    """Hash and classify one file, and make sure that both saw the same."""

    def __init__(self, classifier: Classifier, journal: Journal, extra):
        self._classifier, self._journal, self._extra = classifier, journal, extra

    def __call__(self, seen: Seen) -> tuple[Seen, str, Outcome | None]:
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


def _content_key(path: str, sha256: str) -> bytes:
    text = f"{sha256} {os.path.abspath(path)}"
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the name of a new file is in its folder
    finally:
        os.close(descriptor)


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
