"""Early stopping that survives being stopped itself."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from train.errors import TrainError
from train.fitting import checkpoint
from train.fitting.checkpoint import State

_SHARE = 0.05
"""Of the time that writing the state may take; what an epoch lost to it costs is computed again."""


class EarlyStopping(keras.callbacks.Callback):
    """After each epoch: validate, remember the best, stop when it gets no better, write the state.

    Args:
        state: brought up to date in place.
        rest: the model whose best variables are kept; what is fitted may have more around it.
        begin: called with each epoch's number, from 0, before it.
        validate: gives val_loss and val_accuracy; added to the epoch's logs.
        patience: epochs without a better val_loss after which the fit stops.
        file: of the state; None: it is not written.
    """

    def __init__(
        self,
        state: State,
        rest: keras.Model,
        begin: Callable[[int], None],
        validate: Callable[[], dict[str, float]],
        patience: int,
        file: Path | None,
    ):
        super().__init__()
        self._state, self._rest, self._begin, self._validate = state, rest, begin, validate
        self._patience, self._file = patience, file
        self._unsaved, self._due = False, 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._begin(epoch)

    def on_epoch_end(self, epoch, logs=None):
        state = self._state
        logs.update(self._validate())
        if not all(np.isfinite(value) for value in logs.values()):
            raise TrainError("the loss is no longer a number; try a smaller --learning-rate")
        for name, value in logs.items():
            state.history.setdefault(name, []).append(float(value))
        state.epoch = epoch + 1
        state.waited += 1
        if logs["val_loss"] < state.best_loss:
            state.best_loss, state.waited = logs["val_loss"], 0
            state.best_epoch = len(state.history["loss"])
            state.best = snapshot(self._rest.variables)
        self.model.stop_training = state.waited >= self._patience
        if self._file:
            state.variables = snapshot(self.model.variables)
            state.optimizer = snapshot(self.model.optimizer.variables)
            self._unsaved = True
            if time.monotonic() >= self._due:
                self._save()

    @contextmanager
    def saving_when_stopped(self) -> Iterator[None]:
        """Around the fit: however it ends, its last epoch is on disk."""
        try:
            yield
        finally:
            if self._unsaved:
                self._save()

    def _save(self) -> None:
        start = time.monotonic()
        checkpoint.save(self._state, self._file)
        took = time.monotonic() - start
        self._unsaved, self._due = False, start + took / _SHARE


def snapshot(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """The values of variables, copied."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    """Set variables to a `snapshot` of others of the same shapes.

    Raises:
        TrainError: they are of other shapes.
    """
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [value.shape for value in values]:
        raise TrainError("the interrupted run is of another network; train anew, without --resume")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
