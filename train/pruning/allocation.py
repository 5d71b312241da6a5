"""How many channels each group keeps within a budget, by what their loss costs."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from train.errors import TrainError
from train.networks.cost import multiply_adds_of
from train.pruning.channel_groups import Channels, Group, is_mixing
from train.pruning.elimination import Elimination

STEP = 16
"""Channels that go together: engines compute so many at once, so a 17th costs as much as 32 (the
int8 kernels of XNNPACK for AVX-512 VNNI and for ARM's dot product, of oneDNN)."""
_STEPS = 8
"""Of a small group, into so many parts: a step may be fewer channels, to leave it a choice."""


@dataclass(frozen=True)
class Budget:
    """What the network may cost, as shares of what it costs."""

    multiply_adds: float
    size: float
    """Of the file that int8 gives: where a network has a heat map, its dense layers stay in
    float32 there (`export.quantize.float_layers`), and a weight is four bytes."""


class Costs:
    """What a network costs by how many channels of each group are gone."""

    def __init__(self, model: keras.Model, channels: Channels):
        names = list(channels.inputs)
        sides = [channels.inputs, channels.outputs]
        members = [set(group.numbers.tolist()) for group in channels.groups]
        sets = [[set(side[name].tolist()) for name in names] for side in sides]
        self._count = [np.array([len(own) for own in side], float) for side in sets]
        # A layer has all channels of a group or none.
        self._has = [
            np.array([[bool(own & group) for group in members] for own in side], float)
            for side in sets
        ]
        found = [model.get_layer(name) for name in names]
        whole = np.array([[multiply_adds_of(one), _size(one)] for one in found], float)
        # A layer that treats each channel by itself costs as much as it has channels.
        mixes = np.array([is_mixing(one) for one in found])
        self._count[0] = np.where(mixes, self._count[0], 1.0)
        self._has[0] = self._has[0] * mixes[:, None]
        self._each = whole / (self._count[0] * self._count[1])[:, None]

    def __call__(self, gone: np.ndarray) -> np.ndarray:
        """Multiply-adds and bytes, with [groups] numbers of channels gone."""
        inputs, outputs = (
            count - has @ gone for count, has in zip(self._count, self._has, strict=True)
        )
        return (inputs * outputs) @ self._each


def _size(layer: layers.Layer) -> int:
    return layer.count_params() * (4 if isinstance(layer, layers.Dense) else 1)


def allocate(
    model: keras.Model,
    channels: Channels,
    eliminations: Sequence[Elimination],
    budget: Budget,
) -> list[int]:
    """How many channels each group keeps.

    Again and again those channels go whose loss is the least for what they save, until the network
    fits the budget.

    Raises:
        TrainError: it never does.
    """
    costs, size = Costs(model, channels), np.array([group.size for group in channels.groups])
    gone = np.zeros(len(size), int)
    whole = costs(gone)
    wanted = whole * (budget.multiply_adds, budget.size)
    while (over := (cost := costs(gone)) > wanted).any():
        best, chosen = np.inf, None
        for i, found in enumerate(eliminations):
            then = gone.copy()
            left = size[i] - gone[i]
            step = min(STEP, max(1, size[i] // _STEPS))
            then[i] += left - (left - 1) // step * step
            if then[i] > size[i] - step:
                continue
            saved = ((cost - costs(then)) / whole)[over].sum()
            price = found.loss[then[i]] - found.loss[gone[i]]
            if saved > 0 and price / saved < best:
                best, chosen = price / saved, then
        if chosen is None:
            raise TrainError(
                f"{model.name}: cannot be pruned to {budget.multiply_adds:g} of its multiply-adds "
                f"and {budget.size:g} of its size; at least "
                f"{max(cost / whole):.2g} of them stay. Give a larger --prune-to"
            )
        gone = chosen
    return (size - gone).tolist()


def removed_channels(
    groups: Sequence[Group], eliminations: Sequence[Elimination], kept: Sequence[int]
) -> np.ndarray:
    """Numbers of the channels that go, int64."""
    return np.concatenate(
        [
            group.numbers[found.order[: group.size - count]]
            for group, found, count in zip(groups, eliminations, kept, strict=True)
        ]
    )
