"""What a network's layers take and make of training scans: second moments, and rows to fit to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from train.pruning.elimination import Moments
from train.pruning.layer_inputs import Rows, choose_places

BATCH = 8
WIDEST = 6000
"""Inputs of a weight's row up to which all their covariances are taken: 4,608 in VGG16. A layer
behind a `Flatten` has more; of it only the channels' contributions are compared."""
MOST = 2**31
"""Bytes of features that are kept to go on from: 300 scans of VGG16's second layer, at a half."""


@dataclass(frozen=True)
class Plan:
    """Where each layer is looked at."""

    places: dict[str, np.ndarray | None]
    """Of each layer: int64 [scans, places]; None: it has one place."""

    @classmethod
    def of(cls, model: keras.Model, names: Sequence[str], scans: int, wanted: int, seed: int):
        """As many places of each layer, of each scan, at random."""
        random = np.random.default_rng(seed)
        found = {}
        for name in names:
            count = Rows(model.get_layer(name)).places
            found[name] = choose_places(count, wanted, scans, random) if count > 1 else None
        return cls(found)

    def some(self, name: str, start: int, size: int) -> np.ndarray | None:
        """Of a layer, the places of some scans."""
        places = self.places[name]
        return None if places is None else places[start : start + size]


@dataclass(frozen=True)
class Observed:
    """What was seen of one layer."""

    mean: np.ndarray
    """float64 [D], of its inputs."""
    covariance: np.ndarray | None
    """float64 [D, D]; None: there are more than `WIDEST`."""
    targets: np.ndarray
    """float32 [rows, outputs]: its outputs before the activation."""
    inputs: np.ndarray | None
    """float32 [rows, D], where there is no covariance."""


def observe(
    model: keras.Model,
    names: Sequence[str],
    pixels: np.ndarray,
    plan: Plan,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Observed]:
    """Look at some layers while the model sees scans, uint8 [N, height, width, channels]."""
    rows = {name: Rows(model.get_layer(name)) for name in names}
    matrices = {name: own.matrix() for name, own in rows.items()}
    sums: dict[str, _Sums] = {}
    targets: dict[str, list] = {name: [] for name in names}
    kept: dict[str, list] = {name: [] for name in names}
    for start, found in _features(model, names, pixels):
        for name, features in zip(names, found, strict=True):
            taken = rows[name].of(features, plan.some(name, start, len(features)))
            weights, bias = matrices[name]
            made = taken @ weights
            targets[name].append(made if bias is None else made + bias)
            if taken.shape[1] > WIDEST:
                kept[name].append(taken)
            if name not in sums:
                sums[name] = _Sums.of(taken.shape[1])
            sums[name].add(taken)
        tick()
    return {
        name: Observed(
            own.mean,
            own.covariance,
            np.concatenate(targets[name]),
            np.concatenate(kept[name]) if kept[name] else None,
        )
        for name, own in sums.items()
    }


@dataclass
class _Sums:
    """Of rows seen so far."""

    count: int
    total: np.ndarray
    square: np.ndarray | None

    @classmethod
    def of(cls, width: int) -> "_Sums":
        return cls(0, np.zeros(width), np.zeros((width, width)) if width <= WIDEST else None)

    def add(self, rows: np.ndarray) -> None:
        self.count += len(rows)
        self.total += rows.sum(0, dtype=np.float64)
        if self.square is not None:
            self.square += rows.T @ rows

    @property
    def mean(self) -> np.ndarray:
        return self.total / self.count

    @property
    def covariance(self) -> np.ndarray | None:
        if self.square is None:
            return None
        return self.square / self.count - np.outer(self.mean, self.mean)


class Walk:
    """What the layers of a network take of scans, asked for in the layers' order.

    What was computed last is gone on from, where nothing leads around it, so that a walk through a
    chain costs as much as one pass, though the weights of a layer are set when its turn is over.
    """

    def __init__(self, model: keras.Model, pixels: np.ndarray):
        self._model, self._pixels = model, pixels
        self._known: list[tuple] = []

    def rows(self, name: str, plan: Plan) -> np.ndarray:
        """The rows that one layer multiplies with its weights, float32 [rows, D]."""
        rows = Rows(self._model.get_layer(name))
        inner, given = self._shortest(rows.source)
        shape = (len(given), *rows.source.shape[1:])
        whole = np.empty(shape, np.float32) if 4 * np.prod(shape, dtype=float) < MOST else None
        found = []
        for start in range(0, len(given), BATCH):
            features = np.asarray(inner.predict_on_batch(given[start : start + BATCH]))
            found.append(rows.of(features, plan.some(name, start, len(features))))
            if whole is not None:
                whole[start : start + BATCH] = features
        if whole is not None:
            self._known = [*self._known[-1:], (rows.source, whole)]
        return np.concatenate(found)

    def _shortest(self, wanted) -> tuple[keras.Model, np.ndarray]:
        """The model from what is known last to a tensor, and what is known."""
        while self._known:
            tensor, values = self._known[-1]
            try:
                return keras.Model(tensor, wanted), values
            except ValueError:
                self._known.pop()  # another path leads around it, and will for what follows
        return keras.Model(self._model.input, wanted), self._pixels


def moments(observed: Observed, rows: Rows, channels: np.ndarray) -> Moments:
    """What `train.pruning.elimination` needs of a layer.

    Args:
        channels: the layer's inputs that are the channels of a group, [channels, inputs of one].
    """
    weights = rows.matrix()[0].astype(np.float64)
    members = rows.members(channels)
    if observed.covariance is not None:
        return Moments(observed.covariance, weights, members)
    # What each channel contributes to the outputs; a channel is then worth one factor.
    inputs = observed.inputs - observed.mean.astype(np.float32)
    made = np.stack([(inputs[:, own] @ weights[own]).ravel() for own in members])
    return Moments(made @ made.T, np.ones((len(members), 1)), np.arange(len(members))[:, None])


def _features(model: keras.Model, names: Sequence[str], pixels: np.ndarray):
    """Batches of what layers take: position of the first scan, [features of each layer]."""
    wanted = [Rows(model.get_layer(name)).source for name in names]
    # Layers may share an input, and one may take the pixels themselves.
    inner = keras.Model(model.input, wanted)
    for start in range(0, len(pixels), BATCH):
        found = inner.predict_on_batch(pixels[start : start + BATCH])
        found = found if isinstance(found, (list, tuple)) else [found]
        yield start, [np.asarray(one) for one in found]
