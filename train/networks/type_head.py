"""What kind of tumor: a linear head on the features of a network that knows tumor or not.

The network stays as it is, to the last bit: its verdict, threshold and proof know nothing of types.
The head is a matrix on pooled features, so what speaks for a type is a sum over the parts of the
scan, and the map of each type comes for nothing (Zhou et al. 2016, Learning Deep Features for
Discriminative Localization). In a network with a map of evidence the features are pooled twice:
where the evidence is, and everywhere.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from train.array_archive import read_arrays
from train.errors import TrainError
from train.networks.backbones import FEATURES
from train.networks.compact import EVIDENCE

TYPES = "types"
"""Name of the output: float32 [N, rows, columns, types]."""
_OF_EVIDENCE = ("join", "weigh_relu")
_FLAT = "flatten"


@dataclass(frozen=True, eq=False)
class TypeHead:
    """The matrix."""

    kernel: np.ndarray
    """float32 [features, types]."""
    bias: np.ndarray
    """float32 [types]."""

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Logits of the types, float64 [N, types], of pooled features, float [N, features]."""
        return features.astype(np.float64) @ self.kernel + self.bias

    def save(self, file: Path) -> None:
        """Write it as .npz."""
        with open(file, "wb") as stream:
            np.savez(stream, kernel=self.kernel, bias=self.bias)

    @classmethod
    def read(cls, file: Path) -> "TypeHead":
        """What `save` wrote.

        Raises:
            TrainError: the file is missing or damaged.
        """
        try:
            arrays = read_arrays(file)
            kernel, bias = arrays["kernel"], arrays["bias"]
            fits = kernel.ndim == 2 and bias.shape == kernel.shape[1:]
            if not fits or not np.isfinite(kernel).all() or not np.isfinite(bias).all():
                raise ValueError("its arrays do not fit")
        except (OSError, ValueError, KeyError) as error:
            raise TrainError(f"{file}: is damaged ({error!s:.300}); train again") from error
        return cls(kernel.astype(np.float32), bias.astype(np.float32))


def pooled_features(model: keras.Model) -> keras.Model:
    """uint8 [N, height, width, channels] -> float [N, features], which a head is fitted on.

    Raises:
        TrainError: the network has no features that a head can be put on.
    """
    kind, tensors = _sources(model)
    if kind == _FLAT:
        (pooled,) = tensors
    elif kind == FEATURES:
        pooled = layers.GlobalAveragePooling2D(name="pooled")(tensors[0])
    else:
        pooled = _PooledByEvidence(name="pooled")(tensors)
    return keras.Model(model.input, pooled, name="features")


def type_output(model: keras.Model, head: TypeHead) -> keras.KerasTensor:
    """The output `types` of the network with a head: [N, rows, columns, types], float32.

    Its sums over rows and columns are `head.logits(pooled_features(model))`.

    Raises:
        TrainError: as `pooled_features`.
    """
    kind, tensors = _sources(model)
    layer = {_FLAT: _OfFlat, FEATURES: _OfCells, EVIDENCE: _OfEvidence}[kind]
    return layer(head, name=TYPES, dtype="float32")(tensors)


def _sources(model: keras.Model) -> tuple[str, list[keras.KerasTensor]]:
    names = {layer.name for layer in model.layers}
    if {EVIDENCE, *_OF_EVIDENCE} <= names:
        found = [model.get_layer(name).output for name in (*_OF_EVIDENCE, EVIDENCE)]
        return EVIDENCE, found
    if FEATURES in names:
        return FEATURES, [model.get_layer(FEATURES).input]
    if _FLAT in names:
        return _FLAT, [model.get_layer(_FLAT).output]
    raise TrainError(f"{model.name}: has no features that types of tumor can be told by")


class _PooledByEvidence(layers.Layer):
    """Of each tensor but the last, which is the evidence: the mean where that is, and the mean."""

    def call(self, tensors):
        *features, evidence = tensors
        shares, found = _shares(evidence), []
        for one in features:
            cells = _cells(one)
            found += [ops.sum(cells * shares, axis=1), ops.mean(cells, axis=1)]
        return ops.concatenate(found, axis=-1)


class _Map(layers.Layer):
    def __init__(self, head: TypeHead, **kwargs):
        super().__init__(**kwargs)
        self._head = head

    def _weights(self, start: int, count: int):
        return ops.convert_to_tensor(self._head.kernel[start : start + count], "float32")

    def _shaped(self, values, rows: int, columns: int):
        return ops.reshape(values, (-1, rows, columns, len(self._head.bias)))

    def _bias(self, cells: int):
        return ops.convert_to_tensor(self._head.bias / cells, "float32")


class _OfFlat(_Map):
    def call(self, tensors):
        (flat,) = tensors
        found = ops.matmul(flat, self._weights(0, flat.shape[-1])) + self._bias(1)
        return self._shaped(found, 1, 1)


class _OfCells(_Map):
    def call(self, tensors):
        (features,) = tensors
        _, rows, columns, channels = features.shape
        count = rows * columns
        # The pooling gives each cell the share 1 / count.
        found = ops.matmul(_cells(features), self._weights(0, channels) / count)
        return self._shaped(found + self._bias(count), rows, columns)


class _OfEvidence(_Map):
    def call(self, tensors):
        *features, evidence = tensors
        _, rows, columns, _ = evidence.shape
        count, shares, start = rows * columns, _shares(evidence), 0
        found = self._bias(count)
        for one in features:
            cells, channels = _cells(one), one.shape[-1]
            found = found + ops.matmul(cells, self._weights(start, channels)) * shares
            everywhere = self._weights(start + channels, channels) / count
            found = found + ops.matmul(cells, everywhere)
            start += 2 * channels
        return self._shaped(found, rows, columns)


def _cells(tensor):
    _, rows, columns, channels = tensor.shape
    return ops.cast(ops.reshape(tensor, (-1, rows * columns, channels)), "float32")


def _shares(evidence):
    """Of each cell, so that they add up to 1: float [N, cells, 1]."""
    _, rows, columns, _ = evidence.shape
    flat = ops.softmax(ops.reshape(evidence, (-1, rows * columns)), axis=-1)
    return ops.expand_dims(flat, -1)
