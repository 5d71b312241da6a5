"""Which test scans a teacher knows, in whatever files."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras")

from edge.scan.decode import decode
from train.data.appearance import Appearance, appearance_of
from train.data.scans import SplitScan
from train.distillation.teacher_leaks import TeacherOverlap, TestScans, teacher_overlap
from train.phantom.make import make_phantom


def written(file, seed, **how):
    """A phantom in a file, and the line of it in a teacher's split.json."""
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(make_phantom(seed, seed % 2 == 1).pixels)
    if how:
        picture = picture.resize((224, 224))
    picture.save(file, **how)
    return line_of(file, seed)


def line_of(file, seed, part="train"):
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return SplitScan(str(file.parent), file.name, digest, seed % 2 == 1, seed, part)


@pytest.fixture
def tests(tmp_path):
    """Four phantoms that are tested on, of twelve that the session has."""
    lines = [written(tmp_path / "ours" / f"{seed}.png", seed) for seed in range(12)]
    hashes, thumbnails = zip(*(appearance_of(decode(line.file)) for line in lines[:4]), strict=True)
    return TestScans(
        {line.sha256 for line in lines[:4]},
        Appearance(np.stack(hashes), np.stack(thumbnails)),
        np.array([line.positive for line in lines[:4]]),
        {line.sha256 for line in lines},
    )


def test_copies_saved_anew_are_found_by_their_looks(tests, tmp_path):
    jpeg = [
        written(tmp_path / "theirs" / f"{seed}.jpg", seed, quality=80) for seed in (0, 1, 3, 7, 20)
    ]
    assert teacher_overlap(SimpleNamespace(split=jpeg), tests) == TeacherOverlap(5, 3, 0)


def test_the_same_files_are_not_read_again(tests, tmp_path, monkeypatch):
    monkeypatch.setattr("train.distillation.teacher_leaks.decode", None)
    same = [line_of(tmp_path / "ours" / f"{seed}.png", seed) for seed in (2, 3, 9)]
    assert teacher_overlap(SimpleNamespace(split=same), tests) == TeacherOverlap(3, 2, 0)


def test_what_it_was_tested_on_it_does_not_know(tests, tmp_path):
    line = written(tmp_path / "theirs" / "0.jpg", 0, quality=80)
    tested = [line_of(line.file, 0, part) for part in ("test", "dropped")]
    assert teacher_overlap(SimpleNamespace(split=tested), tests) == TeacherOverlap(0, 0, 0)


def test_files_that_are_gone_changed_or_unreadable_are_counted(tests, tmp_path):
    lines = [written(tmp_path / "theirs" / f"{seed}.jpg", seed, quality=80) for seed in (0, 1, 20)]
    lines[0].file.unlink()
    lines[1].file.write_bytes(lines[2].file.read_bytes())
    (tmp_path / "theirs" / "text.png").write_text("hello")
    lines.append(line_of(tmp_path / "theirs" / "text.png", 0))
    assert teacher_overlap(SimpleNamespace(split=lines), tests) == TeacherOverlap(4, 0, 3)
