"""`--resume`: a batch that goes on where it was, whatever ended it.

The journal of the watch (`edge.journal`) keeps what is done: of ndjson it is the file of results
itself, of a table it lies beside it. Scans are read by processes that may die of them. Those that
did once are tried again at the end, alone, so that the next death tells which scan is to blame.
"""

import argparse
import sys
from collections.abc import Iterable
from contextlib import suppress

from edge.app.batch import picture_maker, progress_of
from edge.app.batch_results import BatchResults
from edge.app.inputs import expand, may_name_urls
from edge.app.interrupts import Interrupts
from edge.app.journal_table import journal_of, make_table, why_not
from edge.console.exit_status import DONE, FAILED, WRONG
from edge.console.messages import counted, say
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.inference.threads import default_jobs
from edge.journal.attempts import MOST, Attempts
from edge.journal.content import Look, looking
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.parallel.process_pool import Attempt, ProcessPool
from edge.parallel.scan_process import Death, ScanProcess, given_up
from edge.scan.memory_price import share_turns

_MODEL = "{path}: has results of another model ({other}...); name another --out for this one"


def run_resume(
    classifier: Classifier, args: argparse.Namespace, run: "type[Run] | None" = None
) -> int:
    """Classify those of `args.paths` that have no result yet, and return the exit status.

    Args:
        run: how, `Run` if not given.
    """
    problem = why_not(args.out, args.format)
    if problem:
        return say(problem)
    path = journal_of(args.out, args.format)
    try:
        journal = Journal(path, say, alone=True)
    except EdgeError as error:
        return say(error)
    except OSError as error:
        return say(f"{path}: cannot be written ({error.strerror or error})")
    try:
        others = journal.models - {classifier.manifest.payload_sha256}
        if others:
            return say(_MODEL.format(path=path, other=min(others)[:12]))
        try:
            extra = picture_maker(args)
        except OSError as error:
            return say(f"{args.explain}: cannot be written to ({error.strerror or error})")
        return (run or Run)(classifier, args, journal, extra).status()
    finally:
        journal.close()


class Run:
    """One run over the inputs."""

    def __init__(self, classifier: Classifier, args: argparse.Namespace, journal: Journal, extra):
        self._args, self._journal, self._classifier = args, journal, classifier
        self._attempts = Attempts(journal)
        self._results = BatchResults(journal, self._tell)
        self._max_pixels = classifier.max_pixels
        self._look = looking(classifier.max_pixels)
        self._pool = ProcessPool(lambda: scan_process(classifier, journal, extra, args.timeout))
        self._again: list[FileState] = []
        """To be tried alone, at the end: what may have ended a process, or was short of memory."""
        self._progress = None

    def status(self) -> int:
        """Go through the inputs; the exit status."""
        args, results = self._args, self._results
        share_turns()
        status, interrupts = DONE, Interrupts(needed=True)
        path = self._journal.path
        try:
            self._classify(interrupts)
        except KeyboardInterrupt:
            interrupts.restore()
            self._clear()
            say(
                f"interrupted after {counted(results.now, 'result')}, which are in {path}; "
                "the same command goes on"
            )
            status = interrupts.status
        except EdgeError as error:
            self._tell(str(error))
            status = WRONG
        except OSError as error:
            reason = error.strerror or error
            self._tell(f"{path}: cannot be written ({reason}); the same command goes on after that")
            status = WRONG
        self._clear()
        self._pool.close()
        self._attempts.rest()
        with suppress(OSError):
            self._journal.sync()
        interrupts.restore()
        if status != DONE:
            return status
        make_table(self._journal.path, args.out, args.format)
        say(f"{args.out}: {results.ending()}")
        return DONE if results.is_complete else FAILED

    def _classify(self, interrupts: Interrupts) -> None:
        args = self._args
        inputs = expand(
            args.paths, self._tell, null=args.null, skip=args.explain, shard=args.shard, urls=True
        )
        jobs = args.jobs or default_jobs()
        todo = (seen for seen in self._results.todo(inputs) if not self._is_suspect(seen))
        for attempt in self._pool.attempts(self._read(todo), jobs, self._attempts.begin):
            if self._progress is None and sys.stderr.isatty():  # after the forks: it has a thread
                self._progress = progress_of(args)
            with interrupts.held():
                self._take(attempt, last=False)
        for seen in self._again:
            if self._attempts.deaths(seen) >= MOST:
                self._results.settle(seen, self._looked(seen.path), given_up(seen.path, MOST))
                continue
            while any(self._alone(seen, interrupts)):
                pass

    def _alone(self, seen: FileState, interrupts: Interrupts) -> Iterable[bool]:
        """Whether it is to be tried once more."""
        for attempt in self._pool.attempts(self._read([seen]), 1, self._attempts.begin):
            with interrupts.held():
                yield not self._take(attempt, last=True)

    def _read(self, states: Iterable[FileState]) -> Iterable[FileState]:
        """With the bytes of those that are URLs'."""
        if not may_name_urls(self._args.paths):
            return states
        from edge.app.remote_inputs import states_with_bytes

        return states_with_bytes(states, self._max_pixels, self._results.leave)

    def _is_suspect(self, seen: FileState) -> bool:
        suspect = self._attempts.deaths(seen) > 0
        if suspect:
            self._again.append(seen)
        return suspect

    def _take(self, attempt: Attempt, last: bool) -> bool:
        """Write what became of a scan; returns whether that is all."""
        seen, outcome, looked = attempt.item, attempt.outcome, attempt.looked
        died = isinstance(outcome, Death)
        short = not died and outcome is not None and outcome.short and not last
        deaths = self._attempts.end(seen, died, final=not died)
        if (died and deaths < MOST) or short:
            if not last:
                self._again.append(seen)
            return False
        if died:
            outcome, looked = given_up(seen.path, deaths, outcome.reason), self._looked(seen.path)
        self._results.settle(seen, looked, outcome)
        self._attempts.forget(seen)
        if self._progress:
            self._progress.step()
        return True

    def _looked(self, path: str) -> Look | None:
        """What a file is, of which no process could tell."""
        looked, file = self._look(path)
        if file is not None:
            file.close()
        return looked

    def _tell(self, message: str) -> None:
        self._clear()
        say(message)

    def _clear(self) -> None:
        if self._progress:
            self._progress.clear()


def scan_process(
    classifier: Classifier, journal: Journal | None, extra, longest: float
) -> ScanProcess:
    """A process that hashes and classifies scans, and asks the journal what it knows of them.

    Args:
        journal: None: nothing is known of any.
        longest: seconds that one scan may take.
    """

    def is_known(looked: Look | None) -> bool:
        if not journal or looked is None or looked.sha256 is None:
            return False
        return journal.has_content(looked.seen.path, looked.sha256)

    def foreign() -> list[int]:
        # The lock on the results is the child's as well: it would outlive a run that is killed.
        return [] if journal is None or journal.descriptor is None else [journal.descriptor]

    look = looking(classifier.max_pixels)
    return ScanProcess(classifier, extra, foreign, longest, look, is_known)
