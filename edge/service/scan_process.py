"""A process that classifies one scan after another, and that may die of one.

Whatever a file does to the libraries that decode it (more memory than the system has, an endless
loop, a fault in their C code), it does to this process, and the watch goes on.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from edge.errors import EdgeError, RejectedError
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Outcome, classify_one
from edge.parallel.worker_process import LostWorkerError, Worker, can_fork

LONGEST = 300.0
"""Seconds that one scan may take. Of 64 million pixels in 100 passes a Raspberry Pi takes less."""
_BUSY = 0.1
"""Of these, from which share on in the processor it was the file that took them, and not a disk or
a share that did not answer."""


_PATIENCE = 2.0
"""Seconds that a process may take at the end for what it has in hand."""


@dataclass(frozen=True)
class Death:
    """A process ended while it worked on a file."""

    reason: str
    blame: bool = True
    """Whether the file may have been to blame."""


@dataclass(frozen=True)
class _Reply:
    outcome: Outcome | None
    """None: it can be decoded; the rest is for the parent."""
    fault: str | None
    """What was raised that nobody foresaw."""
    used: float
    """Seconds of the processor, since the process began."""


class ScanProcess:
    """Classifies scans by their names, in a child that is made anew when it has died.

    Engines that do not survive a fork stay in this process; then the child only decodes each file
    first, to see what happens.

    Args:
        extra: as `edge.parallel.pipeline.classify_one` takes it.
        foreign: descriptors that the child must close.
    """

    def __init__(
        self,
        classifier: Classifier,
        extra,
        foreign: Callable[[], list[int]] = list,
        longest: float = LONGEST,
    ):
        self._classifier, self._extra = classifier, extra
        self._foreign, self._longest = foreign, longest
        self._whole = can_fork(classifier.engine)
        self._worker: Worker | None = None
        self._used = 0.0

    def __call__(self, path: str) -> Outcome | Death:
        """The outcome, or how the process ended.

        Raises:
            EdgeError: the model turned out to be unusable, or no process can be started.
        """
        if self.died():  # while it had nothing to do, which is no file's fault
            self._worker.close()
            self._worker = None
        if self._worker is None:
            foreign = self._foreign()
            prepared = []

            def work(path: str) -> _Reply:
                if not prepared:
                    _prepare(foreign)
                    prepared.append(True)
                return self._work(path)

            self._worker, self._used = Worker(work), 0.0
        try:
            reply = self._worker(path)
        except LostWorkerError:
            return self._autopsy()
        self._used = reply.used
        if reply.fault is not None:
            return Death(f"the program failed on it ({reply.fault})")
        if reply.outcome is not None:
            return reply.outcome
        return classify_one(self._classifier, path, self._extra)

    def died(self) -> bool:
        """Whether the process ended by itself, without anybody having seen it yet."""
        return self._worker is not None and self._worker.is_gone()

    def close(self) -> None:
        """End the process; what it has in hand it may finish, if it is quick."""
        if self._worker is not None:
            self._worker.close(_PATIENCE)
            self._worker = None

    def _work(self, path: str) -> _Reply:
        """In the child."""
        outcome = fault = None
        # Not a handler: what hangs in C code would never come to it. The process just ends.
        signal.setitimer(signal.ITIMER_REAL, self._longest)
        try:
            if self._whole:
                outcome = classify_one(self._classifier, path, self._extra)
            else:
                outcome = _rehearsed(self._classifier, path)
        except EdgeError:
            raise
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"[:200]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return _Reply(outcome, fault, time.process_time())

    def _autopsy(self) -> Death:
        self._worker.close()
        status, used = self._worker.ended or (0, self._longest)
        self._worker = None
        if not os.WIFSIGNALED(status):
            return Death(f"its process ended with status {os.waitstatus_to_exitcode(status)}")
        number = os.WTERMSIG(status)
        if number == signal.SIGALRM:
            blame = used - self._used >= _BUSY * self._longest
            why = "" if blame else ", most of it waiting for the disk"
            return Death(f"it took more than {self._longest:g} seconds{why}", blame)
        word = next((one.name for one in signal.Signals if one == number), f"signal {number}")
        hint = "; out of memory?" if number == signal.SIGKILL else ""
        return Death(f"its process was ended by {word}{hint}")


def _rehearsed(classifier: Classifier, path: str) -> Outcome | None:
    class Decoder:
        """A classifier that only decodes."""

        @staticmethod
        def examine(scan, frame):
            with suppress(RejectedError):  # which is a verdict, not an error
                classifier.read(scan, frame)
            return None, None

    outcome = classify_one(Decoder, path)
    return outcome if outcome.error is not None else None


def _prepare(foreign: list[int]) -> None:
    """The child's first act."""
    for descriptor in foreign:
        with suppress(OSError):
            os.close(descriptor)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # If memory runs out, the system is to end this process and no other.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
