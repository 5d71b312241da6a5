"""Folders as hospitals export them: DICOM, tables of labels, and what is no class."""

import csv

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed (the dicom extra)")

from PIL import Image

from edge.model_file.manifest import InputSpec
from tests.edge.dicom_files import write_dicom
from train.data.class_folders import find_classes, find_files, left_out
from train.data.dicom_origin import of_one_patient, origin_of, patients_of
from train.data.folders import read_folders
from train.data.label_table import read_labels
from train.data.scans import Origin
from train.errors import TrainError
from train.phantom.make import make_phantom

SPEC = InputSpec(32, 32, "grey")


def slice_file(path, seed, positive, **elements):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_dicom(path, make_phantom(seed, positive, 64).pixels, **elements)


@pytest.fixture
def study(tmp_path):
    """Four slices without class folders, and a table that labels three of them."""
    for i in range(4):
        name = tmp_path / "data" / "ST1" / f"IM{i}"
        slice_file(name, i, bool(i % 2), SOPInstanceUID=f"1.2.3.4.{i}", PatientID=f"P{i}")
    table = tmp_path / "labels.csv"
    rows = [("ST1/IM0", "healthy"), ("IM1", "tumor"), ("1.2.3.4.3", "tumor")]
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows([("file", "label"), *rows])
    return tmp_path / "data", table


def test_a_table_labels_by_path_name_and_uid(study):
    folder, table = study
    read = read_folders([folder], ["tumor"], [], SPEC, read_labels(table))
    assert [(scan.path, scan.positive) for scan in read.found.scans] == [
        ("ST1/IM0", False),
        ("ST1/IM1", True),
        ("ST1/IM3", True),
    ]
    assert read.classes[0].labels == ("healthy", "tumor")
    assert any("1 images have no label" in note for note in read.notes)


@pytest.mark.parametrize(
    ("rows", "positive", "words"),
    [
        ([("file", "label"), ("IM0", "maybe"), ("IM1", "tumor")], ["tumor"], "is neither"),
        ([("file", "label"), ("IM0", "a"), ("IM1", "b")], ["tumor"], "no scan has the label tumor"),
        ([("file", "label"), ("x", "tumor"), ("y", "no")], ["tumor"], "names none of the 4"),
        ([("file", "class"), ("IM0", "tumor")], ["tumor"], "needs a header"),
        ([("file", "label"), ("IM0", "a"), ("IM0", "b")], ["a"], "two labels, a and b"),
        ([("file", "label"), ("", "")], [], "names no scan with a label"),
    ],
)
def test_tables_that_say_nothing_or_two_things(study, rows, positive, words):
    folder, table = study
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    negative = ["no"] if words == "is neither" else []
    with pytest.raises(TrainError, match=words):
        read_folders([folder], positive, negative, SPEC, read_labels(table))


def test_a_patient_is_known_by_a_hash_alone(tmp_path):
    file = slice_file(tmp_path / "a", 1, False, PatientID="Zzyzx", SeriesInstanceUID="1.2.9")
    origin = origin_of(file)
    assert origin.patient
    assert "Zzyzx" not in repr(origin)
    assert origin_of(slice_file(tmp_path / "b", 2, True, PatientID="Zzyzx")).patient == (
        origin.patient
    )


def test_what_keeps_scans_together():
    def origin(patient, study, series="s"):
        return Origin(patient, study, series, None)

    keys, note = patients_of([origin("a", "1"), origin("a", "2"), origin("b", "3"), None])
    assert keys[0] == keys[1] != keys[2]
    assert keys[3] is note is None
    # One name for all studies is what anonymizing leaves.
    keys, note = patients_of([origin("anon", "1"), origin("anon", "1"), origin("anon", "2")])
    assert keys[0] == keys[1] != keys[2]
    assert "same PatientID in 2 studies" in note
    keys, note = patients_of([origin(None, None, "x"), origin(None, None, "y")])
    assert keys == ["x", "y"]
    # Of one patient alone nothing can be held out: that is said, and the scans are used.
    keys, note = patients_of([origin("a", "1")] * 3)
    assert keys == [None] * 3
    assert "of one patient" in note
    assert of_one_patient([origin("a", "1")] * 3)
    assert not of_one_patient([origin("a", "1"), origin("b", "1")])
    assert not of_one_patient([origin("a", "1"), None])


def test_remarks_on_files_are_counted(tmp_path):
    for i, (name, positive) in enumerate([("yes", True), ("no", False)]):
        slice_file(tmp_path / name / "a", i, positive, PixelSpacing=[1.25, 1.0])
    read = read_folders([tmp_path], [], [], SPEC)
    assert "2 scans: pixels are 1.25 times as tall as wide; evened" in read.notes
    assert [(f.format, f.mode, f.width, f.height) for f in read.found.facts] == [
        ("DICOM", "uint8", 64, 64)
    ] * 2


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)


def test_what_is_no_class(tmp_path):
    for name in ("yes/a.png", "no/b.png", "__MACOSX/no/c.png", "all/yes/a.png", "all/no/b.png"):
        picture(tmp_path / name)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "readme.txt").write_text("no scan")
    classes = find_classes(tmp_path, ["yes"], [])
    assert classes.negative == ("no",)
    # A copy of the folders inside another is of the classes that it names.
    files = {path.relative_to(tmp_path).as_posix() for path, _ in find_files(tmp_path, classes)}
    assert files == {"yes/a.png", "no/b.png", "all/yes/a.png", "all/no/b.png"}
    assert left_out(tmp_path, classes) == []


def test_a_folder_that_is_left_out_is_said(tmp_path):
    for name in ("yes/a.png", "no/b.png", "maybe/c.png", "maybe/d.png"):
        picture(tmp_path / name)
    (line,) = left_out(tmp_path, find_classes(tmp_path, [], []))
    assert line.endswith("maybe: is no class and is left out, with 2 images")


def test_a_folder_that_is_a_class_itself_leaves_nothing_out(tmp_path):
    for name in ("healthy/one/a.png", "healthy/two/b.png"):
        picture(tmp_path / name)
    folder = tmp_path / "healthy"
    classes = find_classes(folder, ["yes"], ["healthy"])
    assert left_out(folder, classes) == []


def test_a_cds_table_of_contents_is_no_scan(tmp_path):
    for name in ("yes/a.png", "no/b.png"):
        picture(tmp_path / name)
    slice_file(tmp_path / "no" / "DICOMDIR", 1, False)
    files = find_files(tmp_path, find_classes(tmp_path, [], []))
    assert {path.name for path, _ in files} == {"a.png", "b.png"}
