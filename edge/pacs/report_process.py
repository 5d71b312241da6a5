"""Reports of a node's finished studies, made beside it, and sent beside it.

A file that ends the process which reads it ends a child. A study's line is written when its report
is on disk, in the queue: a node that is killed before makes the report again, the same to the byte.
What waits is sent by another child, which is there while something waits: loading pynetdicom takes
memory.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from edge.console.messages import say
from edge.errors import EdgeError
from edge.inference.classifier import Classifier
from edge.pacs.deliver import deliver
from edge.pacs.destination import Destination
from edge.pacs.report_studies import report_files
from edge.pacs.send_queue import SendQueue
from edge.pacs.study.studies import LATER, NOT_MADE, QUEUED, Inputs
from edge.parallel.side_process import SideProcess

_MOST = 2
"""Processes that a study may end; its report is not tried again then."""
_LONGEST = 3600
"""Seconds that the report of one study may take."""
_NICENESS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
"""Seconds before what waits is sent again, by another process."""


class _Beside:
    """Does something in a child, now and then.

    Args:
        queue: of what is to be sent.
        foreign: descriptors that the child must close.
    """

    name: str
    """Of what it does, for messages."""

    def __init__(self, queue: SendQueue, foreign: Callable[[], Iterable[int]]):
        self._queue, self._foreign = queue, foreign
        self._process: SideProcess | None = None

    def descriptors(self) -> list[int]:
        """Can be read when the child has ended."""
        return [] if self._process is None else [self._process.descriptor]

    def close(self) -> None:
        """End the child; what it had in hand is done another time."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _start(self) -> None:
        self._process = SideProcess(self._work, self._foreign(), self.name)

    def _work(self) -> int:
        """In the child."""
        raise NotImplementedError


class ReportProcess(_Beside):
    """Makes reports, one at a time, each in a child.

    Args:
        foreign: descriptors that the child must close.
    """

    name = "the report of a study"

    def __init__(
        self, classifier: Classifier, queue: SendQueue, foreign: Callable[[], Iterable[int]]
    ):
        super().__init__(queue, foreign)
        self._classifier = classifier
        self._inputs: Inputs = []
        self._deaths = 0

    def begin(self, inputs: Inputs) -> None:
        """Make the report of a study.

        Raises:
            EngineError: no process can be started.
        """
        self._inputs, self._deaths = inputs, 0
        self._start()

    def outcome(self) -> int | None:
        """What became of the report that was begun last; None: it is not made yet.

        Raises:
            EngineError: no process can be started.
        """
        status = self._process.status()
        if status is None:
            return None
        self.close()
        if status in (QUEUED, NOT_MADE, LATER):
            return status
        self._deaths += 1
        how = f"signal {-status}" if status < 0 else f"status {status}"
        if self._deaths < _MOST:
            say(f"the process that made a study's report ended ({how}); it is tried again")
            self._start()
            return None
        say(f"the process that made a study's report ended {_MOST} times ({how}); it is left out")
        return NOT_MADE

    def _work(self) -> int:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_LONGEST)
        os.nice(_NICENESS)  # slices that come go first
        # If memory runs out, the system is to end this process and no other.
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
        try:
            reporter = report_files(self._classifier, self._inputs, self._queue, say)
        except EdgeError as error:
            say(error)
            return NOT_MADE
        if reporter.short:
            return LATER
        return NOT_MADE if reporter.failed or not reporter.reports else QUEUED


class SendProcess(_Beside):
    """Sends what waits in a queue, in a child that ends when nothing does.

    Args:
        foreign: descriptors that the child must close.
    """

    name = "sending what waits"

    def __init__(
        self, queue: SendQueue, destination: Destination, foreign: Callable[[], Iterable[int]]
    ):
        super().__init__(queue, foreign)
        self._destination = destination
        self._pause, self._next = _FIRST_PAUSE, 0.0

    def tend(self, busy: bool = False) -> float | None:
        """Start the child if there is something for it to do; seconds until it is to be asked
        again, None: when there is something new.

        Args:
            busy: whether a report is being made. Then none is started: both take memory.

        Raises:
            OSError: the queue cannot be read.
        """
        if self._process is not None:
            if self._process.status() is None:
                return _LONGEST_PAUSE
            self.close()
            if self._queue.waiting():  # another process sends, say, or it was killed
                self._next = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            else:
                self._pause = _FIRST_PAUSE
        if busy or not self._queue.waiting():
            return None
        left = self._next - time.monotonic()
        if left > 0:
            return left
        self._start()
        return _LONGEST_PAUSE

    def _work(self) -> int:
        try:
            return min(1, deliver(self._queue, self._destination, say))
        except OSError as error:
            say(f"{self._queue.folder}: cannot be written ({error.strerror or error})")
        except EdgeError as error:
            say(error)
        return 1
