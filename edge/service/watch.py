"""Classify every file that is put into a folder, for years, through crashes and power cuts.

The file of results is the journal: one JSON object a line, written in one piece and forced to disk
(fsync) before anything else happens. Whatever moment the process is killed at, a file either has
its whole line or none: a line cut short is removed at the next start, and its file is classified
again. So each file stands in the results exactly once, and none is lost.
"""

import argparse
import gc
import os
import signal
import time
from importlib.util import find_spec

from edge import NOTICE
from edge.app.inputs import not_searched
from edge.console.exit_status import INTERRUPTED
from edge.console.messages import drop_output, results, say
from edge.console.signals import ending_signals
from edge.console.streams import OutputError
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.journal.file_state import FileState
from edge.journal.results_journal import GoneError, Journal
from edge.results.writers import record
from edge.saliency.picture_names import PICTURE
from edge.service.arrivals import Arrivals
from edge.service.examine import Examiner
from edge.service.folder import Folder

RESULTS = ".mri-edge-results.ndjson"
"""Where the results go in the watched folder if no other place is named."""

SETTLE = 2.0
"""Seconds that a file must stay the same, if --settle does not say."""
_MEMORY_PAUSE = 30.0
"""Seconds after which a scan is tried again for which there was no memory."""


def run_watch(
    classifier: Classifier, args: argparse.Namespace, arrivals: Arrivals | None = None
) -> int:
    """`--watch`: runs until SIGTERM or SIGHUP (status 0) or Ctrl-C (status 130).

    Args:
        arrivals: how it learns of files; None: by looking.
    """
    arrivals = arrivals or Arrivals(args.watch, args.settle or SETTLE)
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
            extra = prepare(args.explain, page=False)
        except OSError as error:
            return say(f"{args.explain}: cannot be written to ({error.strerror or error})")
    folder, status = Folder(args.watch, arrivals.settle), 0
    own = os.path.realpath(path)
    skip = args.explain and os.path.realpath(args.explain) + os.sep

    waiting: dict[FileState, str | None] = {}
    later: dict[FileState, float] = {}

    def done(seen: FileState) -> bool:
        if journal.has(seen) or (seen in waiting and _lacks(waiting[seen])):
            return True
        if seen in later:
            if time.monotonic() < later[seen]:
                return True
            del later[seen]
        real = os.path.realpath(seen.path)
        return real == own or real.endswith(PICTURE) or bool(skip and real.startswith(skip))

    gc.freeze()  # the child shares what is loaded
    examine = Examiner(classifier, journal, extra, arrivals.descriptors)
    try:
        held = _Sigterm()
        how = arrivals.begin(journal)
        say(f"watching {args.watch} ({how}); results in {path}. {NOTICE}")
        _watch(folder, journal, done, examine, args, held, waiting, later, arrivals)
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
    finally:
        examine.close()
        arrivals.close()
    say("stopped; each result is on disk")
    journal.close()
    return status


def _lacks(package: str | None) -> bool:
    """Whether what a file waits for is still not there; None: it takes a restart."""
    return package is None or find_spec(package) is None


def _watch(
    folder: Folder, journal: Journal, done, examine: Examiner, args, held, waiting, later, arrivals
) -> None:
    tell, gone, away = _Once(), False, False
    while True:
        held.check()
        ready = []
        try:
            journal.follow(make=gone)
            gone = False
            again = [one.path for one in (*waiting, *later)]
            ready, everything = arrivals.ready(folder, done, again, anew=away)
            if everything:
                tell.look_again()
            if away:
                say(f"{args.watch}: is back")
            away = False
        except GoneError as error:
            gone = True
            tell(_waiting(journal.path, error))
        except OSError as error:
            away = True
            tell(_waiting(args.watch, error))
        for problem in folder.unread:
            tell(f"{problem}; it will be tried again")
        if folder.linked:
            tell(not_searched(args.watch, sorted(folder.linked), "watch"))
        for path in folder.odd:
            tell(f"{path}: is no regular file (a pipe, a socket or a device) and is left alone")
        for one in map(examine, ready):
            seen, outcome = one.seen, one.outcome
            if one.remark:
                tell(one.remark)
            if outcome is None:
                continue  # changed or touched meanwhile: the next look decides
            if outcome.short:
                later[seen] = time.monotonic() + _MEMORY_PAUSE
                say(f"{outcome.error}; it will be tried again")
                continue
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
                    line = journal.append(seen, one.sha256, record(outcome))
                except GoneError as error:
                    # No line, so its scan is not done and comes again.
                    gone = True
                    tell(_waiting(journal.path, error))
                    break
                examine.written(seen)
                if line is None:
                    continue
                arrivals.written(seen, one.sha256, record(outcome))
                _write(line)
                if outcome.error or outcome.extra_error:
                    say(outcome.error or outcome.extra_error)
        examine.rest()
        if arrivals.is_over():
            return
        arrivals.wait()


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


class _Stopped(BaseException):
    """SIGTERM or SIGHUP."""


class _Sigterm:
    """Raises `_Stopped` when told to end, but not between a result on disk and the same printed."""

    def __init__(self):
        self._holding = self._wanted = False
        for number in ending_signals():
            if number != signal.SIGINT:
                signal.signal(number, self._stop)

    def __enter__(self) -> None:
        self._holding = True

    def __exit__(self, *_) -> None:
        self._holding = False
        self.check()

    def check(self) -> None:
        """End now if told to before.

        What `_stop` raises is lost where it comes in one of Python's callbacks: those that run at
        each fork, for one.
        """
        if self._wanted:
            raise _Stopped

    def _stop(self, *_) -> None:
        self._wanted = True
        if not self._holding:
            raise _Stopped
