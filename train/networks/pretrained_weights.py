"""Pretrained weights of a backbone: from Keras' download, or from a file for places without one."""

import hashlib
import re
from pathlib import Path

import keras
import numpy as np

from train.errors import TrainError
from train.networks.weight_files.read_file import KINDS, Read, read_for
from train.progress import say

IMAGENET, NONE = "imagenet", "none"

_read: dict[tuple[Path, int, str], Read] = {}
"""The file that was read last, by its time and the network: each fold wants it again."""


def load(base: keras.Model, weights: str, title: str) -> None:
    """Set the weights of a backbone without its top.

    What is found out about a file is said on standard error, once.

    Args:
        weights: "imagenet": Keras' own, downloaded once into ~/.keras/models and checked by their
            hash; or a path: `.h5`, `.weights.h5`, `.keras`, `.npz` or `.onnx`, of the backbone or
            of a whole model that holds it.
        title: the backbone's name in `keras.applications`.

    Raises:
        TrainError: there is no network, or the file is missing, damaged or of another network.
    """
    if weights == IMAGENET:
        _imagenet(base, title)
    else:
        found = _of_file(base, Path(weights), title)
        for layer, arrays in zip(_weighted(base), found.arrays, strict=True):
            layer.set_weights(arrays)
    bad = [v.path for v in base.variables if not np.isfinite(keras.ops.convert_to_numpy(v)).all()]
    if bad:
        raise TrainError(f"{weights}: has values that are no finite numbers (in {bad[0]})")


def _of_file(base: keras.Model, file: Path, title: str) -> Read:
    try:
        key = (file.resolve(), file.stat().st_mtime_ns, title)
        if key not in _read:
            found = read_for(base, file, title)
            _read.clear()
            _read[key] = found
            for remark in found.remarks:
                say(f"{file.name}: {remark}")
    except OSError as error:
        raise TrainError(f"{file}: cannot be read ({error.strerror or error})") from error
    return _read[key]


def _weighted(base: keras.Model) -> list[keras.Layer]:
    return [layer for layer in base.layers if layer.weights]


def describe(weights: str) -> str:
    """Where a backbone's weights are from, in words for reports.

    Raises:
        TrainError: there is no such file.
    """
    if weights == NONE:
        return "random: no pretrained weights"
    if weights == IMAGENET:
        return "ImageNet, from Keras"
    try:
        digest = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    except OSError as error:
        raise TrainError(
            f"{weights}: cannot be read ({error.strerror}); --weights takes {IMAGENET}, {NONE} or "
            f"a file ({KINDS})"
        ) from error
    return f"{Path(weights).name} (SHA-256 {digest[:12]})"


def remarks(weights: str) -> str:
    """What was found out about the file when it was loaded, to stand behind `describe`."""
    for (path, _, _), found in _read.items():
        if path == Path(weights).resolve() and found.remarks:
            return ": " + "; ".join(found.remarks)
    return ""


def save_npz(base: keras.Model, file: Path) -> None:
    """Write the weights of a model so that `load` reads them back."""
    arrays = {
        f"{layer.name}/{number}": array
        for layer in base.layers
        for number, array in enumerate(layer.get_weights())
    }
    with open(file, "wb") as stream:
        np.savez(stream, **arrays)


def _imagenet(base: keras.Model, title: str) -> None:
    try:
        source = getattr(keras.applications, title)(include_top=False, weights=IMAGENET)
    except Exception as error:
        # Keras raises a bare Exception when a download fails, ValueError when its hash is wrong.
        url = re.search(r"https?://\S+?\.h5", str(error))
        where = f" ({url[0]})" if url else ""
        name = url[0].rsplit("/", 1)[1] if url else "FILE.h5"
        raise TrainError(
            f"the ImageNet weights of {title} cannot be downloaded: no network? Fetch "
            f"Keras' no-top file{where} on a machine that has one, copy it to this one, and name "
            f"it: --weights {name}; or train from random ones: --weights none --unfreeze all"
        ) from error
    base.set_weights(source.get_weights())
