"""Folder searches: what is in a folder and is not classified is never passed over in silence."""

import builtins
import errno
import os

import pytest
from PIL import Image

from edge.app.inputs import expand
from tests.edge.test_cli import run


def search(folder) -> tuple[list[str], list[str]]:
    """The inputs of a folder, relative to it, and what was said."""
    said: list[str] = []
    return [os.path.relpath(str(one), folder) for one in expand([str(folder)], said.append)], said


@pytest.fixture
def folder(tmp_path, scan):
    path = tmp_path / "scans"
    path.mkdir()
    scan(180).rename(path / "good.png")
    return path


@pytest.mark.parametrize("name", ["IM0001", "1.2.840.113619.2.5"])
@pytest.mark.parametrize("content", [b"", b"\0" * 90, b"\0" * 128 + b"DI"])
def test_an_empty_or_cut_file_without_a_suffix_is_an_input_that_fails(
    any_model, folder, name, content
):
    (folder / name).write_bytes(content)
    assert search(folder) == (sorted(["good.png", name]), [])
    status, _, err = run(folder, "--model", any_model)
    assert status == 1
    assert f"{folder / name}: is " in err


def test_what_is_no_image_is_skipped_and_the_first_is_named(folder):
    for name in (".gitkeep", "empty.txt", "notes"):
        (folder / name).write_text("text" if name == "notes" else "")
    os.mkfifo(folder / "pipe")
    (folder / "gone").symlink_to("nowhere")
    (folder / "folder.png").mkdir()
    words = f"5 of 6 files are no images and were skipped; the first is {folder / '.gitkeep'}"
    assert search(folder) == (["good.png"], [f"{folder}: {words}"])


@pytest.mark.parametrize("where", ["stat", "open"])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_read_is_an_input_that_fails(folder, monkeypatch, where, number):
    (folder / "IM0001").write_text("text")
    (folder / "IM0002").write_text("text")
    home = os if where == "stat" else builtins
    work = getattr(home, where)

    def refused(path, *more, **options):
        if os.fspath(path) == str(folder / "IM0001"):
            raise OSError(number, os.strerror(number), path)
        return work(path, *more, **options)

    monkeypatch.setattr(home, where, refused)
    names, said = search(folder)
    assert names == ["IM0001", "good.png"]
    assert len(said) == 1
    assert "1 of 3 files" in said[0]


def test_a_file_that_goes_during_the_search_is_none(folder, monkeypatch):
    (folder / "IM0001").write_bytes(b"")
    monkeypatch.setattr("edge.app.inputs.is_image_file", lambda path: os.unlink(path) or False)
    assert search(folder)[0] == ["good.png"]


def test_linked_folders_are_said_once(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.png").write_text("an image")
    (folder / "deep").mkdir()
    (folder / "deep" / "b").symlink_to(other)
    words = f"1 linked folder was not searched; name it by itself: {folder}/deep/b"
    assert search(folder) == (["good.png"], [f"{folder}: {words}"])
    (folder / "a").symlink_to(folder)
    names, said = search(folder)
    assert names == ["good.png"]
    assert len(said) == 1
    assert "2 linked folders were not searched; name them" in said[0]
    assert said[0].endswith(f"the first is {folder}/a")
    assert search(folder / "deep" / "b") == (["x.png"], []), "named, it is searched"


def test_a_folder_of_volumes_says_how_they_are_read(folder):
    (folder / "brain.NII.gz").write_bytes(b"\x1f\x8b")
    said = []
    assert len(list(expand([str(folder)], said.append))) == 1
    assert said[0].endswith("brain.NII.gz, a NIfTI volume, which --series takes")
    assert len(list(expand([str(folder)], said.append, volumes=True))) == 2
    assert len(said) == 1


def test_the_folder_of_pictures_may_be_linked(folder, tmp_path):
    (tmp_path / "maps").mkdir()
    (folder / "maps").symlink_to(tmp_path / "maps")
    said = []
    assert len(list(expand([str(folder)], said.append, skip=str(tmp_path / "maps")))) == 1
    assert said == []


@pytest.mark.parametrize("name", ["DICOMDIR", "dicomdir", "DicomDir.dcm", "._good.png", "._IM1"])
def test_companions_of_scans_are_no_images(any_model, folder, name):
    (folder / name).write_bytes(bytes(128) + b"DICM" + bytes(200))
    words = f"1 of 2 files are no images and were skipped; the first is {folder / name}"
    assert search(folder) == (["good.png"], [f"{folder}: {words}"])
    assert run(folder, "--model", any_model)[0] == 0
    assert [str(one) for one in expand([str(folder / name)], print)] == [str(folder / name)]


def test_a_name_that_only_begins_like_a_companions_is_a_scans(folder):
    for name in ("DICOMDIR2", "_a.png"):
        (folder / name).write_bytes(bytes(128) + b"DICM")
    assert search(folder) == (["DICOMDIR2", "_a.png", "good.png"], [])


def test_deep_folders_are_searched(tmp_path, deep_folder):
    """As no program but a hostile one leaves them."""
    Image.new("L", (8, 8)).save(deep_folder / "a.png")
    (one,) = expand([str(tmp_path)], print)
    assert one.path == str(deep_folder / "a.png")
    (one,) = expand([str(tmp_path / "**" / "*.png")], print)
    assert one.problem is None or "too deep for a pattern" in one.problem


def test_an_empty_name_is_said_to_be_one():
    (found,) = expand([""], print)
    assert found.problem == "an empty name is no scan: is a variable of the shell unset?"
