"""Which layer of a file is which of a backbone: by names where these are Keras', else by order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from train.networks.weight_files.stored_layers import StoredLayer

Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Wanted:
    """A layer of the backbone that has weights."""

    name: str
    shapes: Shapes
    numbered: bool
    """Whether Keras made its name up, with a number that depends on what was built before."""


@dataclass(frozen=True)
class Found:
    """What a file has for a backbone."""

    arrays: dict[str, list[np.ndarray]]
    """Of each of the backbone's layers."""
    keys: dict[str, str]
    """The key of the stored layer for each of the backbone's."""


class Mismatch(Exception):
    """The layers are not the backbone's; says which is not."""

    def __init__(self, matched: int, text: str):
        super().__init__(text)
        self.matched = matched


def wanted_of(base: keras.Model) -> list[Wanted]:
    """The layers of a backbone that have weights, in their order."""
    return [
        Wanted(
            layer.name,
            tuple(tuple(weight.shape) for weight in layer.weights),
            re.sub(r"_\d+$", "", layer.name).replace("_", "") == type(layer).__name__.lower(),
        )
        for layer in base.layers
        if layer.weights
    ]


def match(
    wanted: Sequence[Wanted], groups: Sequence[Sequence[StoredLayer]]
) -> list[tuple[Wanted, StoredLayer]]:
    """Find a backbone's layers in one of the groups of a file.

    What comes behind them, a head, is left.

    Raises:
        Mismatch: they are in none.
    """
    nearest: Mismatch | None = None
    for group in groups:
        try:
            return _match(wanted, group)
        except Mismatch as error:
            if nearest is None or error.matched > nearest.matched:
                nearest = error
    raise nearest or Mismatch(0, "holds no layers")


def _match(
    wanted: Sequence[Wanted], group: Sequence[StoredLayer]
) -> list[tuple[Wanted, StoredLayer]]:
    places = {id(layer): place for place, layer in enumerate(group)}
    named = {layer.name: layer for layer in group}
    pairs: list[tuple[Wanted, StoredLayer]] = []
    for layer in wanted:
        stored = named.get(layer.name)
        if not layer.numbered and stored is not None and stored.shapes == layer.shapes:
            pairs.append((layer, stored))
    known, taken = {one.name for one, _ in pairs}, {id(stored) for _, stored in pairs}
    for kind in dict.fromkeys(_kind(layer.shapes) for layer in wanted):
        mine = [one for one in wanted if _kind(one.shapes) == kind and one.name not in known]
        others = [one for one in group if _kind(one.shapes) == kind and id(one) not in taken]
        for layer, stored in zip(mine, others, strict=False):
            if layer.shapes != stored.shapes:
                raise Mismatch(
                    len(pairs),
                    f"its layer {stored.name} is {_words(stored.shapes)}, where {layer.name} is "
                    f"{_words(layer.shapes)}",
                )
            pairs.append((layer, stored))
        if len(others) < len(mine):
            raise Mismatch(
                len(pairs),
                f"it has no layer for {mine[len(others)].name}, {_words(mine[len(others)].shapes)}",
            )
    _check_none_between(pairs, group, places)
    return pairs


def _check_none_between(pairs, group, places) -> None:
    """A larger network of the same kind has layers between these."""
    taken = {id(stored) for _, stored in pairs}
    last = {}
    for _, stored in pairs:
        kind = _kind(stored.shapes)
        last[kind] = max(last.get(kind, 0), places[id(stored)])
    for layer in group:
        kind = _kind(layer.shapes)
        if id(layer) not in taken and places[id(layer)] < last.get(kind, 0):
            raise Mismatch(len(pairs) - 1, f"it has a layer {layer.name} before the last of these")


def _kind(shapes: Shapes) -> tuple[int, ...]:
    """What a layer is, as far as its arrays tell: the numbers of their axes."""
    return tuple(map(len, shapes))


def _words(shapes: Shapes) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in shapes)
