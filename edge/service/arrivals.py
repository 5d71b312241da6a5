"""How a watch learns of files: from its folder. `edge.pacs` has a way that is told."""

import time
from collections.abc import Callable, Iterable

from edge.journal.file_state import FileState
from edge.journal.results_journal import Journal
from edge.service.changes import Hints
from edge.service.folder import Folder


class Arrivals:
    """What `edge.service.watch` asks, in this order, for as long as it runs.

    Args:
        path: of the folder.
        settle: seconds for which a file must stay the same.
    """

    def __init__(self, path: str, settle: float):
        self.settle, self._path = settle, path
        self._hints: Hints | None = None
        self._journal: Journal | None = None
        self._lives, self._took = -1, 0.0

    def begin(self, journal: Journal) -> str:
        """The results are held: no other process works on these files.

        Returns:
            How the folder is watched, in words.
        """
        self._journal, self._hints = journal, Hints(self._path, self.settle)
        return self._hints.how

    def descriptors(self) -> list[int]:
        """Those that a process which reads scans must close."""
        return []

    def ready(
        self,
        folder: Folder,
        done: Callable[[FileState], bool],
        again: Iterable[str],
        anew: bool,
    ) -> tuple[list[FileState], bool]:
        """Files that are whole and not done, and whether everything was looked at.

        Args:
            again: files that are to be tried again, whether or not they were changed.
            anew: the folder was away.

        Raises:
            OSError: as `Folder.ready`.
        """
        began = time.process_time()
        among = self._hints.changed(everything=self._lives != self._journal.lives, anew=anew)
        if among is not None:
            among.update(again)
        found = folder.ready(done, among)
        self._lives, self._took = self._journal.lives, time.process_time() - began
        return found, among is None

    def written(self, seen: FileState, sha256: str | None, result: dict) -> None:
        """A file has its line."""

    def is_over(self) -> bool:
        """Whether nothing more will come; asked after each look."""
        return False

    def wait(self) -> None:
        """Until the next look."""
        time.sleep(self._hints.pause(self._took))
        self._took = 0.0

    def close(self) -> None:
        """The watch has ended."""
        if self._hints is not None:
            self._hints.close()
