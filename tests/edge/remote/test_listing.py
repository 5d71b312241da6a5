"""What a URL names, with listers that are made up."""

from pathlib import Path

import pytest

from edge.remote import listing
from edge.remote.error_words import RemoteError
from edge.remote.listing import Found, remote_scans

pytest.importorskip("s3fs", reason="s3fs (extra remote) is not installed")


def test_a_million_names_take_no_memory(monkeypatch):
    def page(bucket, key, name, after="", most=1000):
        number = int(after or 0)
        found = [Found(f"{bucket}/{number * 1000 + i:07}.png", 1000) for i in range(1000)]
        return found, str(number + 1) if number < 999 else None

    monkeypatch.setattr(listing, "_page", page)
    found = remote_scans("s3://scans/", lambda name: True, print)
    next(found)
    before = resident()
    for number, _ in enumerate(found, 2):
        if number % 100_000 == 0:
            assert resident() - before < 5_000_000
    assert number == 1_000_000


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Store:
    """Folders below each other, as gcsfs and adlfs list them."""

    def ls(self, path, detail):
        if path == "bucket":
            return [
                {"name": "bucket/b.dcm", "type": "file", "size": 2},
                {"name": "bucket/a", "type": "directory"},
            ]
        if path == "bucket/a":
            return [{"name": "bucket/a/c.png", "type": "file", "size": 3}]
        if path == "bucket/b.dcm":
            return [{"name": "bucket/b.dcm", "type": "file", "size": 2}]
        raise FileNotFoundError(path)


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("gs://bucket", ["bucket/a/c.png", "bucket/b.dcm"]),
        ("gs://bucket/a/", ["bucket/a/c.png"]),
        ("gs://bucket/b.dcm", ["bucket/b.dcm"]),
        ("gs://bucket/**/*.png", ["bucket/a/c.png"]),
        ("gs://bucket/*.png", []),
        ("gs://bucket/none", []),
    ],
)
def test_other_stores_go_folder_by_folder(monkeypatch, url, names):
    monkeypatch.setattr(listing, "check_installed", lambda url: None)
    monkeypatch.setattr(listing, "file_system", lambda scheme: Store())
    found = []
    try:
        found += remote_scans(url, lambda name: True, print)
    except RemoteError:
        assert names == []
    assert [scan.url for scan in found] == [f"gs://{name}" for name in names]


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a/*.png", "a/b.png", "a/b/c.png"),
        ("a/**/x?.png", "a/x1.png a/b/c/x2.png", "b/x1.png a/x.png"),
        ("a/**", "a/b a/b/c", "b"),
        ("[!a]/[]]", "b/]", "a/]"),
        ("a[0-9", "", "a1"),
        ("a+(b)*", "a+(b) a+(b)c", "aab"),
    ],
)
def test_patterns(pattern, yes, no):
    matches = listing._pattern(pattern)
    assert all(matches(name) for name in yes.split())
    assert not any(matches(name) for name in no.split())
