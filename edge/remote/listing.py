"""Which scans a URL names: one object, all below a folder, or those of a pattern. Listed lazily.

Of S3 a page of a thousand names is in memory at a time, of other stores and of web servers the
folders on the way, of an archive its table of contents.
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge.remote.error_words import RemoteError, is_forbidden
from edge.remote.filesystem import archive, check_installed, file_system, path_of
from edge.remote.read import tried
from edge.remote.url import RemoteScan, in_archive, scheme_of, shown, split_archive

_MAGIC = frozenset("*?[")
_DEEPEST = 50
"""Folders below each other: a web server may have links that go on for ever."""


class Found(NamedTuple):
    """An object."""

    path: str
    """As `path_of` has it."""
    size: int | None = None
    version: int = 0
    """As `RemoteScan.version`."""
    meant: bool = False
    """Whether the user named it, so that it is an input whatever it is called."""


def remote_scans(
    url: str, is_meant: Callable[[str], bool], say: Callable[[str], None]
) -> Iterator[RemoteScan]:
    """The scans that a URL names.

    Args:
        is_meant: whether an object of a folder is an input, by its name without folders.
        say: takes what the user should know about objects that are left out.

    Raises:
        RemoteError: there are none, or they cannot be listed. Those that came before count.
        MissingSoftwareError: what reads such URLs is not installed.
    """
    check_installed(url)
    name = shown(url)
    scheme = scheme_of(url)
    found = skipped = 0
    first = ""
    for one in _LISTERS.get(scheme, _of_store)(url, name):
        if one.meant or is_meant(one.path.partition("?")[0].rpartition("/")[2]):
            found += 1
            yield RemoteScan(_url(url, scheme, one.path), one.size, one.version)
        else:
            first = first or shown(_url(url, scheme, one.path))
            skipped += 1
    if skipped:
        say(
            f"{name}: {skipped} of {found + skipped} objects are no images by their names and "
            f"were skipped; the first is {first}"
        )
    if not found:
        raise RemoteError(f"{name}: there are no scans")


def _url(url: str, scheme: str, path: str) -> str:
    if scheme == "zip":
        return in_archive(path, split_archive(url)[1])
    return path if scheme in ("http", "https") else f"{scheme}://{path}"


def _of_archive(url: str, name: str) -> Iterator[Found]:
    wanted, place = split_archive(url)
    matches = _pattern(wanted)
    there = not wanted or matches is not None
    for path, size, checksum in tried(lambda: archive(place), name).members():
        if matches is None:
            meant = path == wanted
            if meant or not wanted or path.startswith(wanted.rstrip("/") + "/"):
                there = True
                yield Found(path, size, checksum, meant)
        elif matches(path):
            yield Found(path, size, checksum, True)
    if not there:
        raise RemoteError(f"{name}: {wanted} is not there")


def _of_store(url: str, name: str) -> Iterator[Found]:
    scheme, path = scheme_of(url), path_of(url)
    matches = _pattern(path)
    start = path if matches is None else re.split(r"[*?[]", path)[0].rpartition("/")[0] + "/"
    if not start.strip("/"):
        raise RemoteError(f"{name}: names no bucket")
    for one in (_of_s3 if scheme == "s3" else _of_folders)(scheme, start, name):
        if matches is None:
            yield one
        elif matches(one.path):
            yield one._replace(meant=True)


def _of_s3(scheme: str, path: str, name: str) -> Iterator[Found]:
    bucket, _, key = path.partition("/")
    if key and not key.endswith("/"):
        try:
            objects = [one for one in _page(bucket, key, name, most=1)[0] if one.path == path]
        except PermissionError:  # maybe it may be read, and its bucket not be listed
            objects = [Found(path)]
        if objects:
            yield objects[0]._replace(meant=True)
            return
        key += "/"
    more: str | None = ""
    while more is not None:
        try:
            page, more = _page(bucket, key, name, more)
        except PermissionError:
            raise RemoteError(
                f"{name}: these credentials have no permission to list this bucket"
            ) from None
        yield from page


def _page(
    bucket: str, key: str, name: str, after: str = "", most: int = 1000
) -> tuple[list[Found], str | None]:
    """Up to 1,000 objects, and the token of the next; PermissionError if it may not be listed."""
    options = {"ContinuationToken": after} if after else {}

    def once():
        try:
            return file_system("s3").call_s3(
                "list_objects_v2", Bucket=bucket, Prefix=key, MaxKeys=most, **options
            )
        except Exception as error:
            if is_forbidden(error):
                return None
            raise

    answer = tried(once, name)
    if answer is None:
        raise PermissionError
    page = [
        Found(f"{bucket}/{one['Key']}", one["Size"], _nanoseconds(one.get("LastModified")))
        for one in answer.get("Contents", ())
        if not one["Key"].endswith("/")
    ]
    return page, answer.get("NextContinuationToken") if answer.get("IsTruncated") else None


def _nanoseconds(time) -> int:
    return int(time.timestamp()) * 10**9 if hasattr(time, "timestamp") else 0


def _of_folders(scheme: str, path: str, name: str, depth: int = 0) -> Iterator[Found]:
    """Of other stores: folder by folder, each in order of name."""
    system = file_system(scheme)
    entries = tried(lambda: system.ls(path.rstrip("/"), detail=True), name)
    for one in sorted(entries, key=lambda entry: entry["name"]):
        here = one["name"].strip("/")
        if one["type"] != "directory":
            changed = _nanoseconds(one.get("updated") or one.get("last_modified"))
            yield Found(here, one.get("size"), changed, meant=here == path.strip("/"))
        elif here != path.strip("/") and depth < _DEEPEST:
            yield from _of_folders(scheme, here, name, depth + 1)


def _of_web(url: str, name: str) -> Iterator[Found]:
    if url.partition("?")[0].endswith("/"):
        return _web_folder(*url.partition("?"), name, 0)
    return iter([Found(url, meant=True)])


def _web_folder(url: str, mark: str, query: str, name: str, depth: int) -> Iterator[Found]:
    """Of a web server that lists its folders: the links in a page that lead below it."""
    system = file_system(scheme_of(url))
    links = tried(lambda: system.ls(url + mark + query, detail=False), name)
    asked = (url + mark + query).rstrip("/") + "/"  # to which fsspec appends what is relative
    for link in sorted({html.unescape(one).replace(asked, url) for one in links}):
        # A page may link to itself in another order (?C=N), or to a part of itself (#top).
        if "?" in link or "#" in link or not link.startswith(url) or link == url:
            continue
        if not link.endswith("/"):
            yield Found(link + mark + query)
        elif depth < _DEEPEST and "/../" not in link:
            yield from _web_folder(link, mark, query, name, depth + 1)


def _pattern(text: str) -> Callable[[str], object] | None:
    """What tells whether a path matches: `*` and `?` stay in a folder, `**/` is any number of them.

    None: it is no pattern.
    """
    if not _MAGIC.intersection(text):
        return None
    result, rest = "", text
    while rest:
        if rest.startswith("**/"):
            result, rest = result + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            result, rest = result + ".*", rest[2:]
        elif rest[0] in "*?":
            result, rest = result + ("[^/]*" if rest[0] == "*" else "[^/]"), rest[1:]
        elif found := re.match(r"\[(!?)(\]?[^\]]*)\]", rest):
            signs = re.sub(r"([\\^\[])", r"\\\1", found[2])
            result, rest = result + f"[{'^' * bool(found[1])}{signs}]", rest[found.end() :]
        else:
            result, rest = result + re.escape(rest[0]), rest[1:]
    return re.compile(result, re.DOTALL).fullmatch


_LISTERS = {"http": _of_web, "https": _of_web, "zip": _of_archive}
