"""A process that classifies the files of a whole task: to ask for each alone costs a third more.

If it ends, nobody knows which file it was; the caller then asks for one after the other.
"""

import os
import pickle
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.inference.classifier import Classifier
from edge.journal.content import Look, looking
from edge.journal.file_state import FileState
from edge.parallel.pipeline import Outcome, classify_one
from edge.parallel.scan_process import prepare_child
from edge.parallel.worker_process import LostWorkerError, Worker


@dataclass(frozen=True)
class Done:
    """What became of a scan."""

    outcome: Outcome
    look: Look | None
    """The file as it was found before; None: it could not be looked at, or is no file."""


class TaskProcess:
    """The process, made anew when it has ended.

    Args:
        longest: seconds that one scan may take.
        foreign: descriptors that it must close.
    """

    def __init__(self, classifier: Classifier, longest: float, foreign: Callable[[], list[int]]):
        self._classifier, self._longest, self._foreign = classifier, longest, foreign
        self._look = looking(classifier.max_pixels)
        self._process: Worker | None = None

    def __call__(self, states: list[FileState], folder: str) -> bytes | None:
        """A pickled list of `Done`; None: it has ended, or failed, on one of them.

        Raises:
            EdgeError: the model turned out to be unusable, or no process can be started.
        """
        if self._process is not None and self._process.is_gone():
            self._close()
        if self._process is None:
            self._start()
        try:
            return self._process((states, folder))
        except LostWorkerError:
            self._close()
        except RuntimeError:  # what nobody foresaw; asked for alone, the file is known
            pass
        return None

    def _close(self) -> None:
        self._process.close()
        self._process = None

    def _start(self) -> None:
        foreign, prepared = self._foreign(), []

        def work(task: tuple[list[FileState], str]) -> bytes:
            if not prepared:
                prepare_child(foreign)
                prepared.append(True)
            states, folder = task
            done = [self._one(state.path, os.path.join(folder, state.path)) for state in states]
            return pickle.dumps(done, pickle.HIGHEST_PROTOCOL)

        self._process = Worker(work)

    def _one(self, name: str, path: str) -> Done:
        """In the process."""
        file = None
        signal.setitimer(signal.ITIMER_REAL, self._longest)
        try:
            look, file = self._look(path)
            scan = path if file is None else file
            done = Done(classify_one(self._classifier, scan, name=path), look)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if file is not None:
                file.close()
        return as_named(done, name)


def as_named(done: Done, name: str) -> Done:
    """With the name that the scan has on the command line."""
    outcome, look = done.outcome, done.look
    if outcome.path == name:
        return done
    error = outcome.error and outcome.error.replace(outcome.path, name, 1)
    look = look and replace(look, seen=replace(look.seen, path=name))
    return Done(replace(outcome, path=name, error=error), look)
