"""Finished runs that teach a new one: how sure to be of a scan, and where its tumor is.

A teacher that gives a probability alone (VGG16, the CNN) softens the labels (Hinton, Vinyals and
Dean 2015). Teachers with an evidence map give the tumors that nobody has boxed a box, where all of
them point at the same place; what they disagree on is not trained on, for a network that may light
up anywhere in a tumor's scan learns the scanner and lights up in the same corner of each.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from edge.model_file.manifest import InputSpec
from train.data.read_folders import read_again
from train.data.samples import Samples
from train.data.scans import SplitScan
from train.distillation.teacher_leaks import TestScans, teacher_overlap
from train.errors import TrainError
from train.evaluation.keras_predictions import load_keras, tumor_probabilities
from train.evaluation.localization import agreed
from train.networks.compact import EVIDENCE, RAW
from train.progress import say
from train.run.run_folder import Run, read_run
from train.run.same_labels import tells_the_same


@dataclass(frozen=True)
class Teacher:
    """A run and its model."""

    run: Run
    model: keras.Model

    @property
    def points(self) -> bool:
        """Whether it has a map."""
        return any(layer.name == EVIDENCE for layer in self.model.layers)


def load_teachers(
    folders: Sequence[Path], positive: Sequence[str], negative: Sequence[str], tests: TestScans
) -> list[Teacher]:
    """Load runs and see that they may teach.

    Args:
        positive, negative: names of the class folders of the run to come.
        tests: what they may not have been trained on.

    Raises:
        TrainError: no finished run, one whose labels mean something else, or one that was trained
            on a scan to be tested on, or on a copy of one.
    """
    teachers = []
    for folder in folders:
        run = read_run(folder)
        if not tells_the_same(run, positive, negative):
            raise TrainError(
                f"{folder}: has the labels {' / '.join(run.manifest.labels)}, not "
                f"{'+'.join(negative)} / {'+'.join(positive)}; a teacher must tell the same apart"
            )
        known = teacher_overlap(run, tests)
        if known.tests:
            raise TrainError(
                f"{folder}: was trained on {known.tests} test scans or copies of them, and "
                "would tell about them; train it with the same --test-data and --hold-out"
            )
        if known.unseen:
            say(
                f"{folder}: {known.unseen} of the {known.scans} scans that it was trained on are "
                "gone or changed: whether those are copies of test scans, saved anew, is not known"
            )
        teachers.append(Teacher(run, load_keras(run)))
    return teachers


def taught(
    teachers: Sequence[Teacher],
    samples: Samples,
    files: Sequence[SplitScan],
    spec: InputSpec,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What teachers say of training scans.

    Args:
        files: of the samples, for teachers that take another input.
        spec: how the samples' pixels were made.

    Returns:
        The mean probability of tumor by those without a map, float [N]; and for each tumor without
        a box the one that those with a map agree on, object [N]. None without such teachers.

    Raises:
        TrainError: a scan changed or is gone, or a teacher's map is of another part of the scans.
    """
    without_map = [teacher for teacher in teachers if not teacher.points]
    with_map = [teacher for teacher in teachers if teacher.points]
    for one in with_map:
        if one.run.manifest.input.crop != spec.crop:
            raise TrainError(
                f"{one.run.folder}: sees scans with crop {one.run.manifest.input.crop!r}, not "
                f"{spec.crop!r}; what it points at is elsewhere. Train it anew"
            )
    told = [
        tumor_probabilities(one.model, one.run.manifest, _seen(one, samples, files, spec))
        for one in without_map
    ]
    boxes = None
    if with_map:
        boxes = samples.boxes.copy()
        unknown = np.array([not own for own in boxes], bool) & (samples.truth == 1)
        wanted = np.flatnonzero(unknown)
        chosen = [files[i] for i in wanted]
        maps = [
            _map(one, _seen(one, samples[wanted], chosen, spec)) for one in with_map if len(wanted)
        ]
        for place, each in zip(wanted, zip(*maps, strict=True), strict=True):
            box = agreed(each)
            boxes[place] = (box,) if box else ()
    return np.mean(told, axis=0) if told else None, boxes


def _map(teacher: Teacher, pixels: np.ndarray) -> np.ndarray:
    # `LEAST` is of a cell by itself, not of how far it stands out.
    own = {layer.name for layer in teacher.model.layers}
    layer = teacher.model.get_layer(RAW if RAW in own else EVIDENCE)
    inner = keras.Model(teacher.model.input, layer.output)
    return inner.predict(pixels, batch_size=32, verbose=0)[..., 0]


def _seen(
    teacher: Teacher, samples: Samples, files: Sequence[SplitScan], spec: InputSpec
) -> np.ndarray:
    """The scans as the teacher takes them, read again if it takes them otherwise."""
    wanted = teacher.run.manifest.input
    # By value: an InputSpec itself equals nothing but itself.
    same = asdict(wanted) == asdict(spec)
    return samples.pixels if same else read_again(files, wanted)[1]
