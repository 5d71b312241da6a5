"""Which inputs of a batch have their result, and the results of the others as they come.

Nothing here knows who classifies: processes of this machine, or other machines.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator

from edge.app.inputs import Input
from edge.console.messages import counted
from edge.errors import EdgeError
from edge.journal.content import Look
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.parallel.pipeline import Outcome
from edge.results.writers import record

_SYNC = 1.0
"""Seconds of results that a power cut may cost; their scans are classified again."""


class LostResultsError(EdgeError):
    """Another program moved, replaced or cut short the file of results."""


class BatchResults:
    """Hands out what is not done, and takes what became of it.

    Args:
        journal: of the results.
        tell: takes what the user should know.
    """

    def __init__(self, journal: Journal, tell: Callable[[str], object]):
        self.journal, self._tell = journal, tell
        self.before = self.now = self.left = self.empty = 0
        """Scans that had their result before; that have it now; that have none, and why was said:
        the next run tries them again. And names that gave no scans, as an empty folder does."""
        self._synced, self._lives = time.monotonic(), journal.lives

    def todo(self, inputs: Iterable[Input]) -> Iterator[FileState]:
        """The inputs that have no result yet."""
        for one in inputs:
            if one.problem is not None:
                self.empty += 1
                self._tell(one.problem)
                continue
            try:
                seen = _state_of(one)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                self.leave(f"{one.path}: cannot be read ({reason})")
                continue
            if self.journal.has(seen):
                self.before += 1
            else:
                yield seen

    def ending(self) -> str:
        """What is said at the end of a run."""
        text = f"{counted(self.now, 'result')}, {self.before} were there before"
        if self.left:
            text += f", {self.left} left out: the same command tries them again"
        if self.empty:
            text += f"; {counted(self.empty, 'name')} gave no scans, or not all of them"
        if self.journal.failed:
            text += f"; in the file {self.journal.failed} could not be read or were rejected"
        return text

    @property
    def is_complete(self) -> bool:
        """Whether each scan has a verdict, those of earlier runs included."""
        return not (self.left or self.empty or self.journal.failed)

    def leave(self, problem: str) -> None:
        """An input gets no result in this run; says why."""
        self.left += 1
        self._tell(problem)

    def settle(self, seen: FileState, look: Look | None, outcome: Outcome | None) -> bool:
        """Write a result, if it is one; returns whether it is, and will not be asked for again.

        Args:
            seen: as `todo` gave it.
            look: what was found when it was opened to be classified; None: it could not be.
            outcome: None: its content was found to have its result.

        Raises:
            OSError, EdgeError: as `Journal.append`.
        """
        now = look.seen if look and look.seen != seen else seen
        if outcome is None:
            self.journal.remember(now)
            self.before += 1
            return True
        if outcome.unread or outcome.missing:
            self.leave(outcome.error)
            return False
        try:
            same = seen.is_remote or now.is_as_before(os.stat(seen.path))
        except OSError:
            same = False
        if not same:
            self.leave(f"{seen.path}: was changed while it was read")
            return False
        if self.journal.has(now) or not self._append(now, look, outcome):
            self.before += 1  # it was named twice
            return True
        self.now += 1
        if outcome.error or outcome.extra_error:
            self._tell(outcome.error or outcome.extra_error)
        return True

    def _append(self, now: FileState, look: Look | None, outcome: Outcome) -> bool:
        due = time.monotonic() - self._synced >= _SYNC
        sha256 = look.sha256 if look else None
        line = self.journal.append(now, sha256, record(outcome), sync=due)
        if self.journal.lives != self._lives:
            raise LostResultsError(
                f"{self.journal.path}: what was in it has gone; the same command makes it whole"
            )
        if due:
            self._synced = time.monotonic()
        return line is not None


def _state_of(one: Input) -> FileState:
    if one.remote is None:
        return FileState.of(one.path, os.stat(one.path))
    from edge.app.remote_inputs import RemoteState

    return RemoteState.of_scan(one.remote)
