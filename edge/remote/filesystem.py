"""What reads a URL: fsspec's file systems, opened once, and Python's own for archives."""

import os
import stat
import zipfile
from collections import Counter
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock

from edge.errors import MissingSoftwareError
from edge.remote.error_words import RemoteError
from edge.remote.url import SCHEMES, scheme_of, shown

CONNECT_SECONDS, READ_SECONDS = 10, 60
"""To reach a server; between two bytes of an answer."""
_BLOCK = 1 << 20
"""Bytes that are read of an archive at a time."""
_EXTRA = {"gcsfs": "gcsfs", "adlfs": "adlfs"}
"""Packages that are not in the extra `remote`."""


def check_installed(url: str) -> None:
    """Raise if a URL is of a kind that nothing reads, or nothing that is installed."""
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        raise RemoteError(f"{shown(url)}: {scheme}:// is not read; known are {known}")
    missing = [name for name in SCHEMES[scheme] if find_spec(name) is None]
    if missing:
        install = "'mri-edge[remote]'" if not set(missing) & set(_EXTRA) else " ".join(missing)
        raise MissingSoftwareError(
            f"{shown(url)}: {scheme}:// needs {' and '.join(missing)}, not installed here; "
            f"install with: pip install {install}",
            missing[0],
        )


@lru_cache(16)
def file_system(scheme: str):
    """fsspec's, of a kind of URL. Trying again is `edge.remote.read`'s, and once is enough."""
    import fsspec

    options = {"use_listings_cache": False, "skip_instance_cache": True}
    if scheme == "s3":
        # Without credentials botocore would ask 169.254.169.254, which nobody named, for some.
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
        options |= {
            "config_kwargs": {
                "retries": {"total_max_attempts": 1},
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": READ_SECONDS,
            },
            "cache_regions": False,
        }
    elif scheme in ("http", "https"):
        from aiohttp import ClientTimeout

        time = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        options |= {"simple_links": False, "client_kwargs": {"timeout": time}}
    elif scheme == "gs":
        os.environ.setdefault("NO_GCE_CHECK", "true")  # as above
    result = fsspec.filesystem("abfs" if scheme == "az" else scheme, **options)
    if scheme == "s3":
        result.retries = 1
    return result


def path_of(url: str) -> str:
    """What fsspec calls an object: of web servers all of its URL."""
    return url if scheme_of(url) in ("http", "https") else url.partition("://")[2]


class Archive:
    """A ZIP file, local or of another URL, whose members are read one at a time.

    Raises:
        OSError, zipfile.BadZipFile: it cannot be read.
    """

    def __init__(self, place: str):
        self._turn = Lock()
        if scheme := scheme_of(place):
            check_installed(place)
            file = file_system(scheme).open(
                path_of(place), "rb", block_size=_BLOCK, cache_type="readahead"
            )
        else:
            from edge.files.regular_file import open_regular

            file = open_regular(place)
        try:
            self._zip = zipfile.ZipFile(file)
        except ValueError:  # of fsspec's file for such servers
            file.close()
            raise RemoteError(
                "the server gives no parts of files (Range), so an archive cannot be read there; "
                "copy it to a disk"
            ) from None
        except BaseException:
            file.close()
            raise
        names = Counter(one.filename for one in self._zip.infolist())
        self._twice = {name for name, number in names.items() if number > 1}

    def members(self):
        """(name, bytes, checksum) of each member that is a file, in the order of their names."""
        for one in sorted(self._zip.infolist(), key=lambda one: one.filename):
            kind = one.external_attr >> 16
            if not one.is_dir() and not stat.S_ISLNK(kind):
                yield one.filename, one.file_size, one.CRC

    def read(self, name: str, most: int) -> bytes:
        """The first `most` bytes of a member.

        Raises:
            RemoteError: it is not there, has a name that another has, is encrypted, or is
                compressed in an unknown way.
        """
        if name in self._twice:
            raise RemoteError("is the name of several members; unpack the archive")
        with self._turn:
            try:
                with self._zip.open(name) as file:
                    return file.read(most)
            except KeyError:
                raise FileNotFoundError(name) from None
            except RuntimeError:
                raise RemoteError("is encrypted; unpack the archive with its password") from None
            except NotImplementedError:
                raise RemoteError(
                    "is compressed in a way that Python does not know; unpack the archive"
                ) from None


@lru_cache(8)
def archive(place: str) -> Archive:
    """The archive of that name, opened once."""
    return Archive(place)
