"""Boxes around tumors: which scan a file belongs to, and what is wrong with files."""

import numpy as np
import pytest

from train.data.boxes import Box, mask_of, parse, read_boxes
from train.data.scans import Scan
from train.errors import TrainError


def scan(root, path, positive=True):
    return Scan(str(root), path, positive, "0")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "boxes").mkdir()
    (tmp_path / "boxes" / "y1.txt").write_text("0 0.5 0.25 0.5 0.5\n\n3 0.9 0.9 0.1 0.1\n")
    return tmp_path


def test_boxes_find_their_scan(folder):
    scans = [scan("/elsewhere", "yes/y1.png"), scan(folder, "no/n1.png", False)]
    scans.append(scan(folder, "yes/y1.jpg"))
    found = read_boxes([folder / "boxes"], scans)
    assert list(found.of) == [2], "the scan beside it, not its namesake elsewhere"
    assert found.of[2][0] == Box(0.25, 0.0, 0.75, 0.5)
    assert found.problems == ()
    assert list(map(len, found.column(np.tile([0, 0, 1, 1], (3, 1))))) == [0, 0, 2]
    mask = mask_of(found.of[2], (8, 8))
    assert mask[:4, 2:6].all()
    assert mask.sum() == 16 + 4


def test_boxes_are_shares_of_what_is_seen_of_the_picture(folder):
    found = read_boxes([folder / "boxes"], [scan(folder, "yes/y1.jpg")])
    # The picture's left half, and as much black above it as it is high.
    (box,) = found.column(np.array([[0.0, -1.0, 0.5, 1.0]]))[0]
    assert box == Box(0.5, 0.5, 1.0, 0.75), "one is cut at the part's edge, one lies outside"


def test_what_is_wrong_is_named_and_left_out(folder):
    for name, text in {
        "gone": "0 .5 .5 .1 .1",
        "n1": "0 .5 .5 .1 .1",
        "y2": "0 .95 .5 .2 .1",
        "y3": "0 .5 .5 .1\n0 nan .5 .1 .1\n0 .5 .5 0 .1\n0 .5 .5 .2 .2",
        "y4": "",
    }.items():
        (folder / "boxes" / f"{name}.txt").write_text(text)
    scans = [scan(folder, f"yes/y{i}.jpg") for i in (1, 2, 3, 4)]
    found = read_boxes([folder / "boxes"], [*scans, scan(folder, "no/n1.jpg", False)])
    assert {i: len(boxes) for i, boxes in found.of.items()} == {0: 2}
    reasons = [problem.split(".txt: ")[1] for problem in found.problems]
    assert reasons == [
        "no scan has its name",
        "its scan is said to show no tumor",
        "line 1 lies outside the image",
        "line 1 is no box (class cx cy w h); its other boxes are not used either",
        "line 2 lies outside the image; its other boxes are not used either",
        "line 3 lies outside the image; its other boxes are not used either",
        "holds no box",
    ]


def test_folders_that_cannot_be_right(folder, tmp_path):
    with pytest.raises(TrainError, match="none of its 1 files"):
        read_boxes([folder / "boxes"], [scan(folder, "yes/other.jpg")])
    with pytest.raises(TrainError, match="no such folder"):
        read_boxes([folder / "gone"], [])
    (folder / "empty").mkdir()
    with pytest.raises(TrainError, match=r"no \.txt file"):
        read_boxes([folder / "empty"], [])


def test_a_box_may_stick_out_by_rounding(tmp_path):
    (tmp_path / "y.txt").write_text("0 0.95 0.5 0.11 0.2")
    boxes, problems = parse(tmp_path / "y.txt")
    assert boxes[0].right == 1.0
    assert not problems


def test_a_box_of_less_than_a_pixel_is_one():
    """Else its scan would be one without a tumor."""
    for at in (0.0, 0.502, 0.9985):
        assert mask_of([Box(at, at, at + 0.0015, at + 0.0015)], (128, 128)).sum() == 1


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "y.txt").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in parse(tmp_path / "y.txt")[1][0]


def test_the_mark_that_windows_puts_before_a_text_is_no_word_of_it(tmp_path):
    (tmp_path / "y.txt").write_bytes(b"\xef\xbb\xbf0 .5 .5 .1 .1\r\n0 .2 .2 .1 .1\r\n")
    boxes, problems = parse(tmp_path / "y.txt")
    assert (len(boxes), problems) == (2, [])


def test_a_scan_with_one_wrong_file_is_known_by_its_label_alone(folder):
    """Else what the wrong box is around would be taught as free of tumor."""
    (folder / "more").mkdir()
    (folder / "more" / "y1.txt").write_text("0 2 2 .1 .1")
    for order in (["boxes", "more"], ["more", "boxes"]):
        found = read_boxes([folder / name for name in order], [scan(folder, "yes/y1.jpg")])
        assert found.of == {}
        assert len(found.problems) == 1


def test_of_two_scans_of_one_name_the_one_with_a_tumor_is_meant(folder):
    scans = [scan(folder, "no/y1.jpg", False), scan(folder, "yes/y1.jpg")]
    assert list(read_boxes([folder / "boxes"], scans).of) == [1]
    with pytest.raises(TrainError, match=r"none of its 1 files .* \(.*y1.txt: 2 scans have its"):
        read_boxes([folder / "boxes"], [*scans, scan(folder, "yes2/y1.jpg")])
    with pytest.raises(TrainError, match=r"y1.txt: its scan is said to show no tumor\)"):
        read_boxes([folder / "boxes"], scans[:1])
