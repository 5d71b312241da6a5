"""Where slices are kept that come over a network: on disk before anybody is told that they came.

A slice is `STUDY/INSTANCE.dcm`, both UIDs. It is written under another name, forced to disk and
renamed, and so is the name. The same bytes again change nothing. Other bytes under the same UID
(a corrected header, another transfer syntax) are kept beside the first as
`INSTANCE-HASH.dcm`: what was acknowledged gets a verdict, and none is replaced by another.
"""

import errno
import filecmp
import hashlib
import io
import itertools
import os
import shutil
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

from edge.console.network_types import is_uid
from edge.pacs.patient_folder import sync_folder
from edge.pacs.uids import IMPLEMENTATION, IMPLEMENTATION_NAME
from edge.scan.dicom.elements import has_too_many_items
from edge.scan.dicom.header_stream import header_stream
from edge.scan.dicom.load_pydicom import load_pydicom
from edge.scan.dicom.slice import MAX_HEADER_BYTES

_INCOMING = ".incoming"
_RESERVE = 32 << 20
"""Bytes that stay free, so that the results of what has come can be written."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_STUDY, _CLASS, _INSTANCE = 0x0020000D, 0x00080016, 0x00080018


class RefusedError(Exception):
    """A slice is not taken. Holds no value of it."""


class NoRoomError(RefusedError):
    """There is no room for it now."""


class MismatchError(RefusedError):
    """It is another than was said or asked for."""


class Spool:
    """A folder of slices by study. For several threads, and one process.

    Args:
        path: must be there.
        largest: bytes of a data set; larger ones are refused.
        arrived: called with the path of each new slice, once it is on disk.

    Raises:
        OSError: it is not there, or cannot be written to.
    """

    def __init__(
        self,
        path: str,
        largest: int,
        arrived: Callable[[str], object] = lambda path: None,
        reserve: int = _RESERVE,
    ):
        self.path, self.largest, self._arrived, self._reserve = path, largest, arrived, reserve
        self.taken: Callable[[str], object] = lambda instance: None
        """Called with the UID of each slice that is on disk, new or not."""
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._incoming = os.path.join(path, _INCOMING)
        shutil.rmtree(self._incoming, ignore_errors=True)  # of a process that was killed
        os.mkdir(self._incoming, mode=0o700)

    def begin(
        self, sop_class: str, instance: str, syntax: str, study: str | None = None
    ) -> "Incoming":
        """Take a slice whose data set follows. What is wrong is said when it has come.

        Args:
            study: that it must be of; None: any.
        """
        number = next(self._numbers)
        path = os.path.join(self._incoming, f"{os.getpid()}-{number}.part")
        return Incoming(self, path, (sop_class, instance), syntax, study)

    def create(self, path: str) -> io.FileIO:
        """A new file for what comes. Their folder may be gone: the spool was emptied."""
        try:
            return open(path, "xb", buffering=0)
        except FileNotFoundError:
            os.mkdir(self._incoming, mode=0o700)  # only where the spool is there
            return open(path, "xb", buffering=0)

    def has_room(self, more: int = 0) -> bool:
        """Whether so many bytes can be written and the reserve is still there."""
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize >= self._reserve + more

    def keep(self, path: str, study: str, instance: str) -> None:
        """Give a file that is on disk its name, unless the same is there."""
        folder = os.path.join(self.path, study)
        with self._lock:
            if not os.path.isdir(folder):
                os.makedirs(folder, exist_ok=True)
                sync_folder(self.path)
            target = os.path.join(folder, f"{instance}.dcm")
            if os.path.exists(target):
                other = os.path.join(folder, f"{instance}-{_hash(path)}.dcm")
                if os.path.exists(other) or filecmp.cmp(path, target, shallow=False):
                    sync_folder(folder)  # who brought it before may have been killed before that
                    return
                target = other
            os.rename(path, target)
            sync_folder(folder)
        self._arrived(target)

    def describe(self, path: str) -> tuple[str, str, str]:
        """SOP class, instance and study that a file's data set names; empty where it names none.

        Raises:
            Exception: its header cannot be read.
        """
        from pydicom.filereader import read_partial

        load_pydicom()
        with self._lock, open(path, "rb") as file:
            window = header_stream(file.read(MAX_HEADER_BYTES), MAX_HEADER_BYTES)
            if has_too_many_items(window.getvalue()):
                raise RefusedError("its header has too many items")
            data = read_partial(
                window,
                stop_when=lambda tag, *_: tag > _STUDY,
                force=True,
                specific_tags=[_CLASS, _INSTANCE, _STUDY],
            )
            return tuple(str(data[tag].value) if tag in data else "" for tag in
                         (_CLASS, _INSTANCE, _STUDY))  # fmt: skip


class Incoming:
    """A slice that is coming. Takes its data set, whatever has gone wrong with it so far."""

    def __init__(
        self, spool: Spool, path: str, names: tuple[str, str], syntax: str, study: str | None
    ):
        self._spool, self._path, self._study = spool, path, study
        self.sop_class, self.instance = sop_class, instance = names
        self._size, self._problem = 0, None
        self._file = None
        if not (is_uid(instance) and is_uid(sop_class)):
            self._problem = RefusedError("its SOP Instance UID is none")
            return
        try:
            if not spool.has_room():
                raise OSError(errno.ENOSPC, "full")
            self._file = spool.create(path)
            self._write(meta_header(sop_class, instance, syntax))
        except OSError as error:
            self._fail(error)

    def write(self, data: bytes) -> None:
        """Take a part of the data set."""
        self._size += len(data)
        if self._problem is not None:
            return
        if self._size > self._spool.largest:
            self._problem = NoRoomError(f"it has more than {self._spool.largest} bytes")
            self.discard()
            return
        try:
            self._write(data)
        except OSError as error:
            self._fail(error)

    def commit(self) -> None:
        """To be called when all of it has come. On return it is on disk under its name.

        Raises:
            RefusedError: it is not taken; nothing of it is left.
        """
        try:
            if self._problem is not None:
                raise self._problem
            try:
                if not self._spool.has_room():
                    raise OSError(errno.ENOSPC, "full")
                os.fsync(self._file.fileno())
                self._file.close()
                self._spool.keep(self._path, self._checked_study(), self.instance)
                self._spool.taken(self.instance)
            except OSError as error:
                self._fail(error)
                raise self._problem from None
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing of it, unless it has its name already."""
        if self._file is not None:
            self._file.close()
            with suppress(OSError):
                os.unlink(self._path)

    def _checked_study(self) -> str:
        try:
            sop_class, instance, study = self._spool.describe(self._path)
        except (OSError, RefusedError):
            raise
        except Exception:  # whatever pydicom trips over; its text may quote values
            raise RefusedError("its header cannot be read") from None
        if (sop_class, instance) != (self.sop_class, self.instance):
            raise MismatchError("its data set is another than its command says")
        if not is_uid(study):
            raise RefusedError("its Study Instance UID is none")
        if self._study not in (None, study):
            raise MismatchError("it is of a study that was not asked for")
        return study

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _fail(self, error: OSError) -> None:
        if error.errno in _FULL:
            self._problem = NoRoomError("there is no room for it")
        else:
            self._problem = NoRoomError(f"it cannot be written ({error.strerror or error.errno})")
        self.discard()


def meta_header(sop_class: str, instance: str, syntax: str) -> bytes:
    """What stands before a data set in a file (PS3.10, 7.1): the same for the same slice."""
    parts = [
        struct.pack("<HH2sHI2s", 2, 1, b"OB", 0, 2, b"\0\1"),
        _element(0x02, b"UI", sop_class),
        _element(0x03, b"UI", instance),
        _element(0x10, b"UI", syntax),
        _element(0x12, b"UI", IMPLEMENTATION),
        _element(0x13, b"SH", IMPLEMENTATION_NAME),
    ]
    body = b"".join(parts)
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


def _element(number: int, kind: bytes, text: str) -> bytes:
    value = text.encode("ascii")
    value += (b"\0" if kind == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", 2, number, kind, len(value)) + value


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:16]
