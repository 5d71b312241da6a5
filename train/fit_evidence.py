"""Fit a network with an evidence map: from masks, boxes, labels and what teachers say.

A fixed number of epochs at a rate that falls to nothing, and an average over the weights of the
last thousand steps (Polyak and Juditsky 1992): an early stop would choose the epoch by scans of
the very sources trained on, and the measure swings from epoch to epoch where it matters, on others.
"""

import keras
import numpy as np

from train import checkpoint
from train.checkpoint import State
from train.compact import EVIDENCE
from train.cost import cost
from train.errors import TrainError
from train.evidence import BAG, LESION, UNKNOWN, evidence_loss
from train.examples import Examples
from train.fit import Around, Fit, FitOptions, make_reproducible
from train.judge import raw_outputs
from train.keeper import assign, snapshot
from train.models import ARCHITECTURES, LOGITS
from train.samples import Samples

AVERAGED = 0.998
"""Of the average kept at each step: the weights of the last 500 or so count."""
DECAY = 2e-3
"""Of the weights, AdamW's (Loshchilov and Hutter 2019)."""
WARM_UP = 0.04
"""Of the steps, in which the rate rises."""
TAUGHT = 0.5
"""How much of the verdict's target a teacher gives; the label the rest."""


def fit_evidence(
    options: FitOptions, train: Samples, validation: Samples, around: Around
) -> Fit:
    """Fit for `options.epochs` epochs; `options.patience` and `options.augment` do not matter.

    An epoch is as many examples as there are training scans. A resumed fit goes on from the last
    epoch with other random examples.

    Raises:
        TrainError: the loss is no longer a number, or the state to resume from cannot be used.
    """
    make_reproducible(options.seed)
    architecture = ARCHITECTURES[options.architecture]
    model = architecture.build(architecture.input)
    outputs = {name: model.get_layer(name).output for name in (EVIDENCE, LOGITS)}
    trained = keras.Model(model.input, outputs)
    steps = -(-len(train) // options.batch_size)
    every = steps * options.epochs
    trained.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                0.0,
                max(1, every - round(WARM_UP * every)),
                alpha=0.01,
                warmup_target=options.learning_rate,
                warmup_steps=max(1, round(WARM_UP * every)),
            ),
            weight_decay=DECAY,
            clipnorm=5.0,
            use_ema=True,
            ema_momentum=min(AVERAGED, 1 - 2 / (every + 2)),
            ema_overwrite_frequency=None,
        ),
        loss={
            EVIDENCE: evidence_loss,
            LOGITS: keras.losses.BinaryCrossentropy(from_logits=True),
        },
        metrics={LOGITS: [keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]},
    )
    optimizer = trained.optimizer
    optimizer.build(trained.trainable_variables)
    state = (checkpoint.load(around.checkpoint) if around.checkpoint else None) or State()
    if state.epoch:
        assign(trained.variables, state.variables)
        assign(optimizer.variables, state.optimizer)
    cells = tuple(outputs[EVIDENCE].shape[1:3])
    batches = _Batches(train, cells, steps, options, state.epoch)
    progress = [around.progress("all", options.epochs)] if around.progress else []
    if not state.finished:
        trained.fit(
            batches,
            epochs=options.epochs,
            initial_epoch=state.epoch,
            verbose=0,
            callbacks=[_Watch(state, model, validation, around), *progress],
        )
        # Keras has put the averaged weights in place: what is kept is what the last row tells.
        for name, value in _judged(model, validation).items():
            state.history[name][-1] = value
        state.finished, state.optimizer = True, []
        state.variables = snapshot(trained.variables)
        if around.checkpoint:
            checkpoint.save(state, around.checkpoint)
    return Fit(
        model, state.history, options.epochs, cost(model), lambda pixels: raw_outputs(model, pixels)
    )


class _Batches(keras.utils.PyDataset):
    """Examples, what is known of their cells, and the verdict to give."""

    def __init__(self, train: Samples, cells, steps: int, options: FitOptions, epoch: int):
        super().__init__()
        self._examples = Examples(train, cells, options.seed + 1000 * epoch)
        self._size, self._steps = options.batch_size, steps
        self._taught = np.full(len(train), np.nan) if train.taught is None else train.taught

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int):
        pixels, codes, origins = self._examples.batch(self._size)
        verdict = np.isin(codes, (LESION, BAG, UNKNOWN)).any(axis=(1, 2)).astype(np.float32)
        told = np.where(origins >= 0, self._taught[origins], np.nan)
        target = np.where(np.isnan(told), verdict, (1 - TAUGHT) * verdict + TAUGHT * told)
        return pixels, {
            EVIDENCE: codes.astype(np.float32),
            LOGITS: target.astype(np.float32)[:, None],
        }


class _Watch(keras.callbacks.Callback):
    """Validates after each epoch, remembers the history, writes the state."""

    def __init__(self, state: State, own: keras.Model, validation: Samples, around: Around):
        super().__init__()
        self._state, self._own, self._validation = state, own, validation
        self._file = around.checkpoint if around.devices.first else None

    def on_epoch_end(self, epoch, logs=None):
        logs["accuracy"] = logs.pop(f"{LOGITS}_accuracy")
        logs.update(_judged(self._own, self._validation))
        if not all(np.isfinite(value) for value in logs.values()):
            raise TrainError("the loss is no longer a number; try a smaller --learning-rate")
        for name, value in logs.items():
            self._state.history.setdefault(name, []).append(float(value))
        self._state.epoch = epoch + 1
        if self._file:
            self._state.variables = snapshot(self.model.variables)
            self._state.optimizer = snapshot(self.model.optimizer.variables)
            checkpoint.save(self._state, self._file)


def _judged(model: keras.Model, validation: Samples) -> dict[str, float]:
    logits, truth = raw_outputs(model, validation.pixels)[:, 0], validation.truth
    signed = np.where(truth == 1, logits, -logits)
    return {
        "val_loss": float(np.logaddexp(0, -signed).mean()),
        "val_accuracy": float((signed > 0).mean()),
    }
