"""Progress over the epochs of a fit. Apart from `train.progress`, which needs no Keras."""

import time

import keras

from train.progress import bar, say


class EpochProgress(keras.callbacks.Callback):
    """One bar over the epochs of a phase; without a terminal, a line an epoch."""

    def __init__(self, phase: str, epochs: int):
        super().__init__()
        self._what = "epochs" if phase == "all" else f"epochs, {phase}"
        self._epochs, self._bar, self._begun = epochs, bar(), None

    def on_train_begin(self, logs=None):
        self._bar.start()
        self._task = self._bar.add_task(self._what, total=self._epochs, note="")
        self._started = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        # A resumed fit does not begin with the first epoch.
        if self._begun is None:
            self._begun = epoch
            self._bar.update(self._task, completed=epoch)

    def on_epoch_end(self, epoch, logs=None):
        note = "  ".join(f"{name} {value:.3f}" for name, value in sorted((logs or {}).items()))
        self._bar.update(self._task, completed=epoch + 1, note=note)
        if self._bar.disable:
            each = (time.monotonic() - self._started) / (epoch + 1 - self._begun)
            left = each * (self._epochs - epoch - 1)
            what = self._what.replace("epochs", f"epoch {epoch + 1}/{self._epochs}")
            say(f"{what}  {note}  at most {left:.0f} s left")

    def on_train_end(self, logs=None):
        self._bar.stop()
