"""On what a fit computes: one device, or all of this machine's and of others, data-parallel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import keras

from train.errors import TrainError

ONE, ALL = "one", "all"
CHOICES = (ONE, ALL)
_HOSTS = "KERAS_DISTRIBUTION_JOB_ADDRESSES"


@dataclass(frozen=True)
class Devices:
    """What computes one fit together."""

    count: int = 1
    """Devices of all processes."""
    process: tuple[int, int] = (0, 1)
    """(number, of)."""
    names: str = "one device"
    _distribution: Any = field(default=None, repr=False)
    _strategy: Any = field(default=None, repr=False)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes the run."""
        return self.process[0] == 0

    def together(self):
        """A context: models are built, and fitted, on all devices."""
        if self._strategy:
            return self._strategy.scope()
        return self._distribution.scope() if self._distribution else nullcontext()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A context: models are built, and used, by this process on one device."""
        if not self._distribution:
            yield
            return
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(None)
        try:
            yield
        finally:
            keras.distribution.set_distribution(before)


def find(which: str) -> Devices:
    """One device, or all.

    All hosts that `KERAS_DISTRIBUTION_JOB_ADDRESSES` names (keras.distribution.initialize) take
    part, with the same command on each.

    Args:
        which: one of `CHOICES`.

    Raises:
        TrainError: the backend cannot use several devices, or the hosts do not find each other.
    """
    if which == ONE:
        return Devices()
    backend = keras.backend.backend()
    if backend == "jax":
        return _jax()
    if os.environ.get(_HOSTS):
        raise TrainError(f"{_HOSTS} is set: several hosts need KERAS_BACKEND=jax")
    if backend == "tensorflow":
        return _tensorflow()
    raise TrainError(
        f"--devices {ALL} needs KERAS_BACKEND=jax or tensorflow; on {backend} Keras trains on one"
    )


def _jax() -> Devices:
    import jax

    if os.environ.get(_HOSTS):
        try:
            keras.distribution.initialize()
        except (RuntimeError, ValueError) as error:
            raise TrainError(f"the hosts of {_HOSTS} do not find each other: {error}") from error
    found = jax.devices()
    process = (jax.process_index(), jax.process_count())
    names = f"{len(found)} x {found[0].device_kind} (JAX, {process[1]} processes)"
    distribution = keras.distribution.DataParallel(
        devices=[f"{one.platform}:{one.id}" for one in found] if process[1] == 1 else None,
        auto_shard_dataset=False,
    )
    return Devices(len(found), process, names, _distribution=distribution)


def _tensorflow() -> Devices:
    import tensorflow as tf

    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    strategy = tf.distribute.MirroredStrategy([one.name for one in found])
    return Devices(
        len(found), names=f"{len(found)} x {found[0].device_type} (TensorFlow)", _strategy=strategy
    )
