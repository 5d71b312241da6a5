"""Inputs that are named by URLs, read ahead. Imported when one may be named."""

from collections.abc import Iterable, Iterator

from edge.app.inputs import Input
from edge.errors import ImageError, ShortOfMemoryError
from edge.remote.read import ScanBytes
from edge.remote.read_ahead import read_ahead


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
