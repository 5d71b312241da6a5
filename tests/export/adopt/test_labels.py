"""What outputs and folders mean, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.model_file.manifest import InputSpec
from export.adopt.labels import Labels, check_order, find_folders, find_labels
from export.errors import ExportError
from train.data.folders import read_folders
from train.data.scans import Classes
from train.errors import TrainError

FOUR = ["glioma", "meningioma", "notumor", "pituitary"]
FILE = Path("net.keras")


def folder(tmp_path, *names):
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def test_yes_and_no_are_known(tmp_path):
    assert find_folders(folder(tmp_path, "yes", "no"), [], []) == Classes()
    assert find_folders(tmp_path, FOUR, ["notumor"]) == Classes()


def test_folders_are_named_like_labels(tmp_path):
    found = find_folders(folder(tmp_path, *FOUR), FOUR, ["notumor"])
    assert found == Classes(("glioma", "meningioma", "pituitary"), ("notumor",))


def test_a_folder_of_no_label(tmp_path):
    with pytest.raises(ExportError, match="abscess: is none of the labels"):
        find_folders(folder(tmp_path, *FOUR, "abscess"), FOUR, ["notumor"])


def test_two_labels_of_folders_of_several_types(tmp_path):
    given = folder(tmp_path, *FOUR)
    with pytest.raises(ExportError, match="or leave --order out"):
        find_folders(given, ["notumor", "tumor"], ["notumor"])
    assert find_folders(given, [], ["notumor"]).negative == ("notumor",)


def test_folders_that_differ_by_case(tmp_path):
    with pytest.raises(ExportError, match="differ by case"):
        find_folders(folder(tmp_path, "yes", "no", "Yes"), [], [])


def test_nobody_says_which_folder_is_without(tmp_path):
    with pytest.raises(ExportError, match="Name them with --negative"):
        find_folders(folder(tmp_path, "sick", "healthy"), [], [])
    found = find_folders(tmp_path, [], ["healthy"])
    assert found == Classes(("sick",), ("healthy",))


def test_both_orders_of_two_are_tried():
    found = find_labels([], [], Classes())
    assert [one.names for one in found] == [("no", "yes"), ("yes", "no")]
    assert [one.is_negative.tolist() for one in found] == [[True, False], [False, True]]


@pytest.mark.parametrize("outputs", [1, 2, 4])
def test_outputs_and_labels_must_be_as_many(outputs):
    with pytest.raises(ExportError, match=f"has {outputs} output.* labels"):
        check_order(outputs, ["a", "b", "c"], FILE)


def test_four_outputs_must_be_named():
    with pytest.raises(ExportError, match="--order"):
        check_order(4, [], FILE)
    with pytest.raises(ExportError, match="did you mean notumor"):
        find_labels(FOUR, ["notumour"], Classes())
    with pytest.raises(ExportError, match="all labels"):
        find_labels(FOUR, FOUR, Classes())
    (found,) = find_labels(FOUR, ["notumor"], Classes())
    assert found == Labels(tuple(FOUR), ("notumor",))
    assert found.two == ("notumor", "glioma+meningioma+pituitary")


def test_a_folder_with_nothing_readable_is_named(tmp_path):
    """`read_folders` reads them: a label's scans do not vanish without a word."""
    random = np.random.default_rng(0)
    for name in ("glioma", "notumor"):
        (tmp_path / name).mkdir()
        pixels = random.integers(0, 256, (32, 32), np.uint8)
        Image.fromarray(pixels).save(tmp_path / name / "a.png")
    folder(tmp_path, "pituitary")
    classes = find_folders(tmp_path, FOUR, ["notumor"])
    names = list(classes.positive), list(classes.negative)
    with pytest.raises(TrainError, match="class folder pituitary has 1 file, and none can be read"):
        read_folders([tmp_path], *names, InputSpec(8, 8, "grey"))
