"""What a convolution or dense layer multiplies with its weights: rows of inputs at some places."""

from dataclasses import dataclass

import numpy as np
from keras import layers


@dataclass(frozen=True)
class Rows:
    """How a layer's input becomes rows, and its weights a matrix."""

    layer: layers.Layer

    @property
    def source(self):
        """The tensor that rows are taken from.

        Of a dense layer behind global average pooling that is what is pooled: pooling and weights
        are both linear, so they may change places, and there is a row for each place, not one for
        each scan, which would be too few to tell the weights of 512 channels by.
        """
        before = self.layer.input._keras_history.operation
        if isinstance(self.layer, layers.Dense) and isinstance(
            before, layers.GlobalAveragePooling2D
        ):
            return before.input
        return self.layer.input

    @property
    def per_channel(self) -> int:
        """Rows of the matrix that one input channel has."""
        if isinstance(self.layer, layers.Dense):
            return 1
        if isinstance(self.layer, layers.SeparableConv2D):
            return self.layer.depth_multiplier
        return int(np.prod(self.layer.kernel_size))

    def members(self, channels: np.ndarray) -> np.ndarray:
        """Rows of the matrix that belong to input channels, [n, k] -> [n, k * per_channel]."""
        if isinstance(self.layer, layers.SeparableConv2D):
            made = channels[..., None] * self.per_channel + np.arange(self.per_channel)
        else:
            width = self.layer.input.shape[-1]
            made = channels[..., None] + width * np.arange(self.per_channel)
        return made.reshape(len(channels), -1)

    def of(self, features: np.ndarray, places: np.ndarray | None) -> np.ndarray:
        """Rows, float32 [M, D], of features as the layer takes them, [N, ...].

        Args:
            places: int64 [N, places], of the flat output; None for a dense layer, which has one.
        """
        if places is None:
            return features.reshape(-1, features.shape[-1])
        layer, scans = self.layer, np.arange(len(features))[:, None]
        if isinstance(layer, layers.Dense):
            flat = features.reshape(len(features), -1, features.shape[-1])
            return flat[scans, places].reshape(-1, features.shape[-1])
        sides = [_axis(layer, axis, features.shape[1 + axis]) for axis in (0, 1)]
        padding = [(0, 0), *(side[0] for side in sides), (0, 0)]
        padded = np.pad(features, padding)
        tops, lefts = np.divmod(places, layer.output.shape[2])
        kernel, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
        taps = [
            padded[scans, tops * strides[0] + i * dilation[0], lefts * strides[1] + j * dilation[1]]
            for i in range(kernel[0])
            for j in range(kernel[1])
        ]
        if isinstance(layer, layers.SeparableConv2D):
            depthwise = layer.get_weights()[0].reshape(len(taps), features.shape[-1], -1)
            rows = sum(tap[..., None] * own for tap, own in zip(taps, depthwise, strict=True))
            return rows.reshape(-1, rows.shape[-2] * rows.shape[-1])
        return np.stack(taps, axis=-2).reshape(-1, len(taps) * features.shape[-1])

    @property
    def places(self) -> int:
        """Places at which the weights are used; 1 for a dense layer that nothing pools for."""
        tensor = self.source if isinstance(self.layer, layers.Dense) else self.layer.output
        shape = tensor.shape[1:-1]
        return int(np.prod(shape)) if shape else 1

    def matrix(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The weights, float32 [D, outputs], and the bias."""
        weights = self.layer.get_weights()
        bias = weights[-1] if self.layer.use_bias else None
        kernel = weights[1] if isinstance(self.layer, layers.SeparableConv2D) else weights[0]
        return kernel.reshape(-1, kernel.shape[-1]), bias

    def set_matrix(self, matrix: np.ndarray, bias: np.ndarray | None) -> None:
        """Put weights and bias back."""
        weights = self.layer.get_weights()
        place = 1 if isinstance(self.layer, layers.SeparableConv2D) else 0
        weights[place] = matrix.reshape(weights[place].shape).astype(np.float32)
        if bias is not None:
            weights[-1] = bias.astype(np.float32)
        self.layer.set_weights(weights)


def _axis(layer: layers.Layer, axis: int, size: int) -> tuple[tuple[int, int], int]:
    """Zeros before and after along one side, as Keras pads, and the outputs there are."""
    reach = (layer.kernel_size[axis] - 1) * layer.dilation_rate[axis] + 1
    stride = layer.strides[axis]
    if layer.padding == "valid":
        return (0, 0), (size - reach) // stride + 1
    outputs = -(-size // stride)
    missing = max((outputs - 1) * stride + reach - size, 0)
    return (missing // 2, missing - missing // 2), outputs


def choose_places(places: int, wanted: int, scans: int, random: np.random.Generator):
    """Places of the output for each scan, int64 [scans, at most wanted], without repetition."""
    if places <= wanted:
        return np.tile(np.arange(places), (scans, 1))
    return np.stack([random.choice(places, wanted, replace=False) for _ in range(scans)])
