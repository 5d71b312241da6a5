"""Fit a network with an evidence map: from masks, boxes, labels and what teachers say.

Of a tumor that is known by its label alone the strongest cells must show it, wherever they are.
From a third of the epochs on, and every tenth of them again, the network is asked where: if it
points at one place in the scan and in its mirror image, more surely than at anything in most
tumor-free scans, that place is the tumor's box until it is asked again. (It never is if no tumor at
all has a box.) Told only that there is a tumor somewhere, a network may learn the looks of a
scanner and light up in one place of all its scans (docs/measurements/model-ablations.md);
tumor-free scans of the like are what keeps it from that.

A fixed number of epochs at a rate that falls to nothing, and an average over the weights of the
last 500 steps or so (Polyak and Juditsky 1992): an early stop would choose the epoch by scans of
the very sources trained on, and the measure swings from epoch to epoch where it matters, on others.
"""

from dataclasses import replace

import keras
import numpy as np

from train.data.boxes import Box
from train.data.samples import Samples
from train.errors import TrainError
from train.evaluation.keras_predictions import raw_outputs
from train.evaluation.localization import agreed
from train.evaluation.threshold_and_temperature import balanced_weights, even_odds
from train.fitting import checkpoint
from train.fitting.checkpoint import State
from train.fitting.early_stopping import assign, snapshot
from train.fitting.fit_options import Fit, FitContext, FitOptions, make_reproducible
from train.fitting.prefetch import PrefetchedBatches
from train.fitting.step_variables import create_step_variables
from train.hardware import mixed_precision
from train.networks.cell_labels import BAG, LESION, UNKNOWN
from train.networks.compact import EVIDENCE, RAW
from train.networks.cost import cost
from train.networks.evidence_map import STRONGEST, StrongestCells, evidence_loss
from train.networks.registry import ARCHITECTURES, LOGITS, logits_model
from train.progress import say
from train.warm_start.start_weights import begin_with

AVERAGED = 0.998
"""Of the average kept at each step: the weights of the last 500 or so count."""
DECAY = 2e-3
"""Of the weights, AdamW's (Loshchilov and Hutter 2019)."""
WARM_UP = 0.04
"""Of the steps, in which the rate rises."""
LOCATED_FROM = 1 / 3
"""Of the epochs: from here on label-only tumors are located."""
LOCATED_EVERY = 0.1
"""Of the epochs: how often that is done again."""
SURER = 0.8
"""Than this share of the tumor-free training scans a tumor's evidence must be."""
TAUGHT = 0.5
"""How much of the verdict's target a teacher gives; the label the rest."""


def fit_evidence(
    options: FitOptions, train: Samples, validation: Samples, context: FitContext
) -> Fit:
    """Fit for `options.epochs` epochs; `options.patience` and `options.augment` do not matter.

    An epoch is as many examples as there are training scans. A resumed fit equals an uninterrupted
    one.

    Raises:
        TrainError: the loss is no longer a number, the state to resume from cannot be used, or
            there are several devices.
    """
    if context.devices.count > 1:
        raise TrainError(
            f"--model {options.architecture} trains on one device; leave --devices out"
        )
    make_reproducible(options.seed)
    architecture = ARCHITECTURES[options.architecture]
    own = architecture.build(architecture.input)
    with mixed_precision.computing_in(options.precision):
        model = architecture.build(architecture.input)
    if options.start:
        begin_with(model, options.start)
    raw = model.get_layer(RAW).output
    strongest = StrongestCells(name="strongest", dtype="float32")(raw)
    trained = keras.Model(model.input, {RAW: raw, LOGITS: strongest})
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
            RAW: evidence_loss,
            LOGITS: keras.losses.BinaryCrossentropy(from_logits=True),
        },
        metrics={LOGITS: [keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]},
    )
    cells = tuple(raw.shape[1:3])
    create_step_variables(trained, {RAW: np.zeros((1, *cells)), LOGITS: np.zeros((1, 1))})
    state = (checkpoint.load(context.checkpoint) if context.checkpoint else None) or State()
    if state.epoch:
        assign(model.variables, state.variables)
    if state.epoch and not state.finished:
        assign(trained.optimizer.variables, state.optimizer)
    if not state.finished:
        batches = _Batches(train, cells, steps, options)
        locate = _Locate(train, model, batches, options.epochs, state)
        progress = [context.progress("all", options.epochs)] if context.progress else []
        with batches.prefetched.telling():
            trained.fit(
                batches,
                epochs=options.epochs,
                initial_epoch=state.epoch,
                shuffle=False,
                verbose=0,
                callbacks=[locate, _Watch(state, model, validation, context), *progress],
            )
    own.set_weights(model.get_weights())
    logits = raw_outputs(own, validation.pixels)[:, 0]
    if not state.finished:
        # Keras has put the averaged weights in place: what is kept is what the last row tells.
        for name, value in _validation_scores(logits, validation).items():
            state.history[name][-1] = value
        state.finished, state.optimizer = True, []
        state.variables = snapshot(model.variables)
        if context.checkpoint:
            checkpoint.save(state, context.checkpoint)
    own.get_layer(EVIDENCE).shift.assign([_even_odds(logits, validation)])
    return Fit(
        own, state.history, options.epochs, cost(own), lambda pixels: raw_outputs(own, pixels)
    )


class _Batches(keras.utils.PyDataset):
    """Examples, what is known of their cells, and the verdict to give."""

    def __init__(self, train: Samples, cells, steps: int, options: FitOptions):
        super().__init__()
        self._steps = steps
        self._taught = np.full(len(train), np.nan) if train.taught is None else train.taught
        self.prefetched = PrefetchedBatches(
            train, cells, options.seed, options.batch_size, steps, options.workers
        )

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int):
        pixels, codes, origins = self.prefetched.batch(index)
        verdict = np.isin(codes, (LESION, BAG, UNKNOWN)).any(axis=(1, 2)).astype(np.float32)
        told = np.where(origins >= 0, self._taught[origins], np.nan)
        target = np.where(np.isnan(told), verdict, (1 - TAUGHT) * verdict + TAUGHT * told)
        return pixels, {
            RAW: codes.astype(np.float32),
            LOGITS: target.astype(np.float32)[:, None],
        }


class _Locate(keras.callbacks.Callback):
    """Gives the tumors without a box the place that the network points at."""

    def __init__(
        self,
        train: Samples,
        model: keras.Model,
        batches: _Batches,
        epochs: int,
        state: State,
    ):
        super().__init__()
        self._train, self._batches, self._state = train, batches, state
        self._map = keras.Model(model.input, model.get_layer(RAW).output)
        self._first = round(LOCATED_FROM * epochs)
        self._every = max(1, round(LOCATED_EVERY * epochs))
        boxes = np.full(len(train), None) if train.boxes is None else train.boxes
        self._boxed = np.array([bool(own) for own in boxes], bool)
        self._tumor = train.truth == 1
        if (self._tumor & ~self._boxed).any() and self._boxed.any():
            self._know()
        else:  # all is known, or nothing of any tumor
            self._first = epochs

    def on_epoch_begin(self, epoch, logs=None):
        late = epoch - self._first
        if late >= 0 and late % self._every == 0:
            self._state.located = [self._find()]
            say(f"  {len(self._state.located[0])} of the tumors without a box are located")
            self._know()
        self._batches.prefetched.begin(epoch)

    def _know(self) -> None:
        """Show the scans with the boxes given and the places found."""
        train = self._train
        boxes = np.empty(len(train), object)
        boxes[:] = [()] * len(train) if train.boxes is None else list(train.boxes)
        for position, *sides in self._state.located[0] if self._state.located else ():
            boxes[int(position)] = (Box(*map(float, sides)),)
        self._batches.prefetched.know(replace(train, boxes=boxes))

    def _find(self) -> np.ndarray:
        """Position in the training scans and box, float64 [M, 5], of the tumors pointed at."""
        pixels = self._train.pixels
        wanted = np.flatnonzero(self._tumor & ~self._boxed)
        limit = float(np.quantile(self._pooled(self._maps(pixels[~self._tumor])), SURER))
        plain = self._maps(pixels[wanted])
        mirrored = self._maps(pixels[wanted, :, ::-1])[:, :, ::-1]
        sure = np.minimum(self._pooled(plain), self._pooled(mirrored)) > limit
        found = [(wanted[i], agreed([plain[i], mirrored[i]])) for i in np.flatnonzero(sure)]
        rows = [(i, box.left, box.top, box.right, box.bottom) for i, box in found if box]
        return np.array(rows, np.float64).reshape(-1, 5)

    def _maps(self, pixels: np.ndarray) -> np.ndarray:
        return self._map.predict(pixels, batch_size=64, verbose=0)[..., 0]

    @staticmethod
    def _pooled(maps: np.ndarray) -> np.ndarray:
        return np.sort(maps.reshape(len(maps), -1), axis=1)[:, -STRONGEST:].mean(axis=1)


class _Watch(keras.callbacks.Callback):
    """Validates after each epoch, remembers the history, writes the state."""

    def __init__(self, state: State, own: keras.Model, validation: Samples, context: FitContext):
        super().__init__()
        self._state, self._own, self._validation = state, own, validation
        self._logits = logits_model(own)  # built anew, it would be traced anew each epoch
        self._file = context.checkpoint if context.devices.first else None

    def on_epoch_end(self, epoch, logs=None):
        logs["accuracy"] = logs.pop(f"{LOGITS}_accuracy")
        logits = self._logits.predict(self._validation.pixels, batch_size=32, verbose=0)[:, 0]
        logs.update(_validation_scores(logits, self._validation))
        if not all(np.isfinite(value) for value in logs.values()):
            raise TrainError("the loss is no longer a number; try a smaller --learning-rate")
        for name, value in logs.items():
            self._state.history.setdefault(name, []).append(float(value))
        self._state.epoch = epoch + 1
        if self._file:
            self._state.variables = snapshot(self._own.variables)
            self._state.optimizer = snapshot(self.model.optimizer.variables)
            checkpoint.save(self._state, self._file)


def _validation_scores(logits: np.ndarray, validation: Samples) -> dict[str, float]:
    """Loss and accuracy of logits, float [N], of a model whose shift is 0, as if it were set."""
    truth = validation.truth
    if not np.isfinite(logits).all():
        return {"val_loss": np.nan, "val_accuracy": np.nan}
    logits = logits + _even_odds(logits, validation)
    signed = np.where(truth == 1, logits, -logits)
    return {
        "val_loss": float(np.logaddexp(0, -signed).mean()),
        "val_accuracy": float((signed > 0).mean()),
    }


def _even_odds(logits: np.ndarray, validation: Samples) -> float:
    """What the logits lack to be 0 at even odds, folders counted as they are drawn."""
    sources = validation.sources
    weights = balanced_weights(
        validation.truth, np.full(len(logits), "") if sources is None else sources
    )
    return -even_odds(logits, validation.truth, weights)
