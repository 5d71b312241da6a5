"""One file of the watched folder, from its name to its outcome: hashed, sniffed, classified.

What is not to be read is known before it is opened, what it holds before it is hashed, and that it
is in work before the work begins.
"""

import os
from dataclasses import dataclass

from edge.errors import EngineError
from edge.files.regular_file import NotRegularError, open_regular
from edge.inference.classifier import Classifier
from edge.journal.attempts import MOST, Attempts
from edge.journal.content import sha256_of
from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.parallel.pipeline import Outcome
from edge.parallel.scan_process import Death, ScanProcess, given_up
from edge.results.recognize import LONGEST, is_results
from edge.scan.file_format import HEAD


@dataclass(frozen=True)
class Examined:
    """What became of one file."""

    seen: FileState
    sha256: str | None = None
    outcome: Outcome | None = None
    """None: nothing is to be written of it now."""
    remark: str | None = None
    """What the user should know of it, as long as it is so."""


class Examiner:
    """Hash and classify one file after another, and make sure that both saw the same.

    Args:
        extra: as `edge.parallel.pipeline.classify_one` takes it.
    """

    def __init__(self, classifier: Classifier, journal: Journal, extra):
        self._journal = journal
        self._max_pixels = classifier.max_pixels
        self.attempts = Attempts(journal)
        self._process = ScanProcess(classifier, extra, self._foreign)

    def __call__(self, seen: FileState) -> Examined:
        try:
            with open_regular(seen.path) as file:
                now = FileState.of(seen.path, os.fstat(file.fileno()))
                if (now.size, now.mtime_ns) != (seen.size, seen.mtime_ns):
                    return Examined(seen)  # the next look decides
                # None: some of the system's own files have nothing to read yet.
                head = file.read(max(HEAD, LONGEST)) or b""
                if is_results(head, seen.path):
                    return Examined(seen, remark=f"{seen.path}: holds results; it is left alone")
                sha256 = sha256_of(file, now.size, head, self._max_pixels)
        except EOFError:
            return Examined(seen)  # cut short meanwhile
        except NotRegularError:
            return Examined(seen)  # it is none any more
        except OSError as error:
            if not os.path.lexists(seen.path):
                return Examined(seen)  # taken away
            return _unread(seen, f"{seen.path}: cannot be read ({error.strerror or error})")
        if sha256 is not None and self._journal.has_content(now.path, sha256):
            self._journal.remember(now)
            return Examined(now)
        outcome = self._classified(now)
        try:
            if not now.is_as_before(os.stat(now.path)):
                return Examined(now)
        except OSError:
            return Examined(now)
        return outcome if isinstance(outcome, Examined) else Examined(now, sha256, outcome)

    def written(self, seen: FileState) -> None:
        """To be called when a file has its line."""
        self.attempts.forget(seen)

    def rest(self) -> None:
        """To be called after each look at the folder."""
        self.attempts.rest()

    def close(self) -> None:
        """End the process that classifies."""
        self._process.close()
        self.attempts.rest()

    def _classified(self, seen: FileState) -> Outcome | Examined:
        if self.attempts.deaths(seen) >= MOST:
            return given_up(seen.path, MOST)
        self.attempts.begin(seen)
        died = final = False
        try:
            outcome = self._process(seen.path)
            if isinstance(outcome, Death):
                died = outcome.blame
            else:
                final = not (outcome.unread or outcome.missing)
        except EngineError as error:  # no further process: that may pass
            return _unread(seen, f"{seen.path}: {error}")
        except BaseException:
            # systemd ends the watch as well if the system has ended the child for want of memory.
            died = self._process.died()
            raise
        finally:
            deaths = self.attempts.end(seen, died, final)
        if not isinstance(outcome, Death):
            return outcome
        if deaths >= MOST:
            return given_up(seen.path, MOST, outcome.reason)
        return _unread(seen, f"{seen.path}: {outcome.reason}")

    def _foreign(self) -> list[int]:
        # The lock on the results is the child's as well: it would outlive a watch that is killed.
        descriptor = self._journal.descriptor
        return [] if descriptor is None else [descriptor]


def _unread(seen: FileState, reason: str) -> Examined:
    return Examined(seen, outcome=Outcome(seen.path, None, reason, unread=True))
