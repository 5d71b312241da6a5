"""Which file is in work, noted before the work begins: what a file did to its process is not lost.

Beside the results lies `.NAME.attempts` while a file is in work, and as long as there is one that
ended a process. A process that is killed (by the system, for lack of memory) tells nobody why; the
next one finds the note and counts. It is not forced to disk, for it must outlive a process, not a
power cut, which is no fault of the file in work.

Where several are in work at once, all of them are noted, and a process that is killed with all its
children leaves suspects: one of them may be to blame. A suspicion makes no file given up; it is
tried again alone, so that the next death tells.
"""

import json
import os
from contextlib import suppress

from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.model_file import bounded_json

MOST = 2
"""Processes that a file may end; it is not tried again then."""
_KEPT = 1000
"""Files that are remembered, the latest ones."""
_LONGEST = 1 << 17  # bytes of a note, of which 1,000 files need a third
_BLOCK = 4096


class Attempts:
    """The deaths that files have cost, in memory and beside the results.

    A note that cannot be written costs nothing but the count across a restart.

    Args:
        journal: whose results end the memory of a file.
    """

    def __init__(self, journal: Journal):
        folder, name = os.path.split(journal.path)
        self._path = os.path.join(folder, f".{name}.attempts")
        self._deaths: dict[str, int] = {}
        self._now: dict[str, None] = {}
        self._file: int | None = None
        self._read(journal)

    def deaths(self, seen: FileState) -> int:
        """How many processes have ended while this file was in work, or may have ended of it."""
        return self._deaths.get(_name(seen), 0) if self._deaths else 0

    def begin(self, seen: FileState) -> None:
        """To be called before a file is worked on."""
        self._now[_name(seen)] = None
        self._write()

    def end(self, seen: FileState, died: bool, final: bool) -> int:
        """To be called afterwards; returns the deaths.

        Args:
            died: whether the process that worked on it ended.
            final: whether it has its outcome, and will not be tried again.
        """
        name = _name(seen)
        self._now.pop(name, None)
        deaths = self._deaths.pop(name, 0) + died
        if deaths and not final:
            self._deaths[name] = deaths
            while len(self._deaths) > _KEPT:
                del self._deaths[next(iter(self._deaths))]
        if died:
            self._write()
        return deaths

    def forget(self, seen: FileState) -> None:
        """To be called when a file has its result, whatever it is."""
        if self._deaths:
            self._deaths.pop(_name(seen), None)

    def rest(self) -> None:
        """To be called when nothing is in work: a note without a count goes away."""
        if self._deaths:
            self._write()
            self._close()
            return
        self._close()
        with suppress(OSError):
            os.unlink(self._path)

    def _read(self, journal: Journal) -> None:
        note = None
        with suppress(OSError, ValueError, RecursionError):
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:
                note = bounded_json.loads(
                    file.read(_LONGEST).partition(b"\n")[0], bounded_json.LINE
                )
        if not isinstance(note, dict) or not isinstance(note.get("deaths"), dict):
            return
        counts = {**note["deaths"]}
        now = note.get("now")
        suspects = [now] if isinstance(now, str) else now if isinstance(now, list) else []
        for name in suspects:
            if isinstance(name, str):
                before = counts.get(name)
                before = before if isinstance(before, int) else 0
                # Of several at once one may be to blame, and the others not.
                alone = len(suspects) == 1
                counts[name] = before + 1 if alone else max(before, min(before + 1, MOST - 1))
        for name, count in list(counts.items())[-_KEPT:]:
            with suppress(ValueError):
                if isinstance(count, int) and not journal.knows(bytes.fromhex(name)):
                    self._deaths[name] = count

    def _write(self) -> None:
        now = ", ".join(f'"{name}"' for name in self._now)
        deaths = json.dumps(self._deaths) if self._deaths else "{}"
        note = f'{{"now": [{now}], "deaths": {deaths}}}\n'.encode()
        # Written over in place, in whole blocks, and never cut short: a file system would hurry to
        # the disk with that. The first line counts.
        note += b" " * (-len(note) % _BLOCK)
        with suppress(OSError):
            if self._file is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                self._file = os.open(self._path, flags, 0o644)
            os.pwrite(self._file, note, 0)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _name(seen: FileState) -> str:
    return seen.key().hex()
