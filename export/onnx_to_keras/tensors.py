"""A tensor of an ONNX graph as Keras has it: channels last, whatever the graph's order of axes.

Turning axes costs nothing then: it is noted, and done only where something depends on the order.
"""

from typing import NamedTuple

import keras
from keras import layers

NHWC = (0, 1, 2, 3)
CHANNELS_LAST = (0, 2, 3, 1)
"""Which of the axes of a tensor [N, C, H, W] stands where in [N, H, W, C]."""


class RebuildError(Exception):
    """A graph that cannot be rebuilt of Keras layers, and why."""


class Tensor(NamedTuple):
    """A tensor [N, ...] of the ONNX graph."""

    value: keras.KerasTensor
    order: tuple[int, ...]
    """The ONNX axis that each Keras axis is."""
    flat: bool = False
    """Whether Keras has [N, C] of what is [N, C, 1, 1] or [N, 1, 1, C] in ONNX."""
    positive: bool = False
    """Whether no value is below 0."""

    @property
    def rank(self) -> int:
        """Of the tensor in ONNX."""
        return len(self.order)

    @property
    def channels(self) -> int:
        """Size of the last axis in Keras."""
        return self.value.shape[-1]

    def ordered(self, order: tuple[int, ...]) -> keras.KerasTensor:
        """The tensor with its axes in another order, at full rank."""
        value = self.value
        if self.flat:
            # Where the channels stand among two axes of size 1.
            at = order.index(self.order[-1])
            sizes = [1] * (len(order) - 1)
            sizes[at - 1] = self.channels
            return layers.Reshape(sizes)(value)
        if self.order == order:
            return value
        return layers.Permute([self.order.index(axis) for axis in order[1:]])(value)

    def channels_last(self) -> "Tensor":
        """With the ONNX axis 1 last: what a convolution needs."""
        if self.rank != 4:
            raise RebuildError(f"a convolution or pooling takes {self.rank} axes instead of 4")
        return Tensor(self.ordered(CHANNELS_LAST), CHANNELS_LAST, positive=self.positive)

    def plain(self) -> keras.KerasTensor:
        """In the order of ONNX."""
        return self.ordered(tuple(range(self.rank)))

    def like(self, value: keras.KerasTensor, positive: bool = False) -> "Tensor":
        """Another value in this order."""
        return Tensor(value, self.order, self.flat, positive)
