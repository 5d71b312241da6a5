"""Class folders that are types of tumor: which there are, and what is wrong with them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.model_file.manifest import InputSpec
from train.data.class_folders import check_all_named, find_typed_classes
from train.data.folders import read_folders
from train.data.label_table import LabelTable
from train.data.scans import Classes, Scan
from train.data.tumor_types import check_enough, check_types, types_of, without_conflicts
from train.errors import TrainError


@pytest.fixture
def folder(tmp_path):
    """Make class folders with an image each, and return the folder above them."""

    def make(*names):
        for number, name in enumerate(names):
            (tmp_path / name).mkdir(parents=True)
            Image.new("L", (40, 40), 10 * number).save(tmp_path / name / f"{number}.png")
        return tmp_path

    return make


def test_all_folders_beside_the_negative_one_are_types(folder):
    made = folder("Training/b", "Training/a", "Training/none", "Testing/none", "Testing/c")
    found = find_typed_classes(made, [], ["none"])
    assert found == Classes(("a", "b", "c"), ("none",))


def test_an_empty_folder_beside_them_is_no_type_that_is_forgotten(folder):
    made = folder("a", "b", "none")
    (made / "c").mkdir()
    with pytest.raises(TrainError, match=r"c: this folder is empty.*--leave-out"):
        find_typed_classes(made, [], ["none"])
    assert find_typed_classes(made, [], ["none"], ["c"]).positive == ("a", "b")


def test_a_folder_beside_them_without_an_image_is_no_type_that_is_forgotten(folder):
    made = folder("a", "b", "none")
    (made / "c").mkdir()
    (made / "c" / "x.png").write_text("no picture")
    (made / "c" / "gone.png").symlink_to(made / "nowhere.png")
    with pytest.raises(
        TrainError, match=r"c: this folder has no image in its 2 files.*--leave-out"
    ):
        find_typed_classes(made, [], ["none"])


@pytest.mark.parametrize("types", [True, False])
def test_a_class_folder_with_nothing_readable_is_named(folder, types):
    made = folder("a", "b", "none")
    whole = (made / "b" / "1.png").read_bytes()
    (made / "b" / "1.png").write_bytes(whole[: len(whole) // 2])
    spec = InputSpec(8, 8, "grey")
    with pytest.raises(TrainError, match=r"folder b has 1 file, and none can be read \(.*1.p"):
        read_folders([made], ["a", "b"], ["none"], spec, types=types)
    read = read_folders([made], ["a", "b"], ["none"], spec, types=types, strict=False)
    assert any("class folder b" in note for note in read.notes)


def test_a_link_to_nowhere_counts_as_unreadable(folder):
    made = folder("a", "none")
    (made / "a" / "gone.png").symlink_to(made / "nowhere.png")
    read = read_folders([made], ["a"], ["none"], InputSpec(8, 8, "grey"))
    assert [Path(one.path).name for one in read.found.unreadable] == ["gone.png"]


def test_names_are_looked_at_before_scans_are_read(folder):
    with pytest.raises(TrainError, match="has a semicolon"):
        read_folders([folder("a;b", "c", "none")], [], ["none"], None, types=True)


@pytest.mark.parametrize("name", ["no tumor", "NoTumor", "tumor", "rejected", "no_tumor"])
def test_a_type_is_not_called_like_a_verdict(name):
    with pytest.raises(TrainError, match="cannot be called like a verdict"):
        check_types(("glioma", name), ("none",))


def test_a_folder_that_is_neither_is_named(folder):
    made = folder("a", "none", "extra")
    classes = find_typed_classes(made, ["a"], ["none"])
    with pytest.raises(TrainError, match=r"extra: holds 1 image, .*--positive \(a\)"):
        check_all_named(made, classes)
    assert find_typed_classes(made, [], ["none"], ["extra"]).positive == ("a",)


def test_an_image_beside_the_folders_is_named(folder):
    made = folder("a", "b", "none")
    Image.new("L", (40, 40)).save(made / "stray.png")
    with pytest.raises(TrainError, match="holds 1 image"):
        check_all_named(made, find_typed_classes(made, [], ["none"]))


def test_without_a_negative_folder_types_must_be_named(folder):
    with pytest.raises(TrainError, match="name the folders of the types"):
        find_typed_classes(folder("a", "b"), [], ["none"])


def test_one_folder_may_hold_types_only(folder):
    assert find_typed_classes(folder("a", "b"), ["a", "b"], ["none"]) == Classes(("a", "b"), ())


def test_a_folder_with_none_of_the_names_is_an_error(folder):
    with pytest.raises(TrainError, match="has none of the folders"):
        find_typed_classes(folder("x", "y"), ["a"], ["none"])


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("a", "A"), "differ only by case"),
        (("a", "b", "None"), "differ only by case"),
        (("a",), "two types"),
        ((), "two types"),
        (("a", "uncertain"), "cannot be called like a verdict"),
        (("a", "b\x1b[31m"), "cannot be types"),
        (("a", "b; c"), "'b; c' has a semicolon, which parts types in CSV results; rename"),
    ],
)
def test_names_that_cannot_be_told_apart_or_said(names, says):
    with pytest.raises(TrainError, match=says):
        check_types(names, ("none",))


def enough(types, groups, names=("a", "b")):
    kept, _ = without_conflicts(types, groups)
    check_enough(types, kept, groups, groups, names)


def test_a_type_with_two_scans_is_too_few():
    types = np.array(["a"] * 9 + ["b"] * 2, object)
    with pytest.raises(TrainError, match="type b has 2 different scans or patients and needs"):
        enough(types, np.arange(11))


def test_copies_of_one_scan_are_one():
    types = np.array(["a"] * 9 + ["b"] * 9, object)
    with pytest.raises(TrainError, match=r"type b has 1 different scan .*, in 9 files, and needs"):
        enough(types, np.array([*range(9), *[9] * 9]))


def test_a_folder_of_copies_is_named_and_not_those_that_it_copies():
    types = np.array(["a"] * 6 + ["b"] * 6 + ["misc"] * 12, object)
    with pytest.raises(TrainError) as error:
        enough(types, np.array([*range(12), *range(12)]), ("a", "b", "misc"))
    assert "type misc: 12 of its 12 scans are copies of scans in a, b" in str(error.value)
    assert "--leave-out misc" in str(error.value)
    enough(types[:12], np.arange(12))


def test_the_closest_folder_is_the_type():
    classes = Classes(("a", "b"), ("none",))
    paths = {"a/x.png": True, "a/b/x.png": True, "none/x.png": False, "deep/a/sub/x.png": True}
    scans = [Scan("/data", path, positive, "0") for path, positive in paths.items()]
    assert types_of(scans, classes).tolist() == ["a", "b", "", "a"]


def test_a_table_says_the_type(folder):
    made = folder("all")
    table = LabelTable(made / "t.csv", {"all/0.png": "a"})
    scan = Scan(str(made), "all/0.png", True, "0")
    assert types_of([scan], Classes(("a", "b"), ("none",)), table).tolist() == ["a"]


def test_the_type_of_copies_in_two_types_is_unknown():
    types = np.array(["a", "b", "a", ""], object)
    kept, unclear = without_conflicts(types, np.array([0, 0, 1, 2]))
    assert kept.tolist() == ["", "", "a", ""]
    assert unclear == 2
