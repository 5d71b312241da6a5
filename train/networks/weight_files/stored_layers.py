"""What a file of weights holds, whatever its kind: layers with their arrays, perhaps a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

MOST_BYTES = 8 << 30
"""Of all arrays of a file that are read."""


TOLERANCE = 1e-3
"""Of answers, of the largest: two engines add in other orders, through 50 layers."""
TOLERANCE_HALF = 3e-2
"""The same where one computes in float16."""


@dataclass(frozen=True)
class StoredLayer:
    """A layer that has weights."""

    key: str
    """Names it within its file."""
    name: str
    """As its maker called it, or what the file has in place of that."""
    arrays: tuple[Any, ...]
    """In Keras' order and layout; with `shape` and `dtype`, and read when they are asked for."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the arrays."""
        return tuple(tuple(array.shape) for array in self.arrays)

    def read(self) -> list[np.ndarray]:
        """The arrays, float32.

        Raises:
            ValueError: they are no numbers with a point, too large, or damaged.
        """
        for array in self.arrays:
            if np.dtype(array.dtype).kind != "f":
                raise ValueError(f"{self.name} is {array.dtype}, and must be float")
        if sum(4 * int(np.prod(shape, dtype=float)) for shape in self.shapes) > MOST_BYTES:
            raise ValueError(f"{self.name} is larger than {MOST_BYTES} bytes")
        try:
            return [np.asarray(array[...], np.float32) for array in self.arrays]
        except (OSError, RuntimeError, KeyError) as error:
            raise ValueError(f"is damaged: {self.name} cannot be read ({error!s:.100})") from error


class Graph(Protocol):
    """A network that can be run from its first layer with weights on."""

    @property
    def tolerance(self) -> float:
        """How far its answers may be from a backbone's with the same weights, of the largest."""

    def outputs(self, pictures: np.ndarray, first: str, wanted: Sequence[str]) -> list[np.ndarray]:
        """What layers answer, [N, height, width, channels] each.

        Args:
            pictures: what is given to the layer with the key `first`, [N, height, width, channels].
            wanted: keys of the layers.

        Raises:
            NotRun: the graph cannot be run.
        """

    def colours(self, pixels: np.ndarray, first: str) -> np.ndarray:
        """What the layer with the key `first` is given of plain colours.

        Args:
            pixels: 0 to 255, [N, 3], red first.

        Raises:
            NotRun: the graph cannot be run.
        """


class NotRun(Exception):
    """A graph that is not run; says why."""


@dataclass(frozen=True)
class StoredWeights:
    """A file of weights, open."""

    groups: tuple[tuple[StoredLayer, ...], ...]
    """Layers that may be a backbone's, in their order; a model in a model is a group of its own."""
    graph: Graph | None = None
    """None: the file holds none."""
