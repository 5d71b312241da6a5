"""Fit a network on pixels in memory."""

from dataclasses import dataclass

import keras
import numpy as np

from train.augment import augmenting
from train.balance import BalancedBatches
from train.errors import TrainError
from train.models import ARCHITECTURES


@dataclass(frozen=True)
class FitOptions:
    """What one fit depends on, besides the scans."""

    architecture: str
    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    """Epochs without a lower validation loss after which training stops."""
    augment: bool
    """Change scans at random and show both classes equally often; else take them as they are."""
    seed: int


@dataclass(frozen=True)
class Fit:
    """A fitted model with the weights of its best epoch."""

    model: keras.Model
    history: dict[str, list[float]]
    """loss, accuracy, val_loss and val_accuracy, one value an epoch."""
    best_epoch: int
    """Counted from 1."""


def fit(
    options: FitOptions,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    callbacks: list[keras.callbacks.Callback],
) -> Fit:
    """Fit `options.architecture` by Adam on binary cross-entropy, with early stopping.

    Args:
        train: pixels uint8 [N, height, width, channels] and truth 0/1 [N].
        validation: the same of the part that decides when to stop.

    Raises:
        TrainError: the loss is no longer a number.
    """
    make_reproducible(options.seed)
    architecture = ARCHITECTURES[options.architecture]
    model = architecture.build(architecture.input)
    trained = augmenting(model, options.seed) if options.augment else model
    trained.compile(
        optimizer=keras.optimizers.Adam(options.learning_rate),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=options.patience, restore_best_weights=True
    )
    if options.augment:
        data = {"x": BalancedBatches(*train, options.batch_size, options.seed)}
    else:
        data = {"x": train[0], "y": train[1].astype("float32")[:, None], "shuffle": True}
        data["batch_size"] = options.batch_size
    log = trained.fit(
        **data,
        validation_data=(validation[0], validation[1].astype("float32")[:, None]),
        validation_batch_size=options.batch_size,
        epochs=options.epochs,
        verbose=0,
        callbacks=[stopping, keras.callbacks.TerminateOnNaN(), *callbacks],
    )
    history = {key: [float(v) for v in values] for key, values in log.history.items()}
    losses = history.get("val_loss", [])
    if not losses or not np.isfinite(losses).all():
        raise TrainError("the loss is no longer a number; try a smaller --learning-rate")
    return Fit(model, history, int(np.argmin(losses)) + 1)


def make_reproducible(seed: int) -> None:
    """Seed Python, NumPy and Keras, and ask the backend for operations without races."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
