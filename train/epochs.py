"""Progress over the epochs of a fit. Apart from `train.progress`, which needs no Keras."""

import time

import keras

from train.progress import bar, say


class EpochProgress(keras.callbacks.Callback):
    """One bar over the epochs of a fit; without a terminal, a line an epoch."""

    def __init__(self, epochs: int):
        super().__init__()
        self._epochs, self._bar = epochs, bar()

    def on_train_begin(self, logs=None):
        self._bar.start()
        self._task = self._bar.add_task("epochs", total=self._epochs, note="")
        self._started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        note = "  ".join(f"{name} {value:.3f}" for name, value in sorted((logs or {}).items()))
        self._bar.update(self._task, completed=epoch + 1, note=note)
        if self._bar.disable:
            each = (time.monotonic() - self._started) / (epoch + 1)
            left = each * (self._epochs - epoch - 1)
            say(f"epoch {epoch + 1}/{self._epochs}  {note}  at most {left:.0f} s left")

    def on_train_end(self, logs=None):
        self._bar.stop()
