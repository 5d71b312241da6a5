"""The reject gate as a part of the network: does the input look like a head?

A few layers of the network, averaged over the picture, tell more of that than numbers made by hand:
of kinds of pictures that a gate never saw it refuses more, at as many unknown brains refused
(docs/measurements/gate-trials.md). The network itself stays as it is, to the last bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from train.array_archive import read_arrays
from train.errors import TrainError

LIKENESS = "likeness"
"""Name of the output: float32 [N, 1, 1, 1], a logit."""
_SEEN = ("stem_relu", "edges_relu", "wholes_relu", "context_relu", "weigh_relu")
"""Layers of the compact network, one of each size and depth; of another those that it has."""
_BATCH = 64


@dataclass(frozen=True, eq=False)
class GateHead:
    """A hidden layer of ReLU units over mean activations, and what it comes to."""

    first: np.ndarray
    """float32 [features, units]."""
    bias: np.ndarray
    """float32 [units]."""
    last: np.ndarray
    """float32 [units]."""
    offset: np.ndarray
    """float32 [1]."""

    def likeness(self, features: np.ndarray) -> np.ndarray:
        """Logits, float64 [N], of mean activations, float [N, features]."""
        hidden = np.maximum(features.astype(np.float64) @ self.first + self.bias, 0.0)
        return hidden @ self.last + self.offset

    def save(self, file: Path) -> None:
        """Write it as .npz."""
        with open(file, "wb") as stream:
            np.savez(stream, **vars(self))

    @classmethod
    def read(cls, file: Path) -> "GateHead":
        """What `save` wrote.

        Raises:
            TrainError: the file is missing or damaged.
        """
        try:
            arrays = read_arrays(file)
            found = [arrays[name].astype(np.float32) for name in cls.__dataclass_fields__]
            features, units = found[0].shape
            shapes = [(features, units), (units,), (units,), (1,)]
            if [one.shape for one in found] != shapes or not all(map(_finite, found)):
                raise ValueError("its arrays do not fit")
        except (OSError, ValueError, KeyError) as error:
            raise TrainError(f"{file}: is damaged ({error!s:.300}); train again") from error
        return cls(*found)


def mean_activations(model: keras.Model) -> keras.Model:
    """uint8 [N, height, width, channels] -> float32 [N, features], which a head is fitted on.

    Raises:
        TrainError: the network has none of the layers.
    """
    return keras.Model(model.input, _Means(name="activations")(_seen(model)), name="activations")


def describer(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """From pictures as the model sees them, uint8 [N, height, width, channels], N from 0 on, to
    their mean activations, float32 [N, features].

    Raises:
        TrainError: the network has none of the layers.
    """
    network = mean_activations(model)

    def describe(stack: np.ndarray) -> np.ndarray:
        if not len(stack):
            return np.zeros((0, network.output.shape[-1]), np.float32)
        return network.predict(stack, batch_size=_BATCH, verbose=0)

    return describe


def likeness_output(model: keras.Model, head: GateHead) -> keras.KerasTensor:
    """The output `likeness` of the network with a head: `head.likeness` of its activations.

    Raises:
        TrainError: the network has none of the layers.
    """
    return _Likeness(head, name=LIKENESS)(_seen(model))


def _seen(model: keras.Model) -> list[keras.KerasTensor]:
    there = {layer.name for layer in model.layers}
    found = [model.get_layer(name).output for name in _SEEN if name in there]
    if not found:
        raise TrainError(f"{model.name}: has no layers that its reject gate could go by")
    return found


def _finite(array: np.ndarray) -> bool:
    return bool(np.isfinite(array).all())


class _Means(layers.Layer):
    """Of each channel of each tensor [N, rows, columns, channels], its mean over the picture."""

    def __init__(self, **kwargs):
        super().__init__(dtype="float32", **kwargs)

    def call(self, tensors):
        return ops.concatenate([ops.mean(one, axis=(1, 2)) for one in tensors], axis=-1)


class _Likeness(_Means):
    def __init__(self, head: GateHead, **kwargs):
        super().__init__(**kwargs)
        self._head = head

    def call(self, tensors):
        head = self._head
        # No dense layers: those of `dynamic` files round what they take, each engine otherwise.
        products = ops.expand_dims(super().call(tensors), -1) * head.first
        hidden = ops.relu(ops.sum(products, axis=1) + head.bias)
        found = ops.sum(hidden * head.last, axis=1) + head.offset
        return ops.reshape(found, (-1, 1, 1, 1))
