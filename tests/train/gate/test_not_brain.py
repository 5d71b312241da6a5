"""The folder of --not-brain: any pictures, by kind."""

import numpy as np
import pytest
from PIL import Image

from train.errors import TrainError
from train.gate.not_brain import read_not_brain


@pytest.fixture
def folder(tmp_path):
    for kind, mode, size in (("knee", "L", (40, 60)), ("photo", "RGB", (300, 200))):
        (tmp_path / kind / "deep").mkdir(parents=True)
        for number in range(2):
            Image.new(mode, size, 90).save(tmp_path / kind / "deep" / f"{number}.png")
    return tmp_path


def test_pictures_of_any_size_and_mode_by_kind(folder):
    (folder / "photo" / "notes.txt").write_text("whose they are")
    (folder / "README.md").write_text("what this is")
    seen = []
    found = read_not_brain(folder, tick=lambda: seen.append(1))
    assert {kind: len(own) for kind, own in found.pictures.items()} == {"knee": 2, "photo": 2}
    assert found.pictures["photo"][0].shape == (200, 300)
    assert all(one.dtype == np.uint8 for own in found.pictures.values() for one in own)
    assert len(found) == 4
    assert len(seen) == 5
    assert len(found.unreadable) == 1


def test_a_large_picture_is_kept_small(folder):
    Image.new("L", (1500, 700), 90).save(folder / "photo" / "large.png")
    shapes = [one.shape for one in read_not_brain(folder).pictures["photo"]]
    assert sorted(shapes)[-1] == (234, 500)


def test_what_cannot_be_read_is_named(folder):
    (folder / "photo" / "notes.txt").write_text("whose they are")
    found = read_not_brain(folder)
    assert "notes.txt" in found.unreadable[0]


def test_what_is_wrong_is_named(folder, tmp_path):
    with pytest.raises(TrainError, match="nowhere: no such folder"):
        read_not_brain(tmp_path / "nowhere")
    Image.new("L", (40, 40)).save(folder / "loose.png")
    with pytest.raises(TrainError, match=r"loose\.png: lies in no subfolder"):
        read_not_brain(folder)
    (tmp_path / "x").mkdir()
    with pytest.raises(TrainError, match="has none"):
        read_not_brain(tmp_path / "x")
    (tmp_path / "y" / "text").mkdir(parents=True)
    (tmp_path / "y" / "text" / "a.png").write_text("no picture")
    with pytest.raises(TrainError, match="no picture in text can be read"):
        read_not_brain(tmp_path / "y")
