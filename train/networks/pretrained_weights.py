"""Pretrained weights of a backbone: from Keras' download, or from a file for places without one."""

import hashlib
import re
from pathlib import Path

import h5py
import keras
import numpy as np

from train.array_archive import read_arrays
from train.errors import TrainError

IMAGENET, NONE = "imagenet", "none"


def load(base: keras.Model, weights: str, title: str) -> None:
    """Set the weights of a backbone without its top.

    Args:
        weights: "imagenet": Keras' own, downloaded once into ~/.keras/models and checked by their
            hash; or a path: an `.h5` file in Keras' no-top layout, or an `.npz` whose array
            `layer/0`, `layer/1`, ... are a layer's weights in their order.
        title: the backbone's name in `keras.applications`.

    Raises:
        TrainError: there is no network, or the file is missing, truncated or of another network.
    """
    if weights == IMAGENET:
        _imagenet(base, title)
    elif Path(weights).suffix == ".npz":
        _from_npz(base, Path(weights))
    else:
        _from_h5(base, Path(weights), title)
    bad = [v.path for v in base.variables if not np.isfinite(keras.ops.convert_to_numpy(v)).all()]
    if bad:
        raise TrainError(f"{weights}: has values that are no finite numbers (in {bad[0]})")


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
            "a file (.h5, .npz)"
        ) from error
    return f"{Path(weights).name} (SHA-256 {digest[:12]})"


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


def _from_h5(base: keras.Model, file: Path, title: str) -> None:
    try:
        with h5py.File(file) as opened:
            if "layer_names" not in opened.attrs:
                raise TrainError(
                    f"{file}: is no weights file in Keras' no-top layout (no layer_names), as "
                    f"Keras publishes one for {title}; of a model of your own, "
                    "train.networks.pretrained_weights.save_npz writes one that is read"
                )
        base.load_weights(file)
    except TrainError:
        raise
    except OSError as error:
        raise TrainError(f"{file}: is truncated or no HDF5 file; copy it again") from error
    except Exception as error:
        # Keras raises what a missing group or an odd attribute happens to lead to.
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrainError(f"{file}: is damaged or not of {title} ({first})") from error


def _from_npz(base: keras.Model, file: Path) -> None:
    try:
        arrays = read_arrays(file)
    except (OSError, ValueError) as error:
        raise TrainError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    for layer in base.layers:
        for number, variable in enumerate(layer.weights):
            key = f"{layer.name}/{number}"
            if key not in arrays:
                raise TrainError(f"{file}: has no {key}; is it of another network?")
            array = arrays.pop(key)
            if array.shape != tuple(variable.shape) or array.dtype.kind != "f":
                raise TrainError(
                    f"{file}: {key} is {array.dtype} {array.shape}, and must be float "
                    f"{tuple(variable.shape)}"
                )
            variable.assign(array)
    if arrays:
        raise TrainError(f"{file}: has {next(iter(arrays))}, which this network has not")
