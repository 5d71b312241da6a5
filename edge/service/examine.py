"""One file of the watched folder, from its name to its outcome: hashed, sniffed, classified.

What is not to be read is known before it is opened, what it holds before it is hashed, and that it
is in work before the work begins.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from edge.errors import EngineError
from edge.files.regular_file import NotRegularError, open_regular
from edge.inference.classifier import Classifier
from edge.parallel.pipeline import Outcome
from edge.results.recognize import LONGEST, is_results
from edge.scan.file_format import HEAD, sniff
from edge.scan.max_pixels import max_file_bytes
from edge.service.attempts import MOST, Attempts
from edge.service.file_state import FileState
from edge.service.journal import Journal
from edge.service.scan_process import Death, ScanProcess

_MOST_HASHED = 1 << 32
"""Bytes. What is larger is no scan, or one page or frame of it is wanted: it gets its line without
a hash. So does a file of fewer that is no scan by its first bytes, from `_MOST_OF_OTHERS` on."""
_MOST_OF_OTHERS = 64 << 20
_IN_PAGES = ("TIFF", "DICOM")


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
        foreign: descriptors that the process which reads scans must close.
    """

    def __init__(
        self,
        classifier: Classifier,
        journal: Journal,
        extra,
        foreign: Callable[[], list[int]] = list,
    ):
        self._journal, self._others = journal, foreign
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
                sha256 = None
                if now.size <= self._most_hashed(sniff(head[:HEAD])):
                    sha256 = _sha256(file, now.size)
                    if sha256 is None:
                        return Examined(seen)  # cut short meanwhile
        except NotRegularError:
            return Examined(seen)  # it is none any more
        except OSError as error:
            if not os.path.lexists(seen.path):
                return Examined(seen)  # taken away
            return _unread(seen, f"{seen.path}: cannot be read ({error.strerror or error})")
        if sha256 is not None and self._journal.has_content(seen.path, sha256):
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
            return _given_up(seen)
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
            return _given_up(seen, outcome.reason)
        return _unread(seen, f"{seen.path}: {outcome.reason}")

    def _most_hashed(self, kind: str | None) -> int:
        if kind is None:
            return _MOST_OF_OTHERS
        return _MOST_HASHED if kind in _IN_PAGES else max_file_bytes(self._max_pixels)

    def _foreign(self) -> list[int]:
        # The lock on the results is the child's as well: it would outlive a watch that is killed.
        descriptor = self._journal.descriptor
        return [*self._others(), *([] if descriptor is None else [descriptor])]


def _given_up(seen: FileState, reason: str = "") -> Outcome:
    why = f", the last time because {reason}" if reason else ""
    return Outcome(
        seen.path,
        None,
        f"{seen.path}: the process that read it ended {MOST} times{why}; it is not tried again. "
        "Scale the image down, or save it as PNG",
    )


def _unread(seen: FileState, reason: str) -> Examined:
    return Examined(seen, outcome=Outcome(seen.path, None, reason, unread=True))


def _sha256(file: BinaryIO, size: int) -> str | None:
    """Of the first `size` bytes, which are all; None: there are fewer by now."""
    digest = hashlib.sha256()
    file.seek(0)
    while size and (chunk := file.read(min(size, 1 << 20))):
        digest.update(chunk)
        size -= len(chunk)
    return None if size else digest.hexdigest()
