"""What `--watch` finds in its folder, look by look, in this process."""

import errno
import os

import pytest

from edge.service.folder import Folder


def test_a_file_that_grows_is_left_alone(tmp_path):
    now = [0.0]
    folder = Folder(str(tmp_path), 2.0, clock=lambda: now[0])
    file = tmp_path / "scan.png"

    def look(at):
        now[0] = at
        return [os.path.basename(seen.path) for seen in folder.ready(lambda seen: False)]

    file.write_bytes(b"a")
    assert look(0) == []
    file.write_bytes(b"ab")
    assert look(1.5) == []
    assert look(3) == []
    assert look(3.5) == ["scan.png"]


def failing(times: int, work, error):
    """`work`, which raises an error the first times that it is called; and how often it was."""
    calls = []

    def wrapped(*arguments):
        calls.append(arguments)
        if len(calls) <= times:
            raise error
        return work(*arguments)

    return wrapped, calls


IO_ERROR = OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize(
    "where", ["edge.service.examine.sha256_of", "edge.scan.decode._decode_open"]
)
def test_a_file_that_cannot_be_read_is_tried_again(
    watch_in_process, scan, inbox, monkeypatch, where
):
    from edge.scan import decode
    from edge.service import examine

    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    work = examine.sha256_of if "examine" in where else decode._decode_open
    wrapped, calls = failing(3, work, IO_ERROR)
    monkeypatch.setattr(where, wrapped)
    found, err = watch_in_process(3)
    assert found == []
    assert len(calls) == 2, "once a look that finds the file settled"
    assert err.count("Input/output error") == 1, "said once"
    assert "will be tried again" in err
    found, err = watch_in_process(5)
    assert [result["verdict"] for result in found] == ["tumor"]
    assert len(calls) == 4


def test_a_damaged_file_is_final(watch_in_process, scan, inbox):
    (inbox / "cut.png").write_bytes(scan(180).read_bytes()[:90])
    tiff = scan(180, "a.tif").read_bytes()
    (inbox / "cut.tif").write_bytes(tiff[: len(tiff) // 2])
    at = int.from_bytes(tiff[4:8], "little")
    (inbox / "far.tif").write_bytes(tiff[:4] + (at + (1 << 31)).to_bytes(4, "little") + tiff[8:])
    (inbox / "text.png").write_text("I am a text")
    found, err = watch_in_process(5)
    assert len(found) == 4
    assert all(result["error"] for result in found)
    assert "tried again" not in err


class Listing(list):
    """What `os.scandir` returns, of some entries."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Unstated:
    """An entry of a folder of which nothing can be told."""

    def __init__(self, folder, error):
        self.path, self.name, self._error = f"{folder}/x.png", "x.png", error

    def is_symlink(self):
        return False

    def is_dir(self, follow_symlinks=True):
        raise self._error

    is_file = is_dir


@pytest.mark.parametrize("kind", ["folder", "entry"])
def test_what_may_not_be_listed_is_said_once_and_tried_again(
    watch_in_process, scan, inbox, monkeypatch, kind
):
    deep, listed = inbox / "deep", os.scandir
    deep.mkdir()
    (deep / "b.png").write_bytes(scan(40).read_bytes())
    (inbox / "a.png").write_bytes(scan(180).read_bytes())
    error = PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def refusing(folder):
        if os.fspath(folder) != str(deep):
            return listed(folder)
        if kind == "folder":
            raise error
        return Listing([Unstated(folder, error)])

    monkeypatch.setattr("edge.service.watch.os.scandir", refusing)
    found, err = watch_in_process(4)
    assert [result["verdict"] for result in found] == ["tumor"]
    where = deep if kind == "folder" else deep / "x.png"
    assert err.count(f"{where}: cannot be read (Permission denied); it will be tried again") == 1
    monkeypatch.setattr("edge.service.watch.os.scandir", listed)
    found, err = watch_in_process(3)
    assert [result["verdict"] for result in found] == ["tumor", "no_tumor"]
    assert "cannot be read" not in err


@pytest.mark.parametrize("gone", [FileNotFoundError, NotADirectoryError])
def test_what_was_removed_meanwhile_is_not_said(watch_in_process, inbox, monkeypatch, gone):
    (inbox / "deep").mkdir()
    listed = os.scandir

    def removed(folder):
        if folder.endswith("deep"):
            raise gone(2, "gone")
        return listed(folder)

    monkeypatch.setattr("edge.service.watch.os.scandir", removed)
    assert "gone" not in watch_in_process(3)[1]


def test_linked_folders_are_said_once(watch_in_process, scan, inbox, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.png").write_bytes(scan(40).read_bytes())
    (inbox / "a").symlink_to(other)
    (inbox / "b").symlink_to(inbox)
    (inbox / "c.png").symlink_to(scan(180))
    found, err = watch_in_process(4)
    assert [os.path.basename(result["path"]) for result in found] == ["c.png"]
    assert err.count("linked folder") == 1
    assert "2 linked folders were not searched; watch them by themselves" in err


def test_companions_of_scans_are_left_alone(watch_in_process, scan, inbox):
    (inbox / "DICOMDIR").mkdir()
    (inbox / "DICOMDIR" / "a.png").write_bytes(scan(40).read_bytes())
    for name in ("dicomdir.dcm", "._a.png"):
        (inbox / name).write_bytes(bytes(128) + b"DICM" + bytes(200))
    found, _ = watch_in_process(4)
    assert [os.path.basename(result["path"]) for result in found] == ["a.png"]
