"""The file of studies' verdicts: a line each, or a line more when later slices came."""

import json
import os
from typing import NamedTuple

from edge.errors import EdgeError
from edge.journal.line_file import mend_end, read_lines
from edge.model_file import bounded_json
from edge.pacs.patient_folder import open_alone

_BEGIN = b'{"study": "'
"""Of each line of a study: the key that stands first."""


class Judged(NamedTuple):
    """What the last line about a study says."""

    digest: int
    """Of the slices that it is about."""
    version: int


def studies_path(results: str) -> str:
    """Where the studies' lines stand, beside the slices'."""
    stem, suffix = os.path.splitext(results)
    return f"{stem}.studies{suffix}"


class StudiesFile:
    """What was judged, on disk. One process at a time may hold it.

    Args:
        path: made if it is not there.

    Raises:
        EdgeError: another process writes to it, or it is no file of studies; of such no byte is
            changed.
        OSError: it cannot be read or written.
    """

    def __init__(self, path: str):
        self.path = path
        self.judged: dict[str, Judged] = {}
        """By study: what stood there when it was opened."""
        file = open_alone(path, 0o644)
        if file is None:
            raise EdgeError(f"{path}: another edge-classify is writing to it; stop that one first")
        self.descriptor = file
        """Of the open file, which a forked process must close: its lock is shared."""
        try:
            self._read()
        except BaseException:
            os.close(file)
            raise

    def append(self, line: dict) -> None:
        """Write a line; on return it is on disk.

        Raises:
            OSError: it is not, or not whole.
        """
        data = f"{json.dumps(line)}\n".encode()
        while data:
            data = data[os.write(self.descriptor, data) :]
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Let others have it."""
        os.close(self.descriptor)

    def _read(self) -> None:
        found = read_lines(self.descriptor, self._take)
        foreign = found.passed and not found.taken
        if foreign or mend_end(self.descriptor, found, self._take, _BEGIN) is None:
            raise EdgeError(
                f"{self.path}: is no file of studies, which would be written to beside the "
                "results; name others with --out"
            )

    def _take(self, data: bytes) -> bool:
        """Note the study that a line is about; False: it is about none."""
        try:
            line = bounded_json.loads(data.strip(b"\0\r\n"))
            name = os.path.basename(line["study"])
            self.judged[name] = Judged(int(line["content"], 16), int(line["version"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        return True
