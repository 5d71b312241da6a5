"""Train a pruned network on to give what its teacher gives: pooled features and logits.

Labels take no part, so that the network stays what it was and learns no scan by heart; any picture
of the training part will do, changed as often as there is time for (Hinton, Vinyals and Dean 2015,
arXiv:1503.02531; on features Romero et al. 2015, arXiv:1412.6550).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from train.fitting import checkpoint
from train.fitting.checkpoint import State
from train.fitting.early_stopping import EarlyStopping, assign, snapshot
from train.fitting.feature_cache import FeatureCache
from train.fitting.step_variables import create_step_variables
from train.hardware import mixed_precision
from train.networks.registry import LOGITS
from train.progress import counting

BATCH = 16
_ROWS = ("loss", "accuracy", "val_loss", "val_accuracy")
WARM_UP = 0.1
"""Share of the steps: Adam's first ones are as long as its rate, whatever the gradient, and led a
refitted VGG16 away from its teacher."""
FEATURES_WEIGHT = 1.0
"""Of the features' error beside the logits'; both are shares of the teacher's variance."""


@dataclass(frozen=True)
class Lesson:
    """Scans and what the teacher makes of them; a large network's features may be 0.6 GB."""

    pixels: np.ndarray
    """uint8 [N, height, width, channels]."""
    features: np.ndarray
    """float32 [N, F]: the inputs of the first dense layer that the student has kept."""
    logits: np.ndarray
    """float32 [N, outputs]."""
    truth: np.ndarray
    """0 or 1, [N]: for the record alone."""

    def with_features(self, kept: np.ndarray) -> "Lesson":
        """With these of the features, a mask."""
        return replace(self, features=self.features[:, kept])

    def targets(self, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Features, logits and truth of some scans side by side, float32."""
        columns = [self.features[chosen], self.logits[chosen], self.truth[chosen, None]]
        return np.concatenate(columns, axis=1).astype(np.float32)


def first_dense(model: keras.Model) -> str:
    """The first dense layer: what it takes are the features."""
    return next(layer.name for layer in model.layers if isinstance(layer, layers.Dense))


def taught_by(
    teacher: keras.Model,
    pixels: np.ndarray,
    truth: np.ndarray,
    cache: FeatureCache,
    precision: str = mixed_precision.FLOAT32,
) -> Lesson:
    """A `Lesson` with all features of the teacher.

    Args:
        cache: knows them already if another fold's teacher has the same frozen layers and scans.
        precision: that its convolutions compute in; its head is small, and keeps float32.
    """
    given = teacher.get_layer(first_dense(teacher)).input
    head = keras.Model(given, teacher.get_layer(LOGITS).output)
    frozen = keras.Model(teacher.input, given)
    features = cache(frozen, pixels, 0, 0, counting, precision)[0]
    return Lesson(pixels, features, head.predict(features, batch_size=BATCH, verbose=0), truth)


def distil(
    student: keras.Model,
    train: Lesson,
    validation: Lesson,
    rate: float,
    epochs: int,
    size: int,
    seed: int,
    precision: str = mixed_precision.FLOAT32,
    file: Path | None = None,
    progress: Callable[[str, int], keras.callbacks.Callback] | None = None,
) -> State:
    """Train `student` in place; it ends with the weights that are nearest the teacher.

    Args:
        rate: of Adam, at most: it rises over the first `WARM_UP` of the steps and then falls to
            nothing along a cosine.
        size: scans of an epoch, drawn from those of `train`.
        precision: one of `train.hardware.mixed_precision.CHOICES`, to learn in.
        file: of the state to resume from and to write; None: none is kept.
        progress: as `train.fitting.fit_options.FitContext` has it.

    Returns:
        Its state has the history: the loss is the distance from the teacher.
    """
    state = (checkpoint.load(file) if file else None) or State(history={key: [] for key in _ROWS})
    batches = _Views(train, size, seed)
    scales = [1 / max(float(one.var(0).mean()), 1e-12) for one in (train.features, train.logits)]
    width = train.features.shape[1]

    def distance(target, made):
        square = ops.square(target[:, :-1] - made)
        features, logits = ops.mean(square[:, :width], 1), ops.mean(square[:, width:], 1)
        return FEATURES_WEIGHT * scales[0] * features + scales[1] * logits

    def accuracy(target, made):
        return ops.cast(ops.equal(_called(made[:, width:]), target[:, -1]), "float32")

    learner = mixed_precision.in_precision(student, precision)
    model = _both(learner)
    for layer in learner.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    steps = max(2, epochs * len(batches))
    warm = max(1, round(WARM_UP * steps))
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=rate, warmup_steps=warm
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, clipnorm=1.0),
        loss=distance,
        metrics=[keras.metrics.MeanMetricWrapper(accuracy, name="accuracy")],
    )
    create_step_variables(model, batches[0][1])
    if state.epoch and not state.finished:
        assign(model.variables, state.variables)
        assign(model.optimizer.variables, state.optimizer)
    held_out = validation.targets()

    def validate() -> dict[str, float]:
        made = model.predict(validation.pixels, batch_size=BATCH, verbose=0)
        loss = ops.mean(distance(held_out, ops.convert_to_tensor(made)))
        hit = ops.mean(accuracy(held_out, ops.convert_to_tensor(made)))
        return {"val_loss": float(loss), "val_accuracy": float(hit)}

    if not state.finished:
        if not state.epoch:  # as it is may be the best it ever is
            state.best_loss, state.best = validate()["val_loss"], snapshot(model.variables)
        stopping = EarlyStopping(state, model, batches.begin, validate, epochs + 1, file)
        shown = [progress("distillation", epochs)] if progress else []
        with stopping.saving_when_stopped():
            model.fit(
                batches,
                epochs=epochs,
                initial_epoch=state.epoch,
                shuffle=False,
                verbose=0,
                callbacks=[stopping, *shown],
            )
        state.finished, state.variables, state.optimizer = True, [], []
        if file:
            checkpoint.save(state, file)
    assign(_both(student).variables, state.best)
    return state


def _both(student: keras.Model) -> keras.Model:
    """uint8 pixels -> features and logits side by side."""
    features = student.get_layer(first_dense(student)).input
    # Named: Inception has layers whose names Keras would give to this one.
    side_by_side = layers.Concatenate(name="features_and_logits", dtype="float32")
    return keras.Model(student.input, side_by_side([features, student.get_layer(LOGITS).output]))


def _called(logits):
    """1 where a tumor is likelier than none."""
    margin = logits[:, -1] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
    return ops.cast(margin >= 0, "float32")


class _Views(keras.utils.PyDataset):
    """A part of the lesson, another one each epoch, the same for the same epoch."""

    def __init__(self, lesson: Lesson, size: int, seed: int):
        super().__init__()
        self._lesson, self._seed = lesson, seed
        self._size = min(size, len(lesson.pixels))
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the beginning of an epoch, counted from 0."""
        random = np.random.default_rng((self._seed, epoch))
        self._order = random.permutation(len(self._lesson.pixels))[: self._size]

    def __len__(self) -> int:
        return -(-self._size // BATCH)

    def __getitem__(self, index: int):
        chosen = self._order[index * BATCH : (index + 1) * BATCH]
        return self._lesson.pixels[chosen], self._lesson.targets(chosen)
