"""Read one scan of a URL, whole and in memory, within limits, several times if it must be."""

import io
import time
from collections.abc import Callable

from edge.errors import EdgeError, ImageError
from edge.remote.error_words import CutShortError, RemoteError, reason
from edge.remote.filesystem import archive, check_installed, file_system, path_of
from edge.remote.url import RemoteScan, scheme_of, split_archive
from edge.scan.max_pixels import max_file_bytes
from edge.scan.memory_price import check_memory, file_price

PAUSES = (0.3, 1.0, 3.0)
"""Seconds before the second try, the third and the fourth."""
_CHUNK = 1 << 18


class ScanBytes(io.BytesIO):
    """The bytes of a scan, with a name for messages and results."""

    def __init__(self, data: bytes = b"", name: str = "bytes"):
        super().__init__(data)
        self.name = self.scan_name = name

    def __str__(self) -> str:
        return self.name


def read_remote(scan: RemoteScan, max_pixels: int) -> ScanBytes:
    """The bytes of a scan.

    Args:
        max_pixels: what is larger than the largest file of a picture of so many is refused unread.

    Raises:
        RemoteError: it cannot be had; the last of four tries failed, or more would not help.
        ImageError: it is too large, or memory is short.
    """
    name, most = scan.name, max_file_bytes(max_pixels)
    check_installed(scan.url)
    _check_size(name, scan.size, most)

    def once() -> bytes:
        return _READERS.get(scheme_of(scan.url), _of_store)(scan, most)

    data = tried(once, name)
    _check_size(name, len(data), most)
    return ScanBytes(data, name)


def tried(call: Callable[[], object], name: str, pauses: tuple[float, ...] | None = None):
    """`call()`, again after failures that may pass.

    Raises:
        RemoteError: it failed for good.
    """
    pauses = PAUSES if pauses is None else pauses
    for attempt in range(len(pauses) + 1):
        try:
            return call()
        except ImageError as error:
            if isinstance(error, RemoteError) and not str(error).startswith(name):
                raise RemoteError(f"{name}: {error}") from None
            raise
        except EdgeError:
            raise
        except Exception as error:
            why = reason(error)
            if why.again and attempt < len(pauses):
                time.sleep(pauses[attempt])
                continue
            tries = f" ({attempt + 1} tries)" if attempt else ""
            raise RemoteError(f"{name}: {why.text}{tries}") from None
    raise AssertionError("unreachable")


def _check_size(name: str, size: int | None, most: int) -> None:
    if size is None:
        return
    if size > most:
        raise ImageError(
            f"{name}: is larger than {most} bytes, as no picture within --max-pixels is; "
            "it was not read"
        )
    check_memory(file_price(size), name)


def _of_store(scan: RemoteScan, most: int) -> bytes:
    """By one request for as many bytes as were listed, however large it has become."""
    if scan.size == 0:
        return b""
    system, path = file_system(scheme_of(scan.url)), path_of(scan.url)
    size = scan.size
    if size is None:
        size = system.info(path)["size"]
        if size is None or size > most:
            _check_size(scan.name, size or most + 1, most)
        if size == 0:
            return b""
    data = system.cat_file(path, start=0, end=size)
    if len(data) < size:
        raise CutShortError("cut")
    return data


def _of_web(scan: RemoteScan, most: int) -> bytes:
    from fsspec.asyn import sync

    system = file_system(scheme_of(scan.url))
    return sync(system.loop, _get, system, scan, most)


async def _get(system, scan: RemoteScan, most: int) -> bytes:
    session = await system.set_session()
    async with session.get(scan.url) as answer:
        answer.raise_for_status()
        _check_size(scan.name, answer.content_length, most)
        chunks, got = [], 0
        while got <= most and (chunk := await answer.content.read(_CHUNK)):
            chunks.append(chunk)
            got += len(chunk)
        return b"".join(chunks)


def _of_archive(scan: RemoteScan, most: int) -> bytes:
    member, place = split_archive(scan.url)
    return archive(place).read(member, most + 1)


_READERS = {"http": _of_web, "https": _of_web, "zip": _of_archive}
