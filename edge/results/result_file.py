"""The file that --out names."""

import os
import sys
from codecs import getincrementaldecoder
from contextlib import suppress

from edge.console.messages import results
from edge.console.streams import ResultStream

_MOST_LINKS = 8
_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
"""Standard output, to which these lead no longer (`edge.console.streams.own_descriptor`)."""


def why_unwritable(path: str, format: str = "text") -> str | None:
    """Why results cannot be written to a path, before any work is done; None if they may be.

    A scan or a model is not text, as all results are but Parquet: `--out *.png` must not cost the
    first.
    """
    if _is_output(path):
        return None
    if os.path.isdir(path):
        return f"{path}: is a folder, which results cannot replace; name a file in it for --out"
    folder = _missing_folder(path)
    if folder is not None:
        return f"{path}: cannot be written: there is no folder {folder}; make it first"
    if os.path.isfile(path) and not os.access(path, os.W_OK):
        return f"{path}: may not be written; change its permissions, or name another file for --out"
    if not _may_replace(path, format):
        return (
            f"{path}: is a scan, a model or the like, which results must not replace; "
            "name another file for --out"
        )
    return None


class ResultFile:
    """The file that `--out` names. Whole results replace it; anything less leaves it as it was.

    A symbolic link is followed. What is no regular file (a terminal, a pipe, /dev/null), and
    standard output or error by another name, cannot be replaced and is written into directly.

        with ResultFile("results.json") as file:
            json.dump(results, file.stream)
            file.replace()

    Raises:
        OSError: it cannot be opened, or the temporary file beside it cannot be made.
    """

    def __init__(self, path: str):
        self._temporary = None
        place: str | int | None = _standard(path)
        if place is None and os.path.exists(path) and not os.path.isfile(path):
            place = path
        if place is None:
            # Beside the file, so that the renaming is one step.
            self._target = os.path.realpath(path)
            # Of this process alone: another may be writing results to the same name. By chance, for
            # processes in two containers have equal numbers.
            place = self._temporary = f"{self._target}.{os.urandom(8).hex()}.partial"
        mode = "w" if self._temporary is None else "x"
        self._file = open(place, mode, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        if self._temporary is not None and os.path.exists(self._target):
            from edge.files.replaced_file import keep_rights

            keep_rights(self._file.fileno(), self._target)
        self.stream = ResultStream(self._file, f"{path}: the results")
        """To write to; raises `OutputError`."""

    @property
    def direct(self) -> bool:
        """Whether what was written is there already, and stays."""
        return self._temporary is None

    def replace(self) -> None:
        """Put the results, which are whole, in place.

        Raises:
            OutputError: the disk is full, or the folder does not allow it.
        """
        self.stream.flush()
        if self._temporary is not None:
            with self.stream.told():
                self._file.close()
                os.replace(self._temporary, self._target)
            self._temporary = None

    def __enter__(self) -> "ResultFile":
        return self

    def __exit__(self, *_) -> None:
        with suppress(OSError):
            self._file.close()  # which may have more to write than there is room for
        if self._temporary is not None:
            with suppress(OSError):
                os.unlink(self._temporary)


def _standard(path: str) -> int | None:
    """A copy of standard output or error if a path leads to it (/dev/stdout); else None.

    Where a shell redirected it to a file, opening that by name would empty or replace it.
    """
    if _is_output(path):
        with suppress(OSError, ValueError):
            return os.dup(results().fileno())
    for stream in (results(), sys.stderr):
        with suppress(OSError, ValueError):  # of a stream that is on no descriptor
            if os.path.samestat(os.stat(path), os.fstat(stream.fileno())):
                return os.dup(stream.fileno())
    return None


def _is_output(path: str) -> bool:
    """Whether a path is another name of standard output, or a link to one."""
    for _ in range(_MOST_LINKS):
        if os.path.normpath(path) in _OUTPUT:
            return True
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except (OSError, ValueError):
            return False
    return False


def _missing_folder(path: str) -> str | None:
    """The folder that a file is to be written to, if it is not there."""
    for name in (path, os.path.realpath(path)):  # the file itself may be a link
        folder = os.path.dirname(name) or "."
        try:
            os.stat(folder)
        except FileNotFoundError:
            return folder
        except (OSError, ValueError):
            return None  # writing it will tell what is wrong
    return None


def _may_replace(path: str, format: str) -> bool:
    if not os.path.isfile(path):
        return True  # nothing, or a terminal or a pipe
    try:
        with open(path, "rb") as file:
            start = file.read(4096)
        if format == "parquet" and start.startswith(b"PAR1"):
            return True
        return b"\0" not in getincrementaldecoder("utf-8")().decode(start).encode()
    except UnicodeDecodeError:
        return False
    except OSError:
        return True  # writing it will tell what is wrong
