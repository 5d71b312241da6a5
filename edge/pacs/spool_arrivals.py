"""How the watch of a spool learns of slices, and when studies are judged, reported and sent."""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edge.console.exit_status import DONE
from edge.console.messages import drop_output, results
from edge.errors import EngineError
from edge.inference.classifier import Classifier
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.pacs.spool_process import SpoolProcess
from edge.pacs.study.studies import Studies
from edge.service.arrivals import Arrivals
from edge.service.folder import Folder

if TYPE_CHECKING:
    from edge.pacs.destination import Destination
    from edge.pacs.send_queue import SendQueue

_SETTLE = 30.0
"""Seconds without a slice, if --settle does not say."""
_LOOK = 5.0
"""Seconds between two looks at the whole spool, which find what needs to be tried again."""
_SHARE = 0.02
"""Of the time that looks may take: a spool of very many files is looked at more rarely."""
_PAUSE, _LONGEST_WAIT = 0.05, 60.0
"""Seconds to wait for a slice, at least and at most."""


class SpoolArrivals(Arrivals):
    """Learns of slices from the process that brings them, and judges studies.

    Args:
        lock: the descriptor that holds the spool.
        sending: where results go, and the queue; None: nowhere.
        began: called when that process has begun.
    """

    def __init__(
        self,
        process: SpoolProcess,
        classifier: Classifier,
        args: argparse.Namespace,
        lock: int,
        sending: "tuple[Destination, SendQueue] | None" = None,
        began: Callable[[], object] | None = None,
    ):
        super().__init__(args.spool, 0.0)  # a file has its name once it is whole
        self._process, self._manifest = process, classifier.manifest
        self._lock, self._began = lock, began
        self._reports = self._sender = self._journal = None
        if sending:
            from edge.pacs.report_process import ReportProcess, SendProcess

            destination, queue = sending
            self._reports = ReportProcess(classifier, queue, self.descriptors)
            self._sender = SendProcess(queue, destination, self.descriptors)
        self._spool, self._calm = args.spool, args.settle or _SETTLE
        self._studies: Studies | None = None
        self._fresh: list[str] = []
        self._next_look = 0.0
        self._idle = self._failed = False
        self._wait = 0.0
        self._counted_in = 0
        """The life of the journal in which slices were counted."""

    @property
    def complete(self) -> bool:
        """Whether all came that should, and was classified."""
        return self._process.status == DONE and not self._failed

    def begin(self, journal: Journal) -> str:
        self._journal, self._counted_in = journal, journal.lives
        self._studies = Studies(
            self._spool,
            journal.path,
            self._manifest,
            self._calm,
            _write_study,
            reports=self._reports,
        )
        self._process.start(self._held)
        if self._began is not None:
            self._began()
        return "each slice as it comes"

    def descriptors(self) -> list[int]:
        return [*self._held(), *self._process.descriptors()]

    def _held(self) -> list[int]:
        """Those whose locks are this process's."""
        files = [one.descriptor for one in (self._studies, self._journal) if one is not None]
        return [self._lock, *(one for one in files if one is not None)]

    def ready(
        self,
        folder: Folder,
        done: Callable[[FileState], bool],
        again: Iterable[str],
        anew: bool,
    ) -> tuple[list[FileState], bool]:
        now = time.monotonic()
        fresh, self._fresh = self._fresh, []
        everything = now >= self._next_look or self._process.status is not None
        if not everything:
            found = folder.ready(done, fresh)
        else:
            self._next_look = now + _LOOK  # also if there is nothing to be looked at
            found = folder.ready(done)
            took = time.monotonic() - now
            self._next_look = time.monotonic() + max(_LOOK, took / _SHARE)
            self._idle = not found and self._process.status is not None
        return found, everything

    def written(self, seen: FileState, sha256: str | None, result: dict) -> None:
        self._failed |= result["verdict"] in (None, "rejected")
        if self._counted_in == self._journal.lives:
            self._studies.add(seen.path, sha256)
        else:  # this line is in another file than the ones before
            self._counted_in = self._journal.lives
            self._studies.count_again()

    def is_over(self) -> bool:
        if self._idle:
            self._failed |= self._studies.lacks_lines()
        left = self._studies.judge_due(at_once=self._idle)
        again = self._tend() if self._sender else None
        self._wait = min(one for one in (left, again, _LONGEST_WAIT) if one is not None)
        if not self._idle or self._studies.is_reporting:
            return False
        self._failed |= self._studies.failed or self._studies.unfinished > 0
        return True

    def wait(self) -> None:
        ended = self._process.status is not None
        until_look = 0.0 if ended and not self._idle else self._next_look - time.monotonic()
        others = [
            one for made in (self._reports, self._sender) if made for one in made.descriptors()
        ]
        seconds = max(_PAUSE, min(self._wait, until_look))
        fresh, unknown = self._process.wait(seconds, others)
        self._fresh += fresh
        if unknown:
            self._next_look = 0.0

    def close(self) -> None:
        for one in (self._reports, self._sender):
            if one:
                one.close()
        self._process.close()
        if self._studies is not None:
            self._studies.close()

    def _tend(self) -> float | None:
        try:
            return self._sender.tend(self._studies.is_reporting)
        except (EngineError, OSError):
            return _LONGEST_WAIT  # no process, or the queue's disk; that may pass


def _write_study(line: dict) -> None:
    try:
        print(json.dumps(line), file=results(), flush=True)
    except BrokenPipeError:
        drop_output()
