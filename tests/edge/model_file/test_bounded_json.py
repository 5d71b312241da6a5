"""JSON of others, within limits."""

import json
import os
import sys
from threading import Thread

import pytest

from edge.model_file import bounded_json
from edge.model_file.bounded_json import LINE, MANIFEST, OWN, Limits, loads, read

GOOD = [
    {},
    [1, 2.5, -3e10, None, True, "text"],
    {"a": {"b": [{"c": '"[{\\"'}]}, "empty": "", "path": "C:\\scans\\"},
    ["[" * 500, "{" * 500, '\\"[' * 50],
    [1e-320, 1.7e308, 2**63],
    "é–\U0001f9e0",
]


@pytest.mark.parametrize("value", GOOD, ids=range(len(GOOD)))
@pytest.mark.parametrize("ascii", [True, False])
def test_what_python_writes_is_read_as_it_was(value, ascii):
    text = json.dumps(value, ensure_ascii=ascii)
    assert loads(text) == loads(text.encode(), MANIFEST) == value


DEEP = 1100
BAD = {
    "lists": ("[" * DEEP + "]" * DEEP, "nested more than 32 deep"),
    "objects": ('{"a":' * DEEP + "1" + "}" * DEEP, "nested more than 32 deep"),
    "both": ('[{"a":' * 17 + "1" + "}]" * 17, "nested more than 32 deep"),
    # Brackets in texts must not make up for those outside.
    "hidden": ('["]",' * DEEP + '"["' + "]" * DEEP, "nested more than 32 deep"),
    "escaped": ('["\\"]",' * DEEP + "1" + "]" * DEEP, "nested more than 32 deep"),
    "a hundred thousand": ("[" * 100_000, "nested more than 32 deep"),
    "infinity": ('{"x": Infinity}', "Infinity, which is no number"),
    "minus infinity": ("[-Infinity]", "Infinity, which is no number"),
    "nan": ("NaN", "NaN, which is no number"),
    "overflow": ("[1e999]", "larger than any number"),
    "long float": ("1" * 400 + ".0", "larger than any number"),
    "long integer": ("[" + "9" * 5000 + "]", "too large a number"),
    "surrogate": ('"\\ud800"', "half a character"),
    "second half": ('["\\uDC00x"]', "half a character"),
    "raw surrogate": ('"\ud800"', "no UTF-8"),
    "control character": ('"a\nb"', "no JSON"),
    "cut": ('{"a": [1', "cut short"),
    "no json": ("{a: 1}", "no JSON"),
    "empty": ("", "no JSON"),
    "utf-16": ('{"a": 1}'.encode("utf-16"), "no UTF-8"),
    "more behind": ("{} {}", "no JSON"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_what_is_beyond_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words) as caught:
        loads(text, MANIFEST)
    assert len(str(caught.value)) < 200


def test_a_whole_pair_of_surrogates_is_a_character():
    assert loads('"\\ud83e\\udde0"', MANIFEST) == "\U0001f9e0"


def test_names_of_files_that_are_no_text_come_back():
    name = os.fsdecode(b"scan-\xff.png")
    assert loads(json.dumps({"path": name}), LINE) == {"path": name}


def test_limits_are_kept_exactly():
    small = Limits(bytes=100, depth=3, items=10, text=20)
    assert loads("[[[1]]]", small)
    assert loads(json.dumps("x" * 20), small)
    assert loads(json.dumps([0] * 10), small)
    for text, words in (
        ("[[[[1]]]]", "3 deep"),
        (json.dumps([0] * 11), "10 values"),
        (" " * 101, "100 bytes"),
    ):
        with pytest.raises(ValueError, match=words):
            loads(text, small)
    long = Limits(text=20)
    with pytest.raises(ValueError, match="text of more than 20 bytes"):
        loads(json.dumps(["x" * 21, "y" * 3]), long)
    with pytest.raises(ValueError, match="text of more than 20 bytes"):
        loads(json.dumps({"\\" * 21: 1}), long)


def test_a_checkpoint_may_hold_what_is_no_json():
    assert loads("[Infinity]", OWN._replace(finite=False)) == [float("inf")]


def test_a_caller_deep_in_calls_gets_an_error_in_words():
    """As in a thread, whose stack is small."""
    found = []

    def deeper(left):
        if left:
            return deeper(left - 1)
        with pytest.raises(ValueError, match=r"nested|deep"):
            loads("[" * 9000 + "]" * 9000, OWN._replace(depth=10_000))
        found.append(True)

    thread = Thread(target=deeper, args=(sys.getrecursionlimit() - 400,))
    thread.start()
    thread.join()
    assert found


def test_files_are_read_no_further_than_they_may_be(tmp_path):
    path = tmp_path / "run.json"
    path.write_text('{"a": 1}')
    assert read(path) == {"a": 1}
    with open(path, "r+b") as file:
        file.truncate(3_000_000_000)  # sparse: it takes no room
    with pytest.raises(ValueError, match="larger than 16000000 bytes"):
        read(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none")


def test_the_manifests_limit_is_the_containers():
    from edge.model_file.manifest_json import MAX_MANIFEST_BYTES

    assert bounded_json.MANIFEST.bytes == MAX_MANIFEST_BYTES
