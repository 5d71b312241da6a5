"""From teachers to what a session's training scans are taught with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from train.data.samples import Samples
from train.distillation.teacher_leaks import TestScans
from train.distillation.teachers import Teacher, load_teachers, taught
from train.errors import TrainError
from train.prepare_data import Request, SessionData
from train.progress import say
from train.splitting import split


def load_session_teachers(request: Request, data: SessionData, test: np.ndarray) -> list[Teacher]:
    """The runs that teach, which may know no scan that is tested on.

    Args:
        test: positions of the test part, int64 [M].

    Raises:
        TrainError: see `train.distillation.teachers.load_teachers`.
    """
    if not request.teachers:
        return []
    # With folds every scan is tested on in one of them.
    tested = np.arange(len(data.parts)) if request.folds else test
    tests = TestScans.of(data, tested)
    return load_teachers(request.teachers, data.classes.positive, data.classes.negative, tests)


def with_soft_labels(
    request: Request,
    data: SessionData,
    fold: split.Fold,
    train: Samples,
    teachers: Sequence[Teacher],
) -> Samples:
    """Training scans with what teachers say of them; those are left out on which they disagree.

    Raises:
        TrainError: no tumor is left.
    """
    if not teachers:
        return train
    files = [data.parts[i] for i in fold.train]
    told, boxes = taught(teachers, train, files, request.fit.input)
    train = replace(train, taught=told)
    if boxes is None:
        return train
    placed = np.array([bool(own) for own in boxes], bool) | (train.truth == 0)
    bare = np.array([not own for own in train.boxes], bool) & (train.truth == 1)
    say(f"teachers place {(placed & bare).sum()} of {bare.sum()} tumors without a box")
    if not train.truth[placed].any():
        raise TrainError(
            f"--teacher: the teachers place none of the {bare.sum()} tumors to train with, and "
            "none has a box, so there is no tumor to learn from; give boxes with --boxes or other "
            "teachers, or leave --teacher out"
        )
    return replace(train, boxes=boxes)[placed]
