"""Inputs that are named by URLs, read ahead. Imported when one may be named."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from edge.app.inputs import Input
from edge.errors import ImageError, ShortOfMemoryError
from edge.journal.file_state import FileState
from edge.remote.read import ScanBytes
from edge.remote.read_ahead import read_ahead
from edge.remote.url import RemoteScan


@dataclass(frozen=True)
class RemoteState(FileState):
    """A scan of a URL, as its listing shows it, and what is needed to read it."""

    remote: RemoteScan | None = field(default=None, compare=False)
    scan: ScanBytes | None = field(default=None, compare=False, repr=False)

    is_remote = True

    @classmethod
    def of_scan(cls, scan: RemoteScan) -> "RemoteState":
        return cls(scan.name, scan.size or 0, scan.version, None, None, scan)

    def __reduce__(self):
        return type(self), (*super().__reduce__()[1], self.remote, self.scan)


def with_bytes(inputs: Iterable[Input], max_pixels: int) -> Iterator[Input]:
    """The same inputs in the same order, those of URLs read."""
    return read_ahead(inputs, lambda one: one.remote, filled, max_pixels)


def filled(one: Input, got: ScanBytes | Exception) -> Input:
    """An input with the bytes of its URL, or with what is wrong with it.

    Raises:
        Exception: what nobody foresaw.
    """
    if isinstance(got, ScanBytes):
        return one._replace(remote=None, scan=got)
    if isinstance(got, ImageError):
        return one._replace(
            remote=None, problem=str(got), unread=True, short=isinstance(got, ShortOfMemoryError)
        )
    raise got


def states_with_bytes(
    states: Iterable[FileState], max_pixels: int, leave: Callable[[str], None]
) -> Iterator[FileState]:
    """The same in the same order, those of URLs read.

    Args:
        leave: told of those that cannot be read now, which are left out.
    """

    def read(state: FileState, got: ScanBytes | Exception) -> FileState | str:
        if isinstance(got, ScanBytes):
            return replace(state, scan=got)
        if isinstance(got, ImageError):
            return str(got)
        raise got

    for one in read_ahead(states, lambda one: getattr(one, "remote", None), read, max_pixels):
        if isinstance(one, str):
            leave(one)
        else:
            yield one
