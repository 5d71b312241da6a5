"""What a fit depends on, where it takes place, and what it gives."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from edge.model_file.manifest import InputSpec
from train.fitting.feature_cache import FeatureCache
from train.hardware import mixed_precision
from train.hardware.devices import Devices
from train.networks.cost import Cost
from train.networks.pretrained_weights import NONE
from train.networks.registry import ARCHITECTURES


@dataclass(frozen=True)
class FitOptions:
    """What one fit depends on, besides the scans."""

    architecture: str
    epochs: int
    """At most, of each phase."""
    batch_size: int
    learning_rate: float
    patience: int
    """Epochs without a lower validation loss after which a phase stops."""
    augment: bool
    """Change scans at random and show both classes equally often; else take them as they are."""
    seed: int
    weights: str = NONE
    """Of the backbone, as `train.networks.pretrained_weights.load` takes them, or "none"."""
    unfreeze: str | None = None
    """Layer prefix from which the backbone learns in a second phase, or "all"; None: nowhere."""
    fine_tune_rate: float = 1e-5
    """Learning rate of that phase."""
    copies: int = 2
    """Augmented copies of each scan that a frozen backbone sees, if `augment`."""
    precision: str = mixed_precision.FLOAT32
    crop: str | None = None
    """A crop rule in place of the network's own, a key of `edge.scan.crop.CROPS`."""
    start: Path | None = None
    """Folder of a finished run whose weights it begins with; None: it begins with random ones."""
    workers: int = 0
    """Processes that prepare examples for a network with an evidence map; 0: none but this one. The
    examples do not depend on it."""

    @property
    def input(self) -> InputSpec:
        """How scans are made the network's input."""
        own = ARCHITECTURES[self.architecture].input
        return replace(own, crop=self.crop) if self.crop else own


@dataclass(frozen=True)
class FitContext:
    """Where a fit takes place; nothing of it changes the result."""

    devices: Devices = field(default_factory=Devices)
    cache: FeatureCache = field(default_factory=FeatureCache)
    checkpoint: Path | None = None
    """File of the state to resume from, which the first process writes after each epoch."""
    progress: Callable[[str, int], keras.callbacks.Callback] | None = None
    """Shows the epochs of a phase: its name and their number."""


@dataclass(frozen=True)
class Fit:
    """A fitted model with the weights of its best epoch."""

    model: keras.Model
    history: dict[str, list[float]]
    """loss, accuracy, val_loss and val_accuracy, one value an epoch, of all phases in a row."""
    best_epoch: int
    """Counted from 1."""
    cost: Cost
    logits: Callable[[np.ndarray], np.ndarray]
    """Logits, float32 [N, outputs], of uint8 [N, height, width, channels]; what is frozen is
    computed once for each scan."""


def make_reproducible(seed: int) -> None:
    """Seed Python, NumPy and Keras, and ask the backend for operations without races."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def usual_fine_tune_rate(weights: str) -> float:
    """Learning rate of the second phase, if none is asked for.

    At 1e-4 the first epoch undoes what the head of a pretrained VGG16 has learned. Random weights
    have a way to go.

    Args:
        weights: as `FitOptions.weights`.
    """
    return 1e-4 if weights == NONE else 1e-5
