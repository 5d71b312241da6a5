"""`.npz` files of weights: named by layers, or a model's arrays in their order."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from train.array_archive import read_arrays
from train.networks.weight_files.match import Mismatch, Wanted
from train.networks.weight_files.stored_layers import StoredLayer


def groups(file: Path, wanted: Sequence[Wanted]) -> list[list[StoredLayer]]:
    """The layers of a file.

    Args:
        wanted: the backbone's; they say where a layer ends in arrays that have no names.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is damaged.
        Mismatch: it has other arrays than the backbone.
    """
    arrays = read_arrays(file)
    if all(re.fullmatch(r"arr_\d+", name) for name in arrays):
        return [_in_order([arrays[f"arr_{place}"] for place in range(len(arrays))], wanted)]
    layers: dict[str, list[tuple[int, np.ndarray]]] = {}
    for name, array in arrays.items():
        layer, _, number = name.rpartition("/")
        if not layer or not number.isdigit():
            raise ValueError(
                f"has an array {name}; arrays are named layer/0, layer/1, ..., each layer's in the "
                "order of its weights, or are a model's in their order, as "
                "numpy.savez(FILE, *model.get_weights())"
            )
        layers.setdefault(layer, []).append((int(number), array))
    stored = [
        StoredLayer(name, name, tuple(array for _, array in sorted(own, key=lambda one: one[0])))
        for name, own in layers.items()
    ]
    names = {layer.name for layer in wanted if not layer.numbered}
    stems = {re.sub(r"_\d+$", "", layer.name) for layer in wanted if layer.numbered}
    for layer in stored:
        # Such a file is of a backbone alone: what more it has is another network's.
        if layer.name not in names and re.sub(r"_\d+$", "", layer.name) not in stems:
            raise Mismatch(0, f"has {layer.name}/0, which this network has not")
    return [sorted(stored, key=lambda one: _number(one.name))]


def _in_order(arrays: Sequence[np.ndarray], wanted: Sequence[Wanted]) -> list[StoredLayer]:
    layers, place = [], 0
    for layer in wanted:
        own = arrays[place : place + len(layer.shapes)]
        if tuple(array.shape for array in own) != layer.shapes:
            shapes = ", ".join("x".join(map(str, array.shape)) for array in own)
            raise Mismatch(
                len(layers),
                f"its arrays from the {place + 1}th on are {shapes or 'none'}, where "
                f"{layer.name} is {layer.shapes}",
            )
        layers.append(StoredLayer(f"arrays {place}", layer.name, tuple(own)))
        place += len(own)
    return layers


def _number(name: str) -> int:
    found = re.search(r"_(\d+)$", name)
    return int(found[1]) if found else 0
