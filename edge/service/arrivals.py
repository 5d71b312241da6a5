"""How a watch learns of files: by looking at its folder. `edge.pacs` has a way that is told."""

import time
from collections.abc import Callable

from edge.service.file_state import FileState
from edge.service.folder import Folder
from edge.service.journal import Journal


class Arrivals:
    """What `edge.service.watch` asks, in this order, for as long as it runs.

    Args:
        settle: seconds for which a file must stay the same.
    """

    def __init__(self, settle: float):
        self.settle = settle

    def begin(self, journal: Journal) -> None:
        """The results are held: no other process works on these files."""

    def descriptors(self) -> list[int]:
        """Those that a process which reads scans must close."""
        return []

    def ready(self, folder: Folder, done: Callable[[FileState], bool]) -> list[FileState]:
        """Files that are whole and not done.

        Raises:
            OSError: as `Folder.ready`.
        """
        return folder.ready(done)

    def written(self, seen: FileState, sha256: str | None, result: dict) -> None:
        """A file has its line."""

    def is_over(self) -> bool:
        """Whether nothing more will come; asked after each look."""
        return False

    def wait(self) -> None:
        """Until the next look."""
        time.sleep(self.settle / 2)

    def close(self) -> None:
        """The watch has ended."""
