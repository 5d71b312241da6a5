"""A network without some of its channels: the same graph and names, smaller layers."""

import keras
import numpy as np
from keras import layers

from train.pruning.channel_groups import Channels, is_mixing


def without_channels(model: keras.Model, channels: Channels, removed: np.ndarray) -> keras.Model:
    """A copy of `model` with what is left of its weights.

    Args:
        channels: of the model.
        removed: numbers of channels, int64.
    """
    left = {
        name: tuple(
            np.flatnonzero(~np.isin(numbers[name], removed))
            for numbers in (channels.inputs, channels.outputs)
        )
        for name in channels.inputs
    }
    pairs = []

    def copy(layer):
        config = layer.get_config()
        if is_mixing(layer):
            size = "units" if isinstance(layer, layers.Dense) else "filters"
            config[size] = len(left[layer.name][1])
        pairs.append((layer, type(layer).from_config(config)))
        return pairs[-1][1]

    result = keras.models.clone_model(model, clone_function=copy)
    for old, new in pairs:
        if old.weights:
            new.set_weights(_sliced(old, *left[old.name]))
    return result


def _sliced(layer: layers.Layer, inputs: np.ndarray, outputs: np.ndarray) -> list[np.ndarray]:
    weights = layer.get_weights()
    if isinstance(layer, layers.SeparableConv2D):
        depthwise, pointwise, *bias = weights
        multiplier = layer.depth_multiplier
        wide = (inputs[:, None] * multiplier + np.arange(multiplier)).ravel()
        pointwise = pointwise[:, :, wide][..., outputs]
        return [depthwise[:, :, inputs], pointwise, *(row[outputs] for row in bias)]
    if isinstance(layer, layers.DepthwiseConv2D):
        kernel, *bias = weights
        return [kernel[:, :, inputs], *(row[outputs] for row in bias)]
    if is_mixing(layer):
        kernel, *bias = weights
        return [kernel[..., inputs, :][..., outputs], *(row[outputs] for row in bias)]
    # A value a channel, as batch normalization has, or none for channels at all.
    channels = layer.output.shape[-1]
    return [row[outputs] if row.shape == (channels,) else row for row in weights]
