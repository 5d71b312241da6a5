"""Folders of scans: classes, files, pixels, and what is wrong with them."""

import hashlib
import resource
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from edge.model_file.manifest import InputSpec
from train.data.class_folders import check_all_found, check_all_named, find_classes, find_files
from train.data.folders import read_folders
from train.data.list_files import everything_below
from train.data.read_folders import read_again, read_scans
from train.data.scans import Classes, SplitScan, joined
from train.errors import TrainError

SPEC = InputSpec(8, 8, "rgb")


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((12, 12), value, np.uint8)).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    for i in range(3):
        write(tmp_path / "yes" / f"{i}.png", 10 + i)
        write(tmp_path / "no" / f"{i}.png", 20 + i)
    return tmp_path


def read(folder, classes=None):
    classes = classes or Classes()
    return read_scans(folder, find_files(folder, classes), SPEC)


def test_what_part_of_each_picture_is_seen_is_kept(folder):
    wide = np.zeros((100, 200), np.uint8)
    wide[20:80, 40:100] = 200
    Image.fromarray(wide).save(folder / "yes" / "wide.png")
    files = find_files(folder, Classes())
    whole = read_scans(folder, files, SPEC)
    assert (whole.parts == [0, 0, 1, 1]).all()
    heads = joined([whole, read_scans(folder, files, replace(SPEC, crop="head"))])
    assert heads.parts.shape == (14, 4)
    place = [scan.path for scan in heads.scans].index("yes/wide.png") + 7
    np.testing.assert_allclose(heads.parts[place], [0.19, 0.18, 0.51, 0.82], atol=0.02)


def test_yes_and_no_are_the_default(folder):
    (folder / "boxes").mkdir()
    assert find_classes(folder, [], []) == Classes(("yes",), ("no",))


def test_any_names_with_positive(folder):
    (folder / "yes").rename(folder / "glioma")
    write(folder / "pituitary" / "a.png", 3)
    classes = find_classes(folder, ["glioma", "pituitary"], [])
    assert classes.negative == ("no",)
    assert classes.labels == ("no", "glioma+pituitary")
    assert read(folder, classes).truth.sum() == 4


@pytest.mark.parametrize(
    ("positive", "negative", "words"),
    [
        (["tumor"], [], "needs a subfolder .*--positive NAME"),
        (["tumor"], ["healthy"], "tumor / healthy"),
        (["yess"], [], "did you mean yes by yess[?]; name the folder"),
        (["yes"], ["yes"], "same folder"),
        ([], ["no"], "--negative needs --positive"),
    ],
)
def test_wrong_names(folder, positive, negative, words):
    with pytest.raises(TrainError, match=words):
        find_classes(folder, positive, negative)


def test_names_of_both_classes_are_found_at_every_depth(folder):
    mixed = folder / "Testing"
    write(mixed / "glioma" / "a.png", 3)
    write(mixed / "notumor" / "c.png", 4)
    write(mixed / "notumor" / "yes" / "b.png", 5)
    classes = find_classes(folder, ["yes", "glioma"], ["notumor", "healthy"])
    assert classes == Classes(("yes", "glioma"), ("notumor",)), "not all need be there"
    found = {path.name: positive for path, positive in find_files(folder, classes)}
    assert found["a.png"]
    assert found["b.png"], "the nearest folder decides"
    assert not found["c.png"]
    assert len(found) == 6, "no/ was not named"


def test_a_folder_of_one_class_by_its_own_name(tmp_path):
    write(tmp_path / "healthy" / "scanner1" / "a.png", 3)
    write(tmp_path / "healthy" / "scanner2" / "b.png", 4)
    classes = find_classes(tmp_path / "healthy", ["yes"], ["healthy"])
    found = read(tmp_path / "healthy", classes)
    assert found.truth.tolist() == [0, 0]
    assert [scan.source for scan in found.scans] == ["healthy/scanner1", "healthy/scanner2"]


def test_a_name_that_stands_for_nothing(folder):
    classes = [find_classes(folder, ["yes"], ["no", "healthy"])]
    check_all_found(classes, ["yes"], ["no"])
    with pytest.raises(TrainError, match="--negative healthy: no data folder"):
        check_all_found(classes, ["yes"], ["no", "healthy"])


def test_one_class_only(folder):
    for file in (folder / "no").iterdir():
        file.unlink()
    with pytest.raises(TrainError, match="no: this class folder is empty"):
        find_files(folder, Classes())
    (folder / "no").rmdir()
    with pytest.raises(TrainError, match="needs a subfolder for each class"):
        find_classes(folder, [], [])
    with pytest.raises(TrainError, match="any other"):
        find_classes(folder, ["yes"], [])


def test_no_such_folder_and_no_images(tmp_path):
    with pytest.raises(TrainError, match="no such folder"):
        find_classes(tmp_path / "gone", [], [])
    with pytest.raises(TrainError, match="is empty; put a folder of scans for each class there"):
        find_classes(tmp_path, [], [])


def test_a_folder_above_or_below_is_named(folder, tmp_path_factory):
    with pytest.raises(
        TrainError, match=f"yes: holds 3 files and no folder of scans; .*, perhaps {folder}$"
    ):
        find_classes(folder / "yes", [], [])
    both = tmp_path_factory.mktemp("both")
    for name in ("Testing", "Training"):
        shutil.copytree(folder, both / name)
    with pytest.raises(
        TrainError, match="has Testing, Training; if these hold the classes, name one"
    ):
        find_classes(both, [], [])


@pytest.mark.parametrize(
    ("negative", "said"),
    [([], ["no, pituitary count as free of a tumor"]), (["no", "pituitary"], [])],
)
def test_folders_that_count_as_free_of_a_tumor_are_said(folder, negative, said):
    """A folder of tumors that was forgotten would else be learned as free of any."""
    write(folder / "pituitary" / "a.png", 3)
    found = read_folders([folder], ["yes"], negative, InputSpec(8, 8, "grey"))
    notes = [note for note in found.notes if "count as" in note]
    assert [said in note for note, said in zip(notes, said, strict=True)] == [True] * len(said)


def test_pixels_and_truth_stay_together(folder):
    found = read(folder)
    assert found.pixels.shape == (6, 8, 8, 3)
    assert found.pixels.dtype == np.uint8
    assert found.truth.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.pixels[:, 0, 0, 0].tolist() == [20, 21, 22, 10, 11, 12]
    for scan in found.scans:
        assert scan.sha256 == hashlib.sha256(scan.file.read_bytes()).hexdigest()


def test_subfolders_are_searched_and_hidden_files_are_not(folder):
    write(folder / "yes" / "more" / "deep.png", 50)
    (folder / "yes" / ".DS_Store").write_bytes(b"x")
    write(folder / "no" / ".thumbs" / "t.png", 1)
    assert len(find_files(folder, Classes())) == 7


def test_unreadable_files_are_named_and_left_out(folder):
    (folder / "yes" / "a.png").write_bytes(b"")
    (folder / "no" / "b.jpg").write_text("text")
    found = read(folder)
    assert len(found.scans) == 6
    assert [u.reason.split(": ")[0] for u in found.unreadable] == [
        str(folder / "no" / "b.jpg"),
        str(folder / "yes" / "a.png"),
    ]


def test_a_class_with_nothing_readable(folder):
    for file in (folder / "yes").iterdir():
        file.write_bytes(b"")
    with pytest.raises(TrainError, match="no readable scan with a tumor; 3 files unreadable"):
        read(folder)


def lines(folder):
    found = read(folder)
    return found, [
        SplitScan(s.root, s.path, s.sha256, s.positive, i, "test")
        for i, s in enumerate(found.scans)
    ]


def test_reading_again_gives_the_same_pixels(folder):
    found, again = lines(folder)
    files, pixels = read_again(again, SPEC)
    np.testing.assert_array_equal(pixels, found.pixels)
    assert files == [scan.file for scan in found.scans]


def test_moved_data_is_found_with_its_new_place(folder, tmp_path_factory):
    found, again = lines(folder)
    place = tmp_path_factory.mktemp("elsewhere") / "data"
    folder.rename(place)
    with pytest.raises(TrainError, match=r"6 of 6 scans .* not where they were.*--data"):
        read_again(again, SPEC)
    np.testing.assert_array_equal(read_again(again, SPEC, place)[1], found.pixels)


def test_changed_data_is_refused(folder):
    _, again = lines(folder)
    write(folder / "yes" / "1.png", 99)
    with pytest.raises(TrainError, match=r"1 of 6 scans changed since the run, .*yes/1\.png"):
        read_again(again, SPEC)


def test_the_real_scans_are_all_read(real_scans):
    found = read(real_scans)
    assert (len(found.scans), found.truth.sum(), found.unreadable) == (253, 155, ())


def test_a_file_that_is_larger_than_any_scan_is_not_read(folder):
    """Sparse files take no room and could fill any memory."""
    for name in ("yes/huge.png", "yes/text.dcm"):
        with open(folder / name, "wb") as file:
            file.truncate(3_000_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(folder)
    assert len(found.scans) == 6
    assert sorted(one.path for one in found.unreadable) == [
        str(folder / "yes" / name) for name in ("huge.png", "text.dcm")
    ]
    assert all("more than the limit of 528777216" in one.reason for one in found.unreadable)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000, "kB"


def test_a_scan_that_grew_beyond_any_has_changed(folder):
    found = read(folder)
    first = found.scans[0]
    scans = [SplitScan(**vars(first), part="train", group=0)]
    with open(folder / first.path, "r+b") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(TrainError, match="changed since the run"):
        read_again(scans, SPEC)


def test_deep_folders_are_searched(deep_folder, tmp_path):
    scan = write(deep_folder / "a.png", 9)
    assert scan in everything_below(tmp_path)


def test_a_folder_that_is_no_class_is_named(folder):
    write(folder / "maybe" / "a.png", 3)
    write(folder / "maybe" / "b.png", 4)
    classes = find_classes(folder, [], [])
    with pytest.raises(TrainError, match=r"maybe: holds 2 images.*yes.*no.*--leave-out maybe"):
        check_all_named(folder, classes)
    with pytest.raises(TrainError, match=r"maybe: holds 2 images"):
        read_folders([folder], [], [], InputSpec(8, 8, "grey"))
    (noted,) = read_folders([folder], [], [], InputSpec(8, 8, "grey"), strict=False).notes
    assert "maybe: is no class and is left out, with 2 images" in noted


def test_an_image_beside_the_class_folders_is_named(folder):
    write(folder / "stray.png", 3)
    with pytest.raises(TrainError, match=rf"{folder}: holds 1 image, .*move them into one"):
        check_all_named(folder, find_classes(folder, [], []))


def test_a_table_of_contents_and_notes_are_no_scans(folder):
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (folder / "boxes").mkdir()
    (folder / "boxes" / "a.txt").write_text("0 0.5 0.5 0.1 0.1")
    check_all_named(folder, find_classes(folder, [], []))


def test_folders_are_left_out_on_purpose(folder):
    write(folder / "maybe" / "a.png", 3)
    write(folder / "yes" / "maybe" / "b.png", 4)
    for positive in ([], ["yes"]):
        read_of = read_folders([folder], positive, [], InputSpec(8, 8, "grey"), leave_out=["maybe"])
        assert len(read_of.found.scans) == 6
        assert read_of.classes[0].labels == ("no", "yes")
        assert not read_of.notes
    with pytest.raises(TrainError, match="--leave-out mabye: no data folder has"):
        read_folders([folder], [], [], InputSpec(8, 8, "grey"), leave_out=["mabye"])


def test_class_names_that_differ_only_by_case(folder):
    write(folder / "Yes" / "a.png", 3)
    with pytest.raises(TrainError, match="--positive yes and --negative Yes differ only by case"):
        find_classes(folder, ["yes"], ["Yes"])
