"""What is below a folder, with links in it."""

import pytest

from train.data.class_folders import find_classes, find_files
from train.data.list_files import everything_below
from train.data.scans import Classes


@pytest.fixture
def folder(tmp_path):
    for name in ("data/yes/1.png", "data/yes/deep/2.png", "data/no/3.png", "elsewhere/4.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path / "data"


def link(at, to):
    try:
        at.symlink_to(to, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")


def names(folder, found):
    return [path.relative_to(folder).as_posix() for path in found]


def test_without_links_it_is_what_a_glob_finds(folder, monkeypatch):
    for name in (".hidden/5.png", "yes/.DS_Store", "yes 2/6.png", "yes-2/7.png", "Yes/8.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    visible = [path for path in sorted(folder.rglob("*")) if "/." not in str(path)]
    assert everything_below(folder) == visible
    monkeypatch.chdir(folder.parent)
    assert names("data", everything_below(folder.relative_to(folder.parent))) == names(
        folder, visible
    )


def test_class_folders_may_be_links(folder):
    """`find_classes` takes them for class folders, so what is in them counts."""
    (folder / "no").rename(folder.parent / "clear")
    link(folder / "no", folder.parent / "clear")
    link(folder / "yes" / "more", folder.parent / "elsewhere")
    classes = find_classes(folder, [], [])
    found = find_files(folder, classes)
    assert names(folder, [path for path, _ in found]) == [
        "no/3.png",
        "yes/1.png",
        "yes/deep/2.png",
        "yes/more/4.png",
    ]
    assert [positive for _, positive in found] == [False, True, True, True]
    assert find_classes(folder, ["yes"], ["no", "more"]).negative == ("no", "more")


def test_links_add_no_loop_and_nothing_twice(folder):
    before = [path for path, _ in find_files(folder, Classes())]
    link(folder / "yes" / "loop", folder / "yes")
    link(folder / "a", folder / "yes")
    link(folder / "no" / "up", folder.parent)
    link(folder / "no" / "self", folder / "no" / "self")
    assert [path for path, _ in find_files(folder, Classes())] == before
    for name in ("b", "c"):
        link(folder / "no" / name, folder.parent / "elsewhere")
    link(folder.parent / "elsewhere" / "back", folder)
    found = names(folder, [path for path, _ in find_files(folder, Classes())])
    assert found == ["no/3.png", "no/b/4.png", "yes/1.png", "yes/deep/2.png"]
