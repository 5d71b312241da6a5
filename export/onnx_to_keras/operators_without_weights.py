"""ONNX operators without weights that move or join values: shapes, parts, sums and products.

As in `export.onnx_to_keras.operators_with_weights`, what is not known for certain is refused.
"""

import numpy as np
from keras import layers

from export.onnx_to_keras.node import Node, tensor_of
from export.onnx_to_keras.tensors import RebuildError, Tensor
from train.networks.backbones import ReverseChannels


def reshape(node: Node) -> Tensor:
    """Reshape, Flatten, Squeeze and Unsqueeze, within each scan."""
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
    """Transpose, but for the axis of scans: nothing moves, the order of axes is told anew."""
    x = node.tensor
    axes = node.attributes.get("perm") or tuple(reversed(range(x.rank)))
    if axes[0] != 0:
        raise RebuildError("a change of axes that mixes scans")
    return x._replace(order=tuple(list(axes).index(axis) for axis in x.order))


def concatenation(node: Node) -> Tensor:
    """Concat, but for the axis of scans."""
    first = node.tensor
    others = [tensor_of(one) for one in node.inputs]
    axis = node.attributes["axis"] % first.rank
    if axis == 0:
        raise RebuildError("a concatenation of scans")
    values = [one.ordered(first.order) for one in others]
    found = layers.Concatenate(first.order.index(axis), name=node.name)(values)
    return Tensor(found, first.order, positive=all(one.positive for one in others))


def padding(node: Node) -> Tensor:
    """Pad of rows and columns with zeros."""
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
    x, constant = (tensor_of(right), left) if turned else (left, right)
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
    """What changes nothing, as Identity and Dropout."""
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
