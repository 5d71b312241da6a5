"""What the system tells of a watched folder, and where its word is not enough."""

import errno
import os
import shutil
import sys
import time

import pytest

from edge.service import changes
from edge.service.changes import Hints, why_polled
from edge.service.folder import Folder
from edge.service.watch import RESULTS
from tests.edge.conftest import results
from tests.edge.service.test_watch import finish, start, wait_for

needs_inotify = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="inotify is Linux's"
)


@pytest.fixture
def hints(inbox):
    pytest.importorskip("watchdog")
    hints = Hints(str(inbox), 0.1)
    if hints.how != "by inotify":
        pytest.skip(hints.how)
    assert hints.changed(False, False) is None, "first of all everything is looked at"
    yield hints
    hints.close()


def told(hints, least: int) -> set[str]:
    """The names that come until there are that many; a little later, no more."""
    names, end = set(), time.monotonic() + 10
    while len(names) < least and time.monotonic() < end:
        names |= hints.changed(False, False)
        time.sleep(0.01)
    time.sleep(0.1)
    return {os.path.basename(name) for name in names | hints.changed(False, False)}


@needs_inotify
def test_what_comes_is_told(hints, inbox, tmp_path):
    (inbox / "new.png").write_text("x")
    (tmp_path / "moved.png").write_text("x")
    (tmp_path / "moved.png").rename(inbox / "moved.png")
    (inbox / ".hidden").write_text("x")
    assert told(hints, 2) == {"new.png", "moved.png"}
    os.utime(inbox / "new.png")
    assert told(hints, 1) == {"new.png"}
    (inbox / "new.png").read_text()
    assert told(hints, 0) == set(), "to read is no change"


@needs_inotify
def test_what_is_in_a_new_folder_is_found(hints, inbox, tmp_path):
    (tmp_path / "there" / "deep").mkdir(parents=True)
    (tmp_path / "there" / "deep" / "a.png").write_text("x")
    (tmp_path / "there").rename(inbox / "there")
    folder, found, end = Folder(str(inbox), 1e-9), set(), time.monotonic() + 10
    while len(found) < 2 and time.monotonic() < end:
        ready = folder.ready(lambda seen: False, hints.changed(False, False))
        found |= {os.path.relpath(one.path, inbox) for one in ready}
        if found and not (inbox / "there" / "deep" / "b.png").exists():
            (inbox / "there" / "deep" / "b.png").write_text("x")
        time.sleep(0.02)
    assert found == {"there/deep/a.png", "there/deep/b.png"}


@needs_inotify
def test_everything_is_looked_at_again_when_that_is_needed(hints, inbox, monkeypatch):
    assert hints.changed(False, False) == set()
    assert hints.changed(True, False) is None
    assert hints.changed(False, False) == set()
    hints._changes._lost.events = True
    assert hints.changed(False, False) is None, "the system's queue was full"
    assert hints.changed(False, True) is None, "the folder was away"
    assert hints.changed(False, False) == set()
    monkeypatch.setattr(changes, "_EVERYTHING", 0.0)
    assert hints.changed(False, False) is None, "now and then"


@needs_inotify
def test_a_folder_that_is_made_anew_is_watched_anew(hints, inbox):
    inbox.rmdir()
    assert hints.changed(False, False) is None
    inbox.mkdir()
    end = time.monotonic() + 5
    while (looked := hints.changed(False, False)) is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert looked is None
    (inbox / "a.png").write_text("x")
    assert told(hints, 1) == {"a.png"}


@needs_inotify
def test_without_a_watch_to_be_had_it_is_polled(inbox, monkeypatch):
    pytest.importorskip("watchdog")

    def none_left(path):
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr(changes, "Changes", none_left)
    hints = Hints(str(inbox), 2.0)
    assert hints.how == "polled, for inotify cannot be had: inotify watch limit reached"
    assert hints.changed(False, False) is None
    assert (hints.pause(0.01), hints.pause(2.0)) == (1.0, 8.0), "a fifth of the time at most"


MOUNTS = r"""
20 1 8:1 / / rw - ext4 /dev/sda1 rw
30 20 0:40 / {}/share rw - nfs4 server:/x rw
31 30 8:2 / {}/share/disk rw - ext4 /dev/sdb1 rw
32 20 0:41 / {}/in\040box/cards rw - fuse.sshfs a:/b rw
"""


@needs_inotify
@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("share", "share is a share (nfs4)"),
        ("share/deep", "share is a share (nfs4)"),
        ("share/disk", None),
        ("in box", "in box/cards in it is a share (fuse.sshfs)"),
        ("other", None),
        ("shared", None),
    ],
)
def test_shares_are_polled(tmp_path, folder, why):
    pytest.importorskip("watchdog")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.replace("{}", str(tmp_path)))
    said = why_polled(str(tmp_path / folder), str(mounts))
    assert said is None if why is None else why in said


def test_without_the_package_it_is_polled(inbox, monkeypatch):
    monkeypatch.setattr(changes, "find_spec", lambda name: None)
    monkeypatch.setattr(changes.sys, "platform", "linux")
    assert "pip install 'mri-edge[watch]'" in Hints(str(inbox), 1.0).how


@needs_inotify
def test_a_watch_says_how_and_finds_what_comes(any_model, scan, inbox, tmp_path):
    """And, with everything looked at but once, what was there before and what is replaced."""
    pytest.importorskip("watchdog")
    out = inbox / RESULTS
    (inbox / "there.png").write_bytes(scan(180).read_bytes())
    process = start(inbox, any_model)
    assert "(by inotify); results in" in process.stderr.readline()
    wait_for(lambda: len(results(out)) == 1)
    (inbox / "later.png").write_bytes(scan(40).read_bytes())
    wait_for(lambda: len(results(out)) == 2)
    shutil.copytree(inbox, tmp_path / "more", ignore=shutil.ignore_patterns(".*"))
    (tmp_path / "more").rename(inbox / "more")
    wait_for(lambda: len(results(out)) == 4)
    (inbox / "there.png").write_bytes(scan(40).read_bytes())
    wait_for(lambda: len(results(out)) == 5)
    out.write_bytes(b"")  # cut short: all of them come again
    wait_for(lambda: len(results(out)) == 4)
    status, _, told = finish(process)
    assert status == 0, told
