"""One line of a journal: a result, and the file that it is about."""

import json
import os
import re
from typing import NamedTuple

from edge.journal.file_state import FileState, digest_of
from edge.model_file import bounded_json

BEGIN = b'{"path": "'
"""Of each line: the key that `edge.results.writers.record` puts first."""
_NUMBER = rb"(-?(?:0|[1-9][0-9]*))"
_PLAIN = re.compile(
    rb'\{"path": "[^"\\]*", "verdict": (null|"[a-z_]+"), .*?"model_sha256": (null|"[^"\\]*"), '
    rb'.*, "file": \{"path": "(/[^"\\]*)", "size": ' + _NUMBER + rb', "mtime_ns": ' + _NUMBER
    + rb', "sha256": (null|"[^"\\]*"), "inode": ' + _NUMBER + rb', "ctime_ns": ' + _NUMBER
    + rb"\}\}\n",
    re.DOTALL,
)  # fmt: skip
"""Of nearly every line, as `write_line` makes it. To parse it as JSON takes four times as long, and
there are a million of them."""
_FAILED = (None, "rejected")


class Line(NamedTuple):
    """What is remembered of a line."""

    key: bytes
    """Of its file, as `FileState.key`."""
    content: bytes | None
    """Of its path with its content; None: it was too large to be hashed."""
    failed: bool
    """Whether the file could not be read, or was rejected."""
    model_sha256: str | None
    """Whose verdict it is; None where there is none."""


def read_line(line: bytes) -> Line | None:
    """What a line says; None: it is no result of a journal."""
    plain = _PLAIN.fullmatch(line) if b"\0" not in line and line.isascii() else None
    if plain:
        verdict, model, path, size, mtime, sha256, inode, ctime = plain.groups()
        name = path.decode()
        if os.path.normpath(name) == name:
            facts = b"%b %b %b %b" % (size, mtime, inode, ctime)
            content = None if sha256 == b"null" else digest_of(sha256[1:-1], path)
            whose = None if model == b"null" else model[1:-1].decode()
            failed = verdict in (b"null", b'"rejected"')
            return Line(digest_of(facts, path), content, failed, whose)
    try:
        found = bounded_json.loads(line.strip(b"\0\r\n"), bounded_json.LINE)
        facts = found["file"]
        more = facts.get("inode"), facts.get("ctime_ns")  # which older versions did not write
        seen = FileState(str(facts["path"]), facts["size"], facts["mtime_ns"], *more)
        sha256 = facts["sha256"]
        content = None if sha256 is None else seen.digest(str(sha256))
        whose = found.get("model_sha256")
        failed = found.get("verdict") in _FAILED
        return Line(seen.key(), content, failed, None if whose is None else str(whose))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def write_line(result: dict, seen: FileState, sha256: str | None) -> str:
    """The line of a result, without its end."""
    facts = {
        "size": seen.size,
        "mtime_ns": seen.mtime_ns,
        "sha256": sha256,
        "inode": seen.inode,
        "ctime_ns": seen.ctime_ns,
    }
    # The result's own path may be relative, and begins as it was spelt on the command line.
    return json.dumps({**result, "file": {"path": seen.place, **facts}})
