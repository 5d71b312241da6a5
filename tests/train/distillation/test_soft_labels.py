"""What a session's training scans are taught with, and by whom."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")

from tests.train.distillation.test_teachers import SPEC, taught_samples, teacher
from tests.train.small import options
from train.data.appearance import Appearance
from train.data.boxes import Box
from train.distillation import soft_labels
from train.errors import TrainError
from train.networks import registry
from train.splitting.split import Fold


@pytest.mark.parametrize(("folds", "told"), [(None, {"b", "c"}), (2, {"a", "b", "c"})])
def test_what_a_teacher_may_not_know(monkeypatch, folds, told):
    """Test scans and their copies; with folds all, for each is tested on in one of them."""
    asked = []
    monkeypatch.setattr(soft_labels, "load_teachers", lambda *given: asked.append(given[-1]))
    appearance = Appearance(np.zeros((3, 8), np.uint8), np.zeros((3, 1024), np.uint8))
    data = SimpleNamespace(
        parts=[SimpleNamespace(sha256=name) for name in "abc"],
        grouping=SimpleNamespace(groups=np.array([0, 1, 1])),
        classes=SimpleNamespace(positive=("yes",), negative=("no",)),
        found=SimpleNamespace(appearance=appearance, truth=np.array([0, 1, 0])),
    )
    request = SimpleNamespace(teachers=("run",), folds=folds)
    soft_labels.load_session_teachers(request, data, np.array([1]))
    assert asked[0].hashes == told
    assert len(asked[0].positive) == len(asked[0].appearance.hashes) == len(told)
    assert asked[0].read == {"a", "b", "c"}


def taught_by(teachers, samples):
    request = SimpleNamespace(fit=options("compact"))
    fold = Fold(np.arange(3), np.arange(0), np.arange(0))
    return soft_labels.with_soft_labels(
        request, SimpleNamespace(parts=[None] * 3), fold, samples, teachers
    )


@pytest.fixture(autouse=True)
def whole_pictures(monkeypatch):
    known = registry.ARCHITECTURES["compact"]
    monkeypatch.setitem(registry.ARCHITECTURES, "compact", replace(known, input=SPEC))


def test_tumors_on_which_teachers_disagree_are_left_out(monkeypatch):
    monkeypatch.setattr("train.distillation.teachers.agreed", lambda maps: None)
    given = taught_samples()
    left = taught_by([teacher()], given)
    assert left.truth.tolist() == [1, 0], "one has a box, one has no tumor"
    given.boxes[0] = ()
    with pytest.raises(TrainError, match="place none of the 2 tumors to train with"):
        taught_by([teacher()], given)


def test_where_every_tumor_has_a_box_nothing_is_pointed_at():
    given = taught_samples()
    given.boxes[1] = (Box(0.2, 0.5, 0.4, 0.7),)
    found = taught_by([teacher()], given)
    assert found.boxes.tolist() == given.boxes.tolist()
    assert len(found) == 3
