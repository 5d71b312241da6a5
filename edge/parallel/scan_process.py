"""A process that classifies one scan after another, and that may die of one.

Whatever a file does to the libraries that decode it (more memory than the system has, an endless
loop, a fault in their C code), it does to this process, and whoever asked goes on.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from edge.errors import EdgeError, RejectedError
from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined
from edge.parallel.pipeline import Outcome, classify_one
from edge.parallel.worker_process import LostWorkerError, Worker, can_fork

LONGEST = 300.0
"""Seconds that one scan may take. Of 64 million pixels in 100 passes a Raspberry Pi takes less."""
_BUSY = 0.1
"""Of these, from which share on in the processor it was the file that took them, and not a disk or
a share that did not answer."""


_TOOK = "it took more than"
_PATIENCE = 2.0
"""Seconds that a process may take at the end for what it has in hand; and, beyond those that a scan
may take, to end by itself."""


@dataclass(frozen=True)
class Death:
    """A process ended while it worked on a file."""

    reason: str
    blame: bool = True
    """Whether the file may have been to blame."""


class _Reply(NamedTuple):
    outcome: Outcome | None
    """None: it can be decoded; the rest is for the parent."""
    fault: str | None
    """What was raised that nobody foresaw."""
    used: float
    """Seconds of the processor, since the process began."""
    look: Any


class ScanProcess:
    """Classifies scans by their names, in a child that is made anew when it has died.

    Engines that do not survive a fork stay in this process; then the child only decodes each file
    first, to see what happens.

    Args:
        extra: as `edge.parallel.pipeline.classify_one` takes it.
        foreign: descriptors that the child must close.
        longest: seconds that a scan may take; then its process is killed.
        look: called by the child with each path first; returns what becomes `looked`, and the file,
            if it has opened it: that very file is then classified, whatever comes to its name.
        enough: whether that is all that is wanted: the scan is not classified then.
    """

    def __init__(
        self,
        classifier: Classifier,
        extra,
        foreign: Callable[[], list[int]] = list,
        longest: float = LONGEST,
        look: Callable[[str], tuple[Any, BinaryIO | None]] = lambda path: (None, None),
        enough: Callable[[Any], bool] = lambda looked: False,
    ):
        self._classifier, self._extra = classifier, extra
        self._foreign, self._longest = foreign, longest
        self._look, self._enough = look, enough
        self.looked: Any = None
        """What `look` returned of the last scan; None if the process died before."""
        self._asked: deque[str] = deque()
        self._last = 0.0
        self._whole = can_fork(classifier.engine)
        self._worker: Worker | None = None
        self._used = 0.0

    def __call__(self, path: str) -> Outcome | Death | None:
        """The outcome, or how the process ended; None: to look was enough.

        Raises:
            EdgeError: the model turned out to be unusable, or no process can be started.
        """
        self.begin(path)
        return self.finish()

    def begin(self, path: str) -> None:
        """Have a scan begun, after those that were before; `finish` tells in that order.

        Raises as `__call__`.
        """
        if not self._asked:
            self._last = time.monotonic() + self._longest + _PATIENCE
            if self.died():  # while it had nothing to do, which is no file's fault
                self._worker.close()
                self._worker = None
            if self._worker is None:
                self._start()
        self._asked.append(path)
        with suppress(LostWorkerError):  # `finish` tells
            self._worker.ask(path)

    def fileno(self) -> int:
        """The descriptor that is readable once `finish` need not wait."""
        return self._worker.fileno()

    def overdue(self) -> float:
        """Seconds since the child should have ended by itself; negative: there is time left.

        A process that is stopped does not heed its alarm. `kill` is heard by it.
        """
        return time.monotonic() - self._last

    def kill(self) -> None:
        """End the child; `finish` tells."""
        self._worker.kill()

    def finish(self) -> Outcome | Death | None:
        """What became of the scan that was begun first. Returns and raises as `__call__`.

        If it ended the process, those behind it were not begun: `unbegun` has them.
        """
        self.looked = None
        path = self._asked.popleft()
        try:
            reply = self._worker.answer()
        except LostWorkerError:
            return self._autopsy()
        self._last = time.monotonic() + self._longest + _PATIENCE
        self._used, self.looked = reply.used, reply.look
        if reply.fault is not None:
            return Death(f"the program failed on it ({reply.fault})")
        if reply.outcome is not None or self._enough(self.looked):
            return reply.outcome
        return classify_one(self._classifier, path, self._extra)

    def unbegun(self) -> list[str]:
        """The scans that were asked for and are lost with the process; they are forgotten."""
        if self._worker is not None:
            return []
        lost = [*self._asked]
        self._asked.clear()
        return lost

    def _start(self) -> None:
        foreign = self._foreign()
        prepared = []

        def work(path: str) -> _Reply:
            if not prepared:
                prepare_child(foreign)
                prepared.append(True)
            return self._work(path)

        self._worker, self._used = Worker(work), 0.0

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
        outcome = fault = look = file = None
        # Not a handler: what hangs in C code would never come to it. The process just ends.
        signal.setitimer(signal.ITIMER_REAL, self._longest)
        try:
            look, file = self._look(path)
            scan = path if file is None else file
            if self._enough(look):
                pass
            elif self._whole:
                outcome = classify_one(self._classifier, scan, self._extra, name=str(path))
            else:
                outcome = _rehearsed(self._classifier, scan, path)
        except EdgeError:
            raise
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"[:200]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if file is not None:
                file.close()
        return _Reply(outcome, fault, time.process_time(), look)

    def _autopsy(self) -> Death:
        self._worker.close()
        status, used = self._worker.ended or (0, self._longest)
        self._worker = None
        if not os.WIFSIGNALED(status):
            return Death(f"its process ended with status {os.waitstatus_to_exitcode(status)}")
        number = os.WTERMSIG(status)
        late = number == signal.SIGKILL and self.overdue() >= 0
        if number == signal.SIGALRM or late:
            blame = used - self._used >= _BUSY * self._longest
            why = "" if blame else ", most of it waiting for the disk"
            return Death(f"{_TOOK} {self._longest:g} seconds{why}", blame)
        word = next((one.name for one in signal.Signals if one == number), f"signal {number}")
        hint = "; out of memory?" if number == signal.SIGKILL else ""
        return Death(f"its process was ended by {word}{hint}")


def given_up(path: str, deaths: int, reason: str = "") -> Outcome:
    """The outcome of a scan that has ended so many processes, the last one for that reason."""
    why = f", the last time because {reason}" if reason else ""
    hint = "Scale the image down, or save it as PNG"
    if _TOOK in reason:
        hint = "Scale the image down, or give it more time: --timeout, and another --out"
    return Outcome(
        path,
        None,
        f"{path}: the process that read it ended {deaths} times{why}; it is not tried again. "
        f"{hint}",
    )


def _rehearsed(classifier: Classifier, scan: str | BinaryIO, path: str) -> Outcome | None:
    class Decoder:
        """A classifier that only decodes."""

        @staticmethod
        def examine(scan, frame, whole):
            with suppress(RejectedError):  # which is a verdict, not an error
                classifier.read(scan, frame)
            return Examined(None, None, None)

    outcome = classify_one(Decoder, scan, name=str(path))
    return outcome if outcome.error is not None else None


def prepare_child(foreign: list[int]) -> None:
    """The child's first act."""
    for descriptor in foreign:
        with suppress(OSError):
            os.close(descriptor)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # If memory runs out, the system is to end this process and no other.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
