"""Where teachers agree, and which runs may not teach."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import Decision, InputSpec
from train.data.boxes import Box
from train.data.samples import Samples
from train.distillation.teacher_leaks import TeacherOverlap
from train.distillation.teachers import Teacher, _map, load_teachers, taught
from train.errors import TrainError
from train.evaluation.localization import agreed, pointed_at
from train.networks.compact import EVIDENCE, RAW, build_compact


def spot(row, col, size=2, level=5.0):
    evidence = np.full((16, 16), -6.0, np.float32)
    evidence[row : row + size, col : col + size] = level
    return evidence


def test_the_box_of_two_who_agree():
    box = agreed([spot(4, 4, 3), spot(5, 5, 2)])
    assert (box.left, box.top, box.right, box.bottom) == (4 / 16, 4 / 16, 7 / 16, 7 / 16)


@pytest.mark.parametrize(
    "other",
    [spot(10, 10), spot(4, 4, 1), np.full((16, 16), 5.0, np.float32), np.zeros((8, 8))],
    ids=["elsewhere", "one cell", "everywhere", "another grid"],
)
def test_no_box_where_they_do_not(other):
    assert agreed([spot(4, 4), other]) is None


def test_only_the_strongest_spot_is_pointed_at():
    evidence = np.maximum(spot(2, 2, level=5.0), spot(10, 10, level=4.5))
    evidence[9, 2] = 1.0
    found = pointed_at(evidence)
    assert found[2:4, 2:4].all()
    assert found.sum() == 4


SPEC = InputSpec(128, 128, "grey")


def teacher(temperature=1.0):
    """Points at what is bright, and is the surer the brighter it is; sees scans as they are."""
    pixels = keras.Input(SPEC.shape, dtype="uint8")
    small = keras.layers.AveragePooling2D(8)(keras.layers.Rescaling(0.1, offset=-10.0)(pixels))
    evidence = keras.layers.Identity(name=EVIDENCE)(small)
    logit = keras.layers.GlobalMaxPooling2D(name="logits")(evidence)
    manifest = SimpleNamespace(
        input=SPEC, decision=Decision("sigmoid", temperature), labels=("no", "yes"), positive="yes"
    )
    model = keras.Model(pixels, keras.layers.Activation("sigmoid")(logit))
    return Teacher(SimpleNamespace(manifest=manifest, folder="runs/old"), model)


def bright(row, col):
    scan = np.full((128, 128, 1), 20, np.uint8)
    scan[row : row + 24, col : col + 24] = 200
    return scan


def taught_samples():
    boxes = np.empty(3, object)
    boxes[:] = [(Box(0.1, 0.1, 0.2, 0.2),), (), ()]
    pixels = np.stack([bright(8, 8), bright(64, 32), bright(32, 64)])
    return Samples(pixels, np.array([1, 1, 0]), np.arange(3), boxes=boxes)


def test_a_map_places_the_tumors_that_have_no_box_and_nothing_else():
    told, boxes = taught([teacher(), teacher()], taught_samples(), [None] * 3, SPEC)
    assert told is None
    assert boxes[0] == (Box(0.1, 0.1, 0.2, 0.2),), "a given box stays"
    assert boxes[1] == (Box(32 / 128, 64 / 128, 56 / 128, 88 / 128),)
    assert boxes[2] == (), "there is no tumor"


def test_who_points_at_another_part_of_the_scan_may_not_teach():
    with pytest.raises(TrainError, match=r"runs/old: sees scans with crop 'none', not 'head'"):
        taught([teacher()], taught_samples(), [None] * 3, replace(SPEC, crop="head"))


def test_who_has_no_map_sees_scans_its_own_way(monkeypatch):
    inner, asked = teacher(), []
    flat = keras.Model(inner.model.input, inner.model.output)
    flat.get_layer(EVIDENCE).name = "other"

    def again(files, spec):
        asked.append(spec)
        return files, taught_samples().pixels

    monkeypatch.setattr("train.distillation.teachers.read_again", again)
    here = replace(SPEC, crop="head")  # of the same shape, but not the same pixels
    told, _ = taught([Teacher(inner.run, flat)], taught_samples(), [None] * 3, here)
    assert asked == [SPEC]
    assert len(told) == 3


def test_who_has_no_map_tells_how_sure_to_be():
    given = taught_samples()
    given.pixels[1] //= 2  # less bright: less sure
    found = []
    for temperature in (1.0, 4.0):
        inner = teacher(temperature)
        flat = keras.Model(inner.model.input, inner.model.output)
        flat.get_layer(EVIDENCE).name = "other"
        found.append(Teacher(inner.run, flat))
    told, boxes = taught(found, given, [None] * 3, SPEC)
    assert boxes is None
    logits = np.array([10.0, 0.0, 10.0])
    expected = np.mean([1 / (1 + np.exp(-logits / t)) for t in (1.0, 4.0)], axis=0)
    np.testing.assert_allclose(told, expected, atol=1e-4)


def test_a_teacher_of_our_own_points_by_what_a_cell_says_by_itself():
    model = build_compact(SPEC, width=0.1)
    model.get_layer(EVIDENCE).shift.assign([50.0])
    pixels = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 1), np.uint8)
    raw = keras.Model(model.input, model.get_layer(RAW).output).predict(pixels, verbose=0)
    own = Teacher(SimpleNamespace(manifest=None), model)
    np.testing.assert_allclose(_map(own, pixels), raw[..., 0], atol=1e-6)


def test_scans_made_alike_are_not_read_again(monkeypatch):
    """A teacher's InputSpec, read from its manifest, is another object of the same values."""

    def again(*_):
        raise AssertionError

    monkeypatch.setattr("train.distillation.teachers.read_again", again)
    told, boxes = taught([teacher()], taught_samples(), [None] * 3, replace(SPEC))
    assert told is None
    assert boxes[1]


def loaded(monkeypatch, positive, negative, ours, theirs=("no", "yes")):
    """Load a teacher of these labels that knows nothing of the scans."""
    manifest = SimpleNamespace(labels=theirs, positive=theirs[1])
    monkeypatch.setattr(
        "train.distillation.teachers.read_run", lambda _: SimpleNamespace(manifest=manifest)
    )
    monkeypatch.setattr(
        "train.distillation.teachers.teacher_overlap", lambda *_: TeacherOverlap(9, *ours)
    )
    monkeypatch.setattr("train.distillation.teachers.load_keras", lambda _: "model")
    return load_teachers(["runs/old"], positive, negative, None)


@pytest.mark.parametrize(
    ("positive", "negative", "theirs"),
    [
        (["T1+C"], ["no"], ("no", "T1+C")),
        (["T1+C"], ["C", "T1"], ("C+T1", "T1+C")),
        (["a", "T1+C"], ["no"], ("no+other", "T1+C+b")),
    ],
)
def test_names_with_a_plus_are_names(monkeypatch, positive, negative, theirs):
    assert loaded(monkeypatch, positive, negative, (0, 0), theirs)


def test_names_that_mean_something_else(monkeypatch):
    with pytest.raises(TrainError, match="must tell the same apart"):
        loaded(monkeypatch, ["C"], ["no"], (0, 0), ("no", "T1"))
    with pytest.raises(TrainError, match="must tell the same apart"):
        loaded(monkeypatch, ["yes"], ["no"], (0, 0), ("yes", "no"))


def test_scans_of_a_teacher_that_cannot_be_compared_are_counted(monkeypatch, capsys):
    loaded(monkeypatch, ["yes"], ["no"], (0, 4))
    assert "runs/old: 4 of the 9 scans" in capsys.readouterr().err
