"""What is to be sent, on disk: one file an object, there until the archive says that it has it.

An object is written under a temporary name, forced to disk and renamed, so it is in the queue whole
or not at all, whenever the process is killed. What was sent is removed; killed between the two, it
is sent once more, and the archive knows it by its UID. File names are UIDs made of hashes.

    waiting/   to be sent
    refused/   what the archive refused for good; nothing is thrown away
    versions/  which reports there were of a study, and when they were made
    destination, lock
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from edge.errors import EdgeError
from edge.files.regular_file import read_regular
from edge.pacs.patient_folder import FolderError, make_folder, open_alone, sync_folder
from edge.pacs.report.derived_object import Made, derived_uid

MOST_OBJECTS = 10_000
MOST_BYTES = 2 << 30
"""Of all that waits or was refused."""
_MOST_STUDIES = 20_000
"""Whose versions are remembered; the oldest are forgotten first."""
_ABANDONED = 3600.0
"""Seconds after which a file that was not finished is removed."""
_PARTIAL = ".partial"
_LINE = "%Y-%m-%dT%H:%M:%S"


class QueueError(EdgeError):
    """The queue cannot take an object, or is not to be used; says why and what to do."""


class SendQueue:
    """The queue of one destination.

    Args:
        folder: made if it is not there, for its owner alone: it holds data of patients.
        destination: where all of it is to go. A queue never changes it.
        new: whether there may be no such queue yet.

    Raises:
        QueueError: it cannot be made, is no queue, or belongs to another destination.
    """

    def __init__(self, folder: str, destination: str, new: bool = True):
        self.folder = folder
        self._waiting, self._refused, self._versions = (
            os.path.join(folder, name) for name in ("waiting", "refused", "versions")
        )
        self._destination = os.path.join(folder, "destination")
        if not (new or os.path.isfile(self._destination)):
            raise QueueError(f"{folder}: is no queue; nothing was put there to be sent")
        try:
            for path in (folder, self._waiting, self._refused, self._versions):
                make_folder(path)
            self._bind(destination)
            self._clean()
        except FolderError as error:
            raise QueueError(str(error)) from None
        except OSError as error:
            raise QueueError(f"{folder}: cannot be written ({error.strerror or error})") from error

    def add(self, made: Made) -> None:
        """Put an object into the queue; on return it is on disk.

        One that waits there already is left as it is. One that was refused before is tried again.

        Raises:
            QueueError: the queue is full, or the disk.
        """
        name = f"{made.uid}.dcm"
        path = os.path.join(self._waiting, name)
        if os.path.exists(path):
            return
        count, size = self._size()
        if count >= MOST_OBJECTS or size + len(made.data) > MOST_BYTES:
            raise QueueError(
                f"{self.folder}: is full ({count} objects, {size >> 20} MB); see whether the "
                "archive takes what waits there"
            )
        try:
            self._write(path, made.data)
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self._refused, name))
        except OSError as error:
            raise QueueError(
                f"{self.folder}: cannot be written ({error.strerror or error})"
            ) from error

    def waiting(self) -> list[str]:
        """The files that wait, in the order in which they came."""
        return sorted(_files(self._waiting), key=lambda path: (_time(path), path))

    def refused(self) -> list[str]:
        """The files that the archive refused for good."""
        return sorted(_files(self._refused))

    def sent(self, path: str) -> None:
        """The archive has it."""
        with suppress(FileNotFoundError):
            os.unlink(path)

    def refuse(self, path: str) -> str:
        """The archive will never have it; returns where it lies now."""
        place = os.path.join(self._refused, os.path.basename(path))
        os.replace(path, place)
        return place

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Hold the right to send, which one process has at a time; False: another has it."""
        file = open_alone(os.path.join(self.folder, "lock"))
        try:
            yield file is not None
        finally:
            if file is not None:
                os.close(file)

    def version(self, series: str, uid: str, now: datetime) -> tuple[datetime, str | None]:
        """When a report was made first, and the UID of the one before it in its series.

        Both are remembered, so that a report that is made again is the same to the byte.

        Raises:
            QueueError: it cannot be written.
        """
        path = os.path.join(self._versions, derived_uid("versions", series))
        try:
            lines = [line.split(" ") for line in read_regular(path, 1 << 20).decode().splitlines()]
            known = [(one, datetime.strptime(at, _LINE)) for one, at in lines]
        except (OSError, ValueError):
            known = []  # none yet; or it is damaged, and the report gets a new time
        for at, (one, made) in enumerate(known):
            if one == uid:
                return made, known[at - 1][0] if at else None
        made = now.replace(microsecond=0)
        known.append((uid, made))
        text = "".join(f"{one} {at.strftime(_LINE)}\n" for one, at in known[-1000:])
        try:
            self._forget_oldest()
            self._write(path, text.encode())
        except OSError as error:
            raise QueueError(
                f"{self.folder}: cannot be written ({error.strerror or error})"
            ) from error
        return made, known[-2][0] if len(known) > 1 else None

    def _bind(self, destination: str) -> None:
        path = self._destination
        try:
            before = read_regular(path, 10_000).decode(errors="replace").strip()
        except FileNotFoundError:
            self._write(path, f"{destination}\n".encode())
            return
        except ValueError:
            before = "something else"
        if before != destination:
            raise QueueError(
                f"{self.folder}: is the queue of {before}; name another folder for --queue, or "
                f"write {destination} into {path} if what waits there may go to it"
            )

    def _write(self, path: str, data: bytes) -> None:
        """Write a file whole: forced to disk under another name, then renamed."""
        # Not in the folder that it goes to: what waits there is whole.
        temporary = os.path.join(self.folder, f"{os.urandom(8).hex()}{_PARTIAL}")
        try:
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(file, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(file)
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        sync_folder(os.path.dirname(path))

    def _size(self) -> tuple[int, int]:
        count = size = 0
        for folder in (self._waiting, self._refused):
            for path in _files(folder):
                with suppress(FileNotFoundError):
                    size += os.stat(path).st_size
                    count += 1
        return count, size

    def _clean(self) -> None:
        with os.scandir(self.folder) as entries:
            old = [one.path for one in entries if one.name.endswith(_PARTIAL)]
        for path in old:
            with suppress(FileNotFoundError):
                if time.time() - os.stat(path).st_mtime > _ABANDONED:
                    os.unlink(path)

    def _forget_oldest(self) -> None:
        paths = [os.path.join(self._versions, name) for name in os.listdir(self._versions)]
        if len(paths) >= _MOST_STUDIES:
            for path in sorted(paths, key=_time)[: _MOST_STUDIES // 10]:
                with suppress(FileNotFoundError):
                    os.unlink(path)


def _files(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [one.path for one in entries if one.name.endswith(".dcm") and one.is_file()]


def _time(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0
