"""What a network costs: parameters and multiply-adds."""

import math
from dataclasses import dataclass

import keras
from keras import layers


@dataclass(frozen=True)
class Cost:
    """Of one network."""

    trained_parameters: int
    frozen_parameters: int
    multiply_adds: int
    """For one scan: of convolutions and dense layers, as the literature counts; bias,
    normalization, activation and pooling are left out."""


def cost(model: keras.Model) -> Cost:
    """Count a flat functional model."""
    trained = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return Cost(
        trained_parameters=trained,
        frozen_parameters=model.count_params() - trained,
        multiply_adds=sum(map(multiply_adds_of, model.layers)),
    )


def multiply_adds_of(layer: layers.Layer) -> int:
    """Of one layer, for one scan."""
    # One weight is used once for each place of the output; a dense layer has one place.
    if isinstance(layer, layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, layers.SeparableConv2D):
        places = math.prod(layer.output.shape[1:3])
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
        return places * sum(math.prod(kernel.shape) for kernel in kernels)
    if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
        return math.prod(layer.output.shape[1:3]) * math.prod(layer.kernel.shape)
    return 0
