"""The weights of a backbone from a file of any kind that is known, with what speaks for them."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from train.errors import TrainError
from train.networks.weight_files import (
    first_layer,
    hdf5_layers,
    hdf5_probe,
    keras_archive,
    keras_graph,
    npz_layers,
    onnx_match,
    same_outputs,
)
from train.networks.weight_files.match import Found, Mismatch, Wanted, match, wanted_of
from train.networks.weight_files.onnx_graph import OnnxGraph
from train.networks.weight_files.stored_layers import Graph, NotRun, StoredLayer, StoredWeights

KINDS = ".h5, .weights.h5, .keras, .npz or .onnx"
TITLES = ("VGG16", "VGG19", "InceptionV3", "Xception", "ResNet50")
"""Whose weights a wrong file may hold; a test compares them with the registry."""
_HDF5, _ZIP, _TFLITE = b"\x89HDF", b"PK\x03\x04", b"TFL3"


@dataclass(frozen=True)
class Read:
    """What a file has for a backbone."""

    arrays: list[list[np.ndarray]]
    """Of each layer that has weights, in the backbone's order."""
    remarks: tuple[str, ...]
    """What was found out about the file, each a sentence without a subject."""


def read_for(base: keras.Model, file: Path, title: str) -> Read:
    """Read the weights of a backbone, and prove them by running both where the file has a graph.

    Raises:
        OSError: the file cannot be read.
        TrainError: it is damaged, of another network, or of one that sees pixels otherwise.
    """
    try:
        return _read(base, file, title)
    except Mismatch as error:
        other = _whose(file, title)
        fits = f"; its layers are those of {other}" if other else ""
        raise TrainError(f"{file}: is not of {title}: {error}{fits}") from error
    except ValueError as error:
        raise TrainError(f"{file}: {error}") from error


def _read(base: keras.Model, file: Path, title: str) -> Read:
    nodes = keras_graph.nodes({"class_name": "Functional", "config": base.get_config()}, True)
    wanted = wanted_of(base)
    order = [layer.name for layer in wanted]
    with _opened(file, wanted, title) as stored:
        if isinstance(stored, OnnxGraph):
            graph: Graph | None = stored
            candidates = onnx_match.matches(base, nodes, stored.units)
        else:
            graph = stored.graph
            candidates = iter([_found(wanted, stored.groups)])
        remarks, found = _proven(base, nodes, graph, candidates, title)
        first = same_outputs.first_layer(nodes, found.keys)
        remarks += _pixels(base, first, found, graph, title)
    return Read([found.arrays[name] for name in order], tuple(remarks))


def _found(wanted: Sequence[Wanted], groups: Sequence[Sequence[StoredLayer]]) -> Found:
    pairs = match(wanted, groups)
    return Found(
        {layer.name: stored.read() for layer, stored in pairs},
        {layer.name: stored.key for layer, stored in pairs},
    )


def _proven(
    base: keras.Model,
    nodes: Sequence[keras_graph.Node],
    graph: Graph | None,
    candidates: Iterator[Found],
    title: str,
) -> tuple[list[str], Found]:
    """The first candidate with which the backbone answers as the file's graph does."""
    least = None
    for found in candidates:
        for name, arrays in found.arrays.items():
            base.get_layer(name).set_weights(arrays)
        if graph is None:
            return [
                "holds no graph to compare with: taken by the shapes and order of layers"
            ], found
        try:
            worst = same_outputs.largest_difference(base, nodes, graph, found.keys)
        except NotRun as error:
            text = f"matched by the shapes and order of layers; its graph was not run: {error}"
            return [text], found
        if worst <= graph.tolerance:
            text = f"{title} answers as its own graph does: on two pictures to {worst:.1e}"
            return [text], found
        least = worst if least is None else min(least, worst)
    raise ValueError(
        f"has layers of the shapes of {title}, but its own graph answers otherwise, by {least:.2g} "
        "of the largest answer: strides, padding or the order of layers are of another network"
    )


def _pixels(
    base: keras.Model, first: str, found: Found, graph: Graph | None, title: str
) -> list[str]:
    """What is to be said of the order and scale of colours.

    Raises:
        ValueError: the weights expect others than they get here.
    """
    kernel = found.arrays[first][0]
    folded = isinstance(graph, OnnxGraph) and graph.units[int(found.keys[first])].norm is None
    wrong = first_layer.filters_expect(kernel, title, folded and title != "VGG16")
    if wrong:
        raise ValueError(wrong)
    known = first_layer.is_from_imagenet(kernel, title)
    remarks = []
    if known is False:
        remarks.append("is not made from Keras' ImageNet weights: its first layer is another")
    if graph is None:
        return remarks

    def theirs(pixels):
        return graph.colours(pixels, found.keys[first])

    def ours(pixels):
        given = base.get_layer(first).input
        shown = np.broadcast_to(pixels[:, None, None, :], (len(pixels), *base.inputs[0].shape[1:]))
        if given is base.inputs[0]:
            return pixels
        answer = keras.Model(base.inputs[0], given)(shown.astype(base.inputs[0].dtype))
        answer = keras.ops.convert_to_numpy(answer)
        return answer[:, answer.shape[1] // 2, answer.shape[2] // 2].astype(float)

    try:
        if first_layer.scales_nothing(theirs) and not first_layer.scales_nothing(ours):
            return [*remarks, "has no scaling in its graph: what it was given is not known"]
        differ = first_layer.colours_differ(theirs, ours)
    except NotRun as error:
        return [*remarks, f"order and scale of its colours were not compared: {error}"]
    if differ and known is False:
        raise ValueError(f"was trained on other colours: its first layer is given {differ}")
    if differ:
        return [*remarks, f"its first layer was given {differ}, as ImageNet's weights expect"]
    return remarks


def _whose(file: Path, title: str) -> str | None:
    """Of which other known network a file's layers are."""
    for other in TITLES:
        if other != title:
            base = getattr(keras.applications, other)(include_top=False, weights=None)
            nodes = keras_graph.nodes(
                {"class_name": "Functional", "config": base.get_config()}, True
            )
            wanted = wanted_of(base)
            try:
                with _opened(file, wanted, other) as stored:
                    if isinstance(stored, OnnxGraph):
                        next(onnx_match.matches(base, nodes, stored.units))
                    else:
                        match(wanted, stored.groups)
                return other
            except (Mismatch, ValueError):
                continue
    return None


@contextmanager
def _opened(
    file: Path, wanted: Sequence[Wanted], title: str
) -> Iterator[StoredWeights | OnnxGraph]:
    """A file of any kind, known by how it begins, or else by its name."""
    with open(file, "rb") as stream:
        begin = stream.read(8)
        if begin[4:8] == _TFLITE:
            raise ValueError(f"is a TFLite file; give the model it was made from: {KINDS}")
        if begin[:1] == b"\x80" or (begin[:4] == _ZIP and _is_torch(file)):
            raise ValueError(
                "is a pickle, which can run code when it is loaded, and is not; export the model "
                "as ONNX (torch.onnx.export) and give that"
            )
        if begin[:4] == _HDF5 or (file.suffix in (".h5", ".hdf5") and begin[:4] != _ZIP):
            hdf5_probe.check_survivable(file)
            with hdf5_layers.opened(stream) as opened:
                with _plain_errors(title):
                    config = opened.attrs.get("model_config")
                    parsed = None if config is None else keras_archive.loads_config(config)
                    stored = _with_graph(hdf5_layers.groups(opened), parsed, by_names=True)
                yield stored
        elif file.suffix == ".keras":
            hdf5_probe.check_survivable(file)
            with (
                keras_archive.opened(file) as (config, weights),
                hdf5_layers.opened(weights) as opened,
            ):
                with _plain_errors(title):
                    stored = _with_graph(hdf5_layers.groups(opened), config, by_names=False)
                yield stored
        elif file.suffix == ".npz" or begin[:4] == _ZIP:
            yield StoredWeights(tuple(map(tuple, npz_layers.groups(file, wanted))))
        elif file.suffix == ".onnx":
            yield OnnxGraph(file)
        else:
            raise ValueError(f"is of no kind that is read; --weights takes {KINDS}")


@contextmanager
def _plain_errors(title: str) -> Iterator[None]:
    """h5py raises what a missing group or an odd attribute happens to lead to."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, RuntimeError, OSError, UnicodeError) as error:
        raise ValueError(f"is damaged or not of {title} ({error!s:.100})") from error


def _with_graph(groups, config, by_names: bool) -> StoredWeights:
    graph = None
    if config is not None:
        try:
            nodes = keras_graph.nodes(config, by_names)
            layers = {layer.key: layer for group in groups for layer in group}
            graph = keras_graph.KerasGraph(nodes, layers)
        except ValueError:
            graph = None
    return StoredWeights(tuple(map(tuple, groups)), graph)


def _is_torch(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError):
        return False
