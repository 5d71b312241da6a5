"""Keras layers for the operators of ONNX that image classifiers are made of.

Each function takes a `Node` and its tensors and gives the layer's output. What it does not know for
certain it refuses: a network that is nearly the same is worse than none.
"""

from collections.abc import Callable

import numpy as np
from keras import layers

from export.onnx_to_keras.node import Node
from export.onnx_to_keras.operators_without_weights import (
    arithmetic,
    concatenation,
    padding,
    part,
    reshape,
    same,
    transpose,
)
from export.onnx_to_keras.tensors import CHANNELS_LAST, RebuildError, Tensor


def convolution(node: Node) -> Tensor:
    """ONNX's Conv over two axes; groups are taken where Keras has them."""
    x, kernel, bias = node.tensor.channels_last(), node.needed(1), node.constant(2)
    if kernel.ndim != 4:
        raise RebuildError("a convolution that is not over two axes")
    filters, depth, *size = kernel.shape
    groups = node.attributes.get("group", 1)
    strides, dilation = _pair(node, "strides"), _pair(node, "dilations")
    value, padding = _padded(node, x, size, strides, dilation)
    options = {
        "padding": padding,
        "dilation_rate": dilation,
        "use_bias": bias is not None,
        "name": node.name,
    }
    if groups > 1 and depth == 1 and filters % groups == 0:
        if len(set(strides)) > 1:
            raise RebuildError("a depthwise convolution with different strides by axis")
        layer = layers.DepthwiseConv2D(size, strides, depth_multiplier=filters // groups, **options)
        # ONNX [channels * multiplier, 1, h, w]; Keras [h, w, channels, multiplier].
        weights = kernel.reshape(groups, filters // groups, *size).transpose(2, 3, 0, 1)
    else:
        layer = layers.Conv2D(filters, size, strides, groups=groups, **options)
        weights = kernel.transpose(2, 3, 1, 0)
    found = layer(value)
    layer.set_weights([weights] if bias is None else [weights, bias])
    return Tensor(found, CHANNELS_LAST)


def dense(node: Node) -> Tensor:
    """Gemm and MatMul of a row a scan with a constant matrix."""
    x, kernel, bias = node.tensor, node.needed(1), node.constant(2)
    read = node.attributes.get
    if node.kind == "Gemm" and (read("transA", 0), read("alpha", 1.0)) != (0, 1.0):
        raise RebuildError("a matrix product that is scaled or transposed")
    if bias is not None:
        bias = np.broadcast_to(bias * read("beta", 1.0), (1, node.shape[-1]))[0]
    kernel = kernel.T if read("transB", 0) else kernel
    if kernel.ndim != 2 or x.rank != 2:
        raise RebuildError(f"a matrix product of {x.rank} and {kernel.ndim} axes instead of 2")
    layer = layers.Dense(kernel.shape[1], use_bias=bias is not None, name=node.name)
    found = layer(x.plain())
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return Tensor(found, (0, 1))


def batch_normalization(node: Node) -> Tensor:
    """BatchNormalization with constant means and variances, over channels."""
    x = node.tensor
    if x.rank == 4 and not x.flat:
        x = x.channels_last()
    gamma, beta, mean, variance = (node.needed(at) for at in (1, 2, 3, 4))
    epsilon = node.attributes.get("epsilon", 1e-5)
    layer = layers.BatchNormalization(epsilon=epsilon, name=node.name)
    found = layer(x.value)
    layer.set_weights([gamma, beta, mean, variance])
    return x.like(found)


def pooling(node: Node) -> Tensor:
    """MaxPool and AveragePool over two axes, without dilations."""
    x, size = node.tensor.channels_last(), node.attributes["kernel_shape"]
    strides = _pair(node, "strides")
    if set(_pair(node, "dilations")) != {1}:
        raise RebuildError("a pooling with gaps (dilations)")
    largest = node.kind == "MaxPool"
    if not largest and node.attributes.get("count_include_pad", 0) and any(_pads(node)):
        padded = layers.ZeroPadding2D(_sides(_pads(node)))(x.value)
        value, padding = padded, "valid"
    else:
        value, padding = _padded(node, x, size, strides, (1, 1), zeros=largest and x.positive)
    kind = layers.MaxPooling2D if largest else layers.AveragePooling2D
    found = kind(size, strides, padding, name=node.name)(value)
    return Tensor(found, CHANNELS_LAST, positive=x.positive)


def global_pooling(node: Node) -> Tensor:
    """GlobalAveragePool, GlobalMaxPool, and ReduceMean over rows and columns."""
    x = node.tensor
    keep = node.kind.startswith("Global") or node.attributes.get("keepdims", 1)
    axes = node.attributes.get("axes")
    if axes is None:
        given = node.constant(1)
        axes = range(2, x.rank) if node.kind.startswith("Global") else given
    if axes is None or x.rank != 4:
        raise RebuildError("a mean that is not over a picture")
    axes = sorted(int(axis) % x.rank for axis in axes)
    (channel,) = set(range(1, 4)) - set(axes) if len(axes) == 2 else (None,)
    if channel is None:
        raise RebuildError("a mean that is not over rows and columns")
    order = (0, *axes, channel)
    kind = layers.GlobalMaxPooling2D if "Max" in node.kind else layers.GlobalAveragePooling2D
    found = kind(name=node.name)(x.ordered(order))
    return Tensor(found, order, True, x.positive) if keep else Tensor(found, (0, 1))


def activation(make: Callable[[Node], layers.Layer], positive: bool = False):
    """A layer that takes each value by itself."""

    def apply(node: Node) -> Tensor:
        return node.tensor.like(make(node)(node.tensor.value), positive)

    return apply


def clip(node: Node) -> Tensor:
    """Clip from 0 on: a ReLU, with an upper end or without."""
    low, high = (node.attributes.get(name) for name in ("min", "max"))
    low = node.constant(1) if low is None else low
    high = node.constant(2) if high is None else high
    if low is None or float(low) != 0:
        raise RebuildError("a clip that does not begin at 0")
    high = None if high is None or float(high) > 1e30 else float(high)
    return node.tensor.like(layers.ReLU(high, name=node.name)(node.tensor.value), True)


def hard_sigmoid(node: Node) -> Tensor:
    """HardSigmoid of a slope of 1/6 and an offset of 0.5, as Keras has it."""
    slope, offset = (
        node.attributes.get(name, own) for name, own in (("alpha", 0.2), ("beta", 0.5))
    )
    if abs(slope - 1 / 6) > 1e-4 or offset != 0.5:
        raise RebuildError("a hard sigmoid with another slope than Keras has")
    return node.tensor.like(
        layers.Activation("hard_sigmoid", name=node.name)(node.tensor.value), True
    )


def leaky_by_channel(node: Node) -> Tensor:
    """PRelu with one slope, or one a channel."""
    x, slopes = node.tensor, node.needed(1)
    if x.rank == 4:
        x = x.channels_last()
    if slopes.size not in (1, x.channels):
        raise RebuildError("a PReLU with more than one slope a channel")
    layer = layers.PReLU(shared_axes=list(range(1, x.rank - 1)), name=node.name)
    found = layer(x.value)
    layer.set_weights([np.broadcast_to(slopes.ravel(), x.channels).reshape(layer.alpha.shape)])
    return x.like(found)


def _pair(node: Node, name: str) -> tuple[int, int]:
    found = tuple(node.attributes.get(name, (1, 1)))
    if len(found) != 2:
        raise RebuildError(f"{name} of {len(found)} axes")
    return found


def _pads(node: Node) -> list[int]:
    """Rows above, columns left, rows below, columns right."""
    return list(node.attributes.get("pads", (0, 0, 0, 0)))


def _sides(pads: list[int]) -> tuple[tuple[int, int], tuple[int, int]]:
    return (pads[0], pads[2]), (pads[1], pads[3])


def _padded(node: Node, x: Tensor, size, strides, dilation, zeros: bool | None = None):
    """The tensor as a layer takes it, and the layer's `padding`.

    Args:
        zeros: whether zeros may stand around it; None: they always may, as in a convolution.
    """
    auto = node.attributes.get("auto_pad", b"NOTSET")
    if auto in (b"VALID", b"SAME_UPPER"):
        return x.value, "valid" if auto == b"VALID" else "same"
    if auto != b"NOTSET":
        raise RebuildError(f"auto_pad {auto.decode()}")
    sides = _sides(_pads(node))
    places = node.shape[2:]
    reached = [
        (places[i] - 1) * strides[i] + (size[i] - 1) * dilation[i] + 1 - sum(sides[i])
        for i in (0, 1)
    ]
    beyond = [max(0, reached[i] - x.value.shape[1 + i]) for i in (0, 1)]
    if any(beyond) and zeros is not True:
        raise RebuildError("a pooling that rounds up (ceil_mode)")
    sides = tuple((sides[i][0], sides[i][1] + beyond[i]) for i in (0, 1))
    if not any(map(any, sides)):
        return x.value, "valid"
    own = []
    for i in (0, 1):  # TensorFlow's "same" puts the odd one behind
        inside = x.value.shape[1 + i]
        steps = -(-inside // strides[i])
        total = max(0, (steps - 1) * strides[i] + (size[i] - 1) * dilation[i] + 1 - inside)
        own.append((total // 2, total - total // 2))
    if tuple(own) == sides:
        return x.value, "same"
    if zeros is False:
        raise RebuildError("a pooling with a border that Keras does not have")
    if zeros is None and node.kind == "AveragePool":
        raise RebuildError("a mean with a border that Keras does not have")
    return layers.ZeroPadding2D(sides)(x.value), "valid"


def gelu(node: Node) -> Tensor:
    """Gelu by the error function."""
    if node.attributes.get("approximate", b"none") != b"none":
        raise RebuildError("a GELU by tanh, which is another function")
    return node.tensor.like(layers.Activation("gelu", name=node.name)(node.tensor.value))


LAYERS: dict[str, Callable[[Node], Tensor]] = {
    "Conv": convolution,
    "Gemm": dense,
    "MatMul": dense,
    "BatchNormalization": batch_normalization,
    "MaxPool": pooling,
    "AveragePool": pooling,
    "GlobalAveragePool": global_pooling,
    "GlobalMaxPool": global_pooling,
    "ReduceMean": global_pooling,
    "ReduceMax": global_pooling,
    "Relu": activation(lambda node: layers.Activation("relu", name=node.name), True),
    "LeakyRelu": activation(
        lambda node: layers.LeakyReLU(node.attributes.get("alpha", 0.01), name=node.name)
    ),
    "Elu": activation(lambda node: layers.ELU(node.attributes.get("alpha", 1.0), name=node.name)),
    "Selu": activation(lambda node: layers.Activation("selu", name=node.name)),
    "Sigmoid": activation(lambda node: layers.Activation("sigmoid", name=node.name), True),
    "Tanh": activation(lambda node: layers.Activation("tanh", name=node.name)),
    "Softplus": activation(lambda node: layers.Activation("softplus", name=node.name), True),
    "HardSwish": activation(lambda node: layers.Activation("hard_swish", name=node.name)),
    "HardSigmoid": hard_sigmoid,
    "Gelu": gelu,
    "PRelu": leaky_by_channel,
    "Clip": clip,
    "Reshape": reshape,
    "Flatten": reshape,
    "Squeeze": reshape,
    "Unsqueeze": reshape,
    "Transpose": transpose,
    "Concat": concatenation,
    "Pad": padding,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div"), arithmetic),
    "Slice": part,
    "Gather": part,
    **dict.fromkeys(("Identity", "Dropout", "Cast"), same),
}
"""What can be rebuilt, by the operator's name."""
