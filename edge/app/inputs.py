"""Which files a command line means: files, folders, patterns, and names on standard input."""

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from edge.errors import ImageError
from edge.files.regular_file import open_regular
from edge.files.shard import Shard
from edge.files.walk_folders import is_companion_folder, walk
from edge.saliency.picture_names import PICTURE
from edge.scan.file_format import SUFFIXES, VOLUMES, is_image_file

STDIN = "-"
_MAGIC = frozenset("*?[")
_CHUNK = 1 << 16
_LONGEST_NAME = 1 << 16
"""Bytes; Linux' PATH_MAX is 4096."""
_PREAMBLE = 128
"""Bytes before the mark of a DICOM file (PS3.10, 7.1), nearly always zero."""
_MARK = b"\xef\xbb\xbf"
"""What Windows' editors begin a text with (UTF-8's byte order mark)."""


class Input(NamedTuple):
    """A file to classify, or a name and what is wrong with it."""

    path: str
    """For results and messages; of a URL without secrets."""
    problem: str | None = None
    remote: Any = None
    """An `edge.remote.url.RemoteScan` that is still to be read."""
    scan: Any = None
    """What is to be classified, where that is no file: the bytes of a URL."""
    unread: bool = False
    """Whether the problem says nothing about what is in the scan, as with `Outcome.unread`."""
    short: bool = False
    """Whether it is want of memory."""

    def __str__(self) -> str:
        return self.path


def expand(
    paths: list[str],
    say: Callable[[str], None],
    *,
    null: bool = False,
    skip: str | None = None,
    volumes: bool = False,
    urls: bool = False,
    shard: Shard | None = None,
) -> Iterator[Input]:
    """Each file to classify, in the order of `paths`; folders are searched, in order of name.

    Args:
        paths: files, folders, patterns ("scans/**/*.png", where the shell did not expand them),
            URLs, or "-" for names on standard input.
        say: takes what the user should know about files that are left out.
        null: names on standard input end in NUL (`find -print0`) rather than in a newline.
        skip: a folder that is not searched: the one that pictures are being written to.
        volumes: whether NIfTI volumes are among what is searched for, by their names.
        urls: whether what a URL names is listed; else it is said that it is not read.
        shard: only the files of this part, by their paths below the folder that was named; those
            that were named themselves, by their names as they were given.
    """
    suffixes = (*SUFFIXES, *VOLUMES) if volumes else SUFFIXES
    skip = skip and os.path.realpath(skip)
    for path in paths:
        if not path:
            yield Input(path, "an empty name is no scan: is a variable of the shell unset?")
        elif path == STDIN:
            ends = b"\0" if null else b"\n"
            yield from _named(names_on(0, ends), say, skip, suffixes, shard, urls)
        elif is_url(path):
            yield from _remote(path, say, shard, urls)
        elif _MAGIC.intersection(path) and not os.path.lexists(path):
            yield from _matches(path, say, skip, suffixes, shard)
        else:
            yield from _files(path, say, skip, suffixes, shard)


def not_searched(path: str, linked: list[str], do: str) -> str:
    """The message that links to folders below `path` are not followed, and what to do with them.

    They are not, because one may lead to a folder above it, or to a whole other disk.
    """
    if len(linked) == 1:
        return f"{path}: 1 linked folder was not searched; {do} it by itself: {linked[0]}"
    return (
        f"{path}: {len(linked)} linked folders were not searched; {do} them by themselves; "
        f"the first is {linked[0]}"
    )


def is_companion(name: str) -> bool:
    """Whether a file's name says that it is about others, though it looks like a scan.

    A DICOM CD's table of contents is DICOM itself (PS3.10, 8.6), and macOS puts a "._scan.dcm"
    beside each scan that it copies to a disk or share of another system.
    """
    return name.startswith("._") or os.path.splitext(name)[0].upper() == "DICOMDIR"


def is_url(path: str) -> bool:
    """Whether a name is a URL, and no file that happens to be called so."""
    begin, slashes, _ = path.partition("://")
    return bool(slashes) and begin.isalnum() and not os.path.lexists(path)


def may_name_urls(paths: list[str]) -> bool:
    """Whether there may be URLs among the inputs: named, or on standard input."""
    return STDIN in paths or any(is_url(path) for path in paths)


def is_one_file(paths: list[str]) -> bool:
    """Whether there is one file to classify and nothing to search."""
    return len(paths) == 1 and paths[0] != STDIN and os.path.isfile(paths[0])


def names_on(descriptor: int, end: bytes) -> Iterator[str]:
    """File names from an open file descriptor, as they come; empty ones are left out.

    Lines may end as on Windows, and the first begin with a byte order mark: no name does, unless
    names end in NUL, which is for names of any bytes.

    Reads the descriptor itself: a thread that waits in a buffered reader would keep the
    interpreter from ending after Ctrl-C.
    """
    rest, first, more, lines = b"", True, True, end == b"\n"
    while more:
        chunk = os.read(descriptor, _CHUNK)
        *names, rest = (rest + chunk).split(end)
        # What is longer is no list of names: the beginning of it will be called unreadable.
        more = bool(chunk) and len(rest) <= _LONGEST_NAME
        for name in names if more else (*names, rest[:_LONGEST_NAME]):
            if lines:
                name = (name.removeprefix(_MARK) if first else name).removesuffix(b"\r")
            first = False
            if name:
                yield os.fsdecode(name)


def _named(
    names: Iterator[str],
    say: Callable[[str], None],
    skip: str | None,
    suffixes: tuple[str, ...],
    shard: Shard | None,
    urls: bool,
) -> Iterator[Input]:
    some = False
    while True:
        try:
            name = next(names, None)
        except OSError as error:  # as of a folder, or of a terminal that has gone
            reason = error.strerror or error
            yield Input(STDIN, f"{STDIN}: standard input cannot be read ({reason}); name the scans")
            return
        if name is None:
            if not some:
                yield Input(STDIN, f"{STDIN}: standard input names no scan")
            return
        some = True
        if is_url(name):
            yield from _remote(name, say, shard, urls)
        else:
            yield from _files(name, say, skip, suffixes, shard)


def _remote(
    url: str, say: Callable[[str], None], shard: Shard | None, read: bool
) -> Iterator[Input]:
    from edge.remote.listing import remote_scans
    from edge.remote.url import shown

    name = shown(url)
    if not read:
        yield Input(name, f"{name}: URLs are read scan by scan alone; copy the scans to a disk")
        return
    try:
        for scan in remote_scans(url, _may_be_scan, say):
            if shard is None or shard.has(scan.name):
                yield Input(scan.name, remote=scan)
    except ImageError as error:
        yield Input(name, str(error))


def _matches(
    pattern: str,
    say: Callable[[str], None],
    skip: str | None,
    suffixes: tuple[str, ...],
    shard: Shard | None,
) -> Iterator[Input]:
    from glob import glob

    try:
        found = sorted(glob(pattern, recursive=True))
    except RecursionError:
        yield Input(pattern, f"{pattern}: folders are too deep for a pattern; name their folder")
        return
    named = pattern.split(os.sep)
    found = [
        path
        for path in found
        if not any(is_companion_folder(part) and part not in named for part in path.split(os.sep))
    ]
    pictures = sum(path.endswith(PICTURE) for path in found)
    if pictures:
        found = [path for path in found if not path.endswith(PICTURE)]
        _left_out(pattern, pictures, say)
    if not found:
        yield Input(pattern, f"{pattern}: no file has such a name")
    for path in found:
        if os.path.isdir(path):
            if "**" not in pattern:  # which names the files in it as well
                yield from _files(path, say, skip, suffixes, shard)
        elif shard is None or shard.has(path):
            yield Input(path)


def _files(
    path: str,
    say: Callable[[str], None],
    skip: str | None,
    suffixes: tuple[str, ...],
    shard: Shard | None,
) -> Iterator[Input]:
    if not os.path.isdir(path):
        if shard is None or shard.has(path):
            yield Input(path)
        return
    found = skipped = pictures = others = 0
    first = ""
    linked: list[str] = []
    unreadable: list[OSError] = []
    for folder, subfolders, names in walk(path, unreadable.append):
        subfolders.sort()
        if skip:
            subfolders[:] = [
                name for name in subfolders if os.path.realpath(os.path.join(folder, name)) != skip
            ]
        linked += filter(os.path.islink, (os.path.join(folder, name) for name in subfolders))
        for name in sorted(names):
            file = os.path.join(folder, name)
            if name.endswith(PICTURE):
                pictures += 1
                continue
            if shard and not shard.has(file[len(path) :].lstrip(os.sep)):
                others += 1  # without opening it, as every part would
                continue
            if _is_meant(file, name, suffixes):
                found += 1
                yield Input(file)
            else:
                first = first or file
                skipped += 1
    for error in unreadable:
        yield Input(
            str(error.filename), f"{error.filename}: cannot be read ({error.strerror or error})"
        )
    if pictures:
        _left_out(path, pictures, say)
    if skipped:
        total = found + skipped
        named = first.lower().endswith(VOLUMES)
        volume = ", a NIfTI volume, which --series takes" if named else ""
        say(
            f"{path}: {skipped} of {total} files are no images and were skipped; "
            f"the first is {first}{volume}"
        )
    if linked:
        say(not_searched(path, linked, "name"))
    if not found and not unreadable and not others:
        yield Input(path, f"{path}: no image files in this folder")


def _is_meant(file: str, name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file of a folder is an input, if only one that fails: no scan may be overlooked."""
    if is_companion(name):
        return False
    if name.lower().endswith(suffixes):
        return True
    try:
        if is_image_file(file):
            return True
        return _has_no_suffix(name) and os.path.isfile(file) and _is_blank(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _may_be_scan(name: str) -> bool:
    """Of what cannot be looked into yet, by its name."""
    return not is_companion(name) and (name.lower().endswith(SUFFIXES) or _has_no_suffix(name))


def _has_no_suffix(name: str) -> bool:
    """As DICOM files often have none: IM0001, 1.2.840.113619.2.5. And .gitkeep names no scan."""
    return not name.startswith(".") and ("." not in name or name.rpartition(".")[2].isdecimal())


def _is_blank(file: str) -> bool:
    """Whether it is empty, or begins as a DICOM file that a full disk or a broken copy cut."""
    with open_regular(file) as stream:
        return not stream.read(_PREAMBLE).strip(b"\0")


def _left_out(path: str, pictures: int, say: Callable[[str], None]) -> None:
    them = "1 picture that --explain wrote was"
    if pictures > 1:
        them = f"{pictures} pictures that --explain wrote were"
    say(f"{path}: {them} left out (*{PICTURE})")
