"""A line is read quickly where it is as we write it, and as JSON elsewhere: with one result."""

import json

import pytest

from edge.journal import result_line
from edge.journal.file_state import FileState
from edge.journal.result_line import read_line, write_line

RESULT = {
    "path": "in/a.png",
    "verdict": "tumor",
    "probability": 0.9,
    "reason": None,
    "model_sha256": "ab" * 32,
    "error": None,
}
PATHS = ["/in/a.png", "/in/ü.png", '/in/", "file": {"path": "/b.png', "/in/a\\b", "/in/\udcff.png"]


class Never:
    """In place of the quick way."""

    def fullmatch(self, line):
        return None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("verdict", ["tumor", "rejected", None])
@pytest.mark.parametrize("sha256", ["cd" * 32, None])
@pytest.mark.parametrize("mtime", [1, -1, 10**19])
def test_both_ways_agree(path, verdict, sha256, mtime, monkeypatch):
    seen = FileState(path, 5, mtime, 7, 8)
    result = {**RESULT, "path": path, "verdict": verdict}
    if verdict is None:
        result["model_sha256"] = None
    line = f"{write_line(result, seen, sha256)}\n".encode()
    quick = read_line(line)
    monkeypatch.setattr(result_line, "_PLAIN", Never())
    slow = read_line(line)
    assert quick == slow
    assert quick.key == seen.key()
    assert quick.content == (None if sha256 is None else seen.digest(sha256))
    assert quick.failed == (verdict != "tumor")
    assert quick.model_sha256 == result["model_sha256"]


def test_the_quick_way_is_taken(monkeypatch):
    line = f"{write_line(RESULT, FileState('/in/a.png', 5, 6, 7, 8), 'cd' * 32)}\n".encode()
    monkeypatch.setattr(result_line.bounded_json, "loads", lambda *_: pytest.fail("was parsed"))
    assert read_line(line)


@pytest.mark.parametrize("end", ["}", "", ', "more": 1}'])
def test_what_does_not_end_as_it_should_is_none_or_parsed(end):
    line = write_line(RESULT, FileState("/in/a.png", 5, 6, 7, 8), None)
    found = read_line(f"{line[:-1]}{end}\n".encode())
    assert (found is None) == (end == "")


def test_a_damaged_line_is_none():
    line = write_line(RESULT, FileState("/in/a.png", 5, 6, 7, 8), None).encode()
    assert read_line(line.replace(b"0.9", b"\0\0\0") + b"\n") is None
    assert read_line(json.dumps(RESULT).encode() + b"\n") is None, "it tells no file"
