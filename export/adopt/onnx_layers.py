"""Keras layers for the operators of ONNX that image classifiers are made of.

Each function takes a `Node` and its tensors and gives the layer's output. What it does not know for
certain it refuses: a network that is nearly the same is worse than none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import layers

from export.adopt.onnx_tensors import CHANNELS_LAST, RebuildError, Tensor
from train.networks.backbones import ReverseChannels


class Node(NamedTuple):
    """An operator of the graph."""

    kind: str
    inputs: tuple[Tensor | np.ndarray | None, ...]
    """Tensors and constants; None: left out."""
    attributes: dict[str, Any]
    name: str
    """For its layer."""
    shape: tuple[int, ...]
    """Of its first output, for one scan."""

    @property
    def tensor(self) -> Tensor:
        """The first input, which must be a tensor."""
        return _tensor(self.inputs[0])

    def constant(self, at: int) -> np.ndarray | None:
        """An input that must be a constant; None if it is left out."""
        found = self.inputs[at] if at < len(self.inputs) else None
        if isinstance(found, Tensor):
            raise RebuildError("weights or sizes that depend on the scan")
        return found

    def needed(self, at: int) -> np.ndarray:
        """As `constant`, of an input that must be there."""
        found = self.constant(at)
        if found is None:
            raise RebuildError("an input is missing")
        return found


def convolution(node: Node) -> Tensor:
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
    low, high = (node.attributes.get(name) for name in ("min", "max"))
    low = node.constant(1) if low is None else low
    high = node.constant(2) if high is None else high
    if low is None or float(low) != 0:
        raise RebuildError("a clip that does not begin at 0")
    high = None if high is None or float(high) > 1e30 else float(high)
    return node.tensor.like(layers.ReLU(high, name=node.name)(node.tensor.value), True)


def reshape(node: Node) -> Tensor:
    x, sizes = node.tensor, tuple(node.shape[1:])
    if node.shape[0] != 1:
        raise RebuildError("a change of shape that mixes scans")
    if len(sizes) == 1 and (x.flat or x.rank == 2):
        return Tensor(x.value, (0, 1), positive=x.positive)
    if len(sizes) == 1 and x.value.shape[1:-1] == (1,) * (x.rank - 2):
        # One cell: the order does not matter.
        return Tensor(layers.Flatten(name=node.name)(x.value), (0, 1), positive=x.positive)
    if len(sizes) == 3 and x.rank == 2 and sum(size > 1 for size in sizes) <= 1:
        at = 1 + max(range(3), key=lambda i: sizes[i])
        order = (0, *(axis for axis in (1, 2, 3) if axis != at), at)
        return Tensor(x.value, order, True, x.positive)
    value = x.plain()
    layer = layers.Flatten if len(sizes) == 1 else layers.Reshape
    options = {} if len(sizes) == 1 else {"target_shape": sizes}
    found = layer(name=node.name, **options)(value)
    return Tensor(found, tuple(range(len(node.shape))), positive=x.positive)


def transpose(node: Node) -> Tensor:
    x = node.tensor
    axes = node.attributes.get("perm") or tuple(reversed(range(x.rank)))
    if axes[0] != 0:
        raise RebuildError("a change of axes that mixes scans")
    return x._replace(order=tuple(list(axes).index(axis) for axis in x.order))


def concatenation(node: Node) -> Tensor:
    first = node.tensor
    others = [_tensor(one) for one in node.inputs]
    axis = node.attributes["axis"] % first.rank
    if axis == 0:
        raise RebuildError("a concatenation of scans")
    values = [one.ordered(first.order) for one in others]
    found = layers.Concatenate(first.order.index(axis), name=node.name)(values)
    return Tensor(found, first.order, positive=all(one.positive for one in others))


def padding(node: Node) -> Tensor:
    x = node.tensor
    pads = node.attributes.get("pads")
    pads = [int(n) for n in (node.needed(1) if pads is None else pads)]
    value = node.attributes.get("value", 0) or 0
    if len(node.inputs) > 2 and node.constant(2) is not None:
        value = float(node.needed(2))
    if node.attributes.get("mode", b"constant") != b"constant" or value != 0 or x.rank != 4:
        raise RebuildError("a padding with something else than zeros")
    begin, end = pads[:4], pads[4:]
    rows, columns = x.order[1:3]
    if any(begin[axis] or end[axis] for axis in (x.order[0], x.order[3])):
        raise RebuildError("a padding of channels")
    sides = (begin[rows], end[rows]), (begin[columns], end[columns])
    found = layers.ZeroPadding2D(sides, name=node.name)(x.ordered(x.order))
    return Tensor(found, x.order, positive=x.positive)


def arithmetic(node: Node) -> Tensor:
    """Sums and products, of two tensors or of a tensor and a constant for each channel."""
    left, right = node.inputs
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _of_two(node, left, right)
    turned = not isinstance(left, Tensor)
    x, constant = (_tensor(right), left) if turned else (left, right)
    by_channel = _by_channel(constant, x)
    scale, offset = {
        "Add": (1.0, by_channel),
        "Sub": (-1.0, by_channel) if turned else (1.0, -by_channel),
        "Mul": (by_channel, 0.0),
        "Div": (None, None) if turned else (1 / by_channel, 0.0),
    }[node.kind]
    if scale is None:
        raise RebuildError("a division by what depends on the scan")
    plain = [np.asarray(one, np.float32).tolist() for one in (scale, offset)]
    return x.like(layers.Rescaling(*plain, name=node.name)(x.value))


def part(node: Node) -> Tensor:
    """A part of each picture: some of its channels, rows or columns, or channels reversed."""
    x = node.tensor
    if node.kind == "Gather":
        return _picked(x, node.attributes.get("axis", 0) % x.rank, node.needed(1), node.name)
    starts, ends = (node.needed(at).ravel().tolist() for at in (1, 2))
    axes, steps = (node.constant(at) for at in (3, 4))
    axes = range(len(starts)) if axes is None else axes.ravel().tolist()
    steps = [1] * len(starts) if steps is None else steps.ravel().tolist()
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = x.value.shape[x.order.index(axis % x.rank)]
        if step == 1:
            wanted = np.arange(size or 1)[start:end]
        else:
            wanted = np.arange(size or 1)[slice(start, end if end > -(size or 1) else None, step)]
        x = _picked(x, axis % x.rank, wanted, node.name)
    return x


def _picked(x: Tensor, axis: int, wanted: np.ndarray, name: str) -> Tensor:
    """The tensor with only some places of an axis; of a single number without the axis."""
    if axis == 0 and not (x.value.shape[0] is None and wanted.tolist() == [0]):
        raise RebuildError("a part of the scans")
    if axis == 0:
        return x
    at = x.order.index(axis)
    if x.flat:
        raise RebuildError("a part cut out of a mean")
    size, places = x.value.shape[at], wanted.ravel().tolist()
    if places == list(range(size)):
        return x
    if places == [2, 1, 0] == list(range(size))[::-1] and at == x.rank - 1:
        return x.like(ReverseChannels(name=name)(x.value), x.positive)
    first = places[0] % size
    if places != list(range(first, first + len(places))):
        raise RebuildError("a part cut out of a tensor that is not in one piece")
    index = [slice(None)] * x.rank
    index[at] = slice(first, first + len(places))
    value = x.value[tuple(index)]
    if wanted.ndim:
        return x.like(value, x.positive)
    sizes = [one for place, one in enumerate(value.shape[1:], 1) if place != at]
    order = tuple(one - (one > axis) for one in x.order if one != axis)
    return Tensor(layers.Reshape(sizes)(value), order, positive=x.positive)


def same(node: Node) -> Tensor:
    return node.tensor


def _of_two(node: Node, left: Tensor, right: Tensor) -> Tensor:
    kinds = {"Add": layers.Add, "Mul": layers.Multiply, "Sub": layers.Subtract}
    if node.kind not in kinds or left.rank != right.rank:
        raise RebuildError("a quotient of tensors, or tensors of different rank")
    if left.flat and right.flat:
        order, values = left.order, [left.value, right.value]
    else:
        order = right.order if left.flat else left.order
        values = [left.ordered(order), right.ordered(order)]
    found = kinds[node.kind](name=node.name)(values)
    positive = node.kind != "Sub" and left.positive and right.positive
    return Tensor(found, order, left.flat and right.flat, positive)


def _by_channel(constant: np.ndarray, x: Tensor) -> np.ndarray:
    """One number, or one a channel."""
    if constant.size == 1:
        return constant.reshape(())
    wide = constant.reshape((1,) * (x.rank - constant.ndim) + constant.shape)
    if wide.ndim != x.rank or wide.size != x.channels or wide.shape[x.order[-1]] != x.channels:
        raise RebuildError("a sum or product with a constant that is not one a channel")
    return wide.ravel()


def _tensor(value) -> Tensor:
    if not isinstance(value, Tensor):
        raise RebuildError("an operator on a constant alone")
    return value


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
    pads, sides = _pads(node), _sides(_pads(node))
    places = node.shape[2:]
    reached = [
        (places[i] - 1) * strides[i] + (size[i] - 1) * dilation[i] + 1 - sum(sides[i])
        for i in (0, 1)
    ]
    if any(reached[i] > x.value.shape[1 + i] for i in (0, 1)):
        raise RebuildError("a pooling that rounds up (ceil_mode)")
    if not any(pads):
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
