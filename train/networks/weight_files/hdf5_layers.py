"""HDF5 files of weights: Keras 2's `.h5` (weights or a whole model) and Keras 3's `.weights.h5`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import h5py

from train.networks.weight_files.stored_layers import StoredLayer

_ROLES = {
    name: rank
    for names in (
        ("kernel", "depthwise_kernel", "pointwise_kernel", "bias"),
        ("gamma", "beta", "moving_mean", "moving_variance"),
    )
    for rank, name in enumerate(names)
}
"""Of a layer's weights, in the order in which Keras has them. A frozen model saves what does not
learn behind what does."""
_MOST_LAYERS = 100_000


@contextmanager
def opened(stream: BinaryIO) -> Iterator[h5py.File]:
    """An HDF5 file, for reading.

    Raises:
        ValueError: it is truncated or none.
    """
    try:
        file = h5py.File(stream, "r")
    except OSError as error:
        raise ValueError("is truncated or no HDF5 file; copy it again") from error
    with file:
        yield file


def groups(file: h5py.File) -> list[list[StoredLayer]]:
    """The layers of a file, by the models that they are in.

    Raises:
        ValueError: there are none, or the file is damaged.
    """
    root = file
    if "layer_names" not in root.attrs and "layer_names0" not in root.attrs:
        root = _child(file, "model_weights") or file
    if "layer_names" in root.attrs or "layer_names0" in root.attrs:
        return _by_names(root)
    found: dict[str, list[StoredLayer]] = {}
    for path, group in _with_variables(file):
        arrays = [_dataset(group, name) for name in sorted(group, key=_number)]
        # So the versions of Keras between 2 and 3 called it, some on Windows.
        key = path.replace("\\", "/").replace("_layer_checkpoint_dependencies", "layers")
        model, _, last = key.rpartition("/")
        own = group.attrs.get("name", last)
        found.setdefault(model, []).append(StoredLayer(key, str(own), tuple(arrays)))
    if not found:
        raise ValueError(
            "is no weights file in Keras' no-top layout (no layer_names), nor one of Keras 3"
        )
    return [sorted(layers, key=lambda one: _number(one.key)) for layers in found.values()]


def _by_names(root: h5py.Group) -> list[list[StoredLayer]]:
    """Keras 2's layout: the outermost layers, and the nested ones of each as its own group."""
    flat: list[StoredLayer] = []
    nested: list[list[StoredLayer]] = []
    for name in _names(root, "layer_names"):
        group = _child(root, name)
        if group is None:
            raise ValueError(f"is damaged: it has no weights of its layer {name}")
        layers: dict[str, list[tuple[str, h5py.Dataset]]] = {}
        for weight in _names(group, "weight_names"):
            before, _, last = weight.rpartition("/")
            layers.setdefault(before, []).append((last.split(":")[0], _dataset(group, weight)))
        stored = []
        for inner, weights in layers.items():
            if all(role in _ROLES for role, _ in weights):
                weights.sort(key=lambda one: _ROLES[one[0]])
            own = inner.rsplit("/", 1)[-1] if len(layers) > 1 else name
            key = name if len(layers) == 1 else f"{name}/{own}"
            stored.append(StoredLayer(key, own, tuple(array for _, array in weights)))
        if len(stored) == 1:
            flat += stored
        elif stored:
            nested.append(stored)
    return [flat, *nested] if flat else nested


def _with_variables(file: h5py.File) -> Iterator[tuple[str, h5py.Group]]:
    """Keras 3's layout: the path of each layer, and its group `vars`, if that is not empty."""
    waiting, seen = [("", file)], 0
    while waiting:
        path, group = waiting.pop()
        for name in group:
            seen += 1
            if seen > _MOST_LAYERS:
                raise ValueError(f"has more than {_MOST_LAYERS} groups")
            if path == "" and name.startswith("optimizer"):
                continue
            child = _child(group, name)
            if not isinstance(child, h5py.Group):
                continue
            if name == "vars":
                if len(child) and all(re.fullmatch(r"\d+", one) for one in child):
                    yield path, child
            else:
                waiting.append((f"{path}/{name}" if path else name, child))


def _child(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | None:
    """What a group holds under a name; None: nothing.

    Raises:
        ValueError: it is in another file.
    """
    here = group
    for part in name.strip("/").split("/"):
        if not isinstance(here, h5py.Group):
            return None
        link = here.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"holds a link ({name}) in place of weights; such are not followed")
        here = here[part]
    return here


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    found = _child(group, name)
    if not isinstance(found, h5py.Dataset):
        raise ValueError(f"is damaged: it has no {name}")
    if found.external or found.is_virtual:
        raise ValueError(f"keeps {name} in another file; such are not followed")
    return found


def _names(group: h5py.Group, attribute: str) -> list[str]:
    if attribute in group.attrs:
        pieces = [group.attrs[attribute]]
    else:
        pieces, number = [], 0
        while f"{attribute}{number}" in group.attrs:
            pieces.append(group.attrs[f"{attribute}{number}"])
            number += 1
    names = [name for piece in pieces for name in piece]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _number(name: str) -> list[tuple[int, str]]:
    """As people sort: conv2d, conv2d_1, conv2d_2, conv2d_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
