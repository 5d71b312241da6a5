"""A Keras file from elsewhere: looked into before it is loaded, and loaded without its code."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from edge.model_file import bounded_json
from export.adopt.flat_network import flattened, is_graph
from export.adopt.opened import Opened
from export.converter_output import quiet
from export.errors import ExportError

_CONFIG = bounded_json.Limits(bytes=64_000_000, depth=64, items=10_000_000)
"""Of what a network is made of; Xception's is 123 kB."""
_NETWORKS = ("Functional", "Sequential", "Model", "TFOpLambda")
_REGISTER = (
    "define them in a module of yours, say my_layers.py, that ends in the line "
    "keras.saving.get_custom_objects().update({%s}) and run python -c "
    '"import sys, my_layers, export.cli; sys.exit(export.cli.main())" --from ... in place of '
    "python -m export --from ..."
)
"""A decorator would not do: it registers by another name than an undecorated class is saved by."""
_SAVED_MODEL = (
    "or save it where it was trained as a SavedModel (model.export(FOLDER)), and give that"
)


def open_keras(file: Path) -> Opened:
    """The network of a file, and the model itself.

    Raises:
        ExportError: a Lambda, layers that Keras does not have, or a file that it cannot load.
    """
    _check_code(file, _config(file))
    try:
        with quiet():
            model = keras.saving.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # of no common type
        raise ExportError(
            f"{file}: Keras {keras.__version__} cannot load it ({_reason(error)}); load it with "
            "the version that wrote it and save it as a SavedModel (model.export(FOLDER)), and "
            "give that"
        ) from error
    if not is_graph(model):
        return _by_saved_model(model, file)
    network, activation = flattened(model, file)
    whole = "int" in str(model.inputs[0].dtype)
    return Opened(network, activation, lambda x: model.predict(x, batch_size=8, verbose=0), whole)


def _by_saved_model(model: keras.Model, file: Path) -> Opened:
    """A model of a registered class, whose layers no file tells the order of: it is traced.

    Raises:
        ExportError: it cannot be.
    """
    from export.adopt.saved_model_source import open_saved_model

    with tempfile.TemporaryDirectory() as folder:
        try:
            _, *sizes = model.get_build_config()["input_shape"]
            with quiet():
                model(np.zeros((1, *sizes), np.float32))  # Keras exports what was called alone
                model.export(folder, verbose=False)
        except Exception as error:  # of no common type
            raise ExportError(
                f"{file}: is a {type(model).__name__}, whose layers Keras does not know the order "
                f"of, and cannot be traced ({_reason(error)}); build the network of layers "
                "(keras.Model(inputs, outputs)), copy the weights and save that"
            ) from error
        try:
            return open_saved_model(Path(folder))
        except ExportError as error:
            raise ExportError(str(error).replace(folder, str(file))) from error


def _config(file: Path) -> dict:
    """What the file says that the model is made of.

    Raises:
        ExportError: nothing that can be read, or weights alone.
    """
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                if archive.getinfo("config.json").file_size > _CONFIG.bytes:
                    raise ValueError("its config.json is too large")
                text = archive.read("config.json")
        else:
            with h5py.File(file, "r") as opened:
                if not len(opened):
                    raise ExportError(
                        f"{file}: is an HDF5 file with nothing in it; save the model anew "
                        "(model.save)"
                    )
                if "model_config" not in opened.attrs:
                    raise ExportError(
                        f"{file}: holds weights and no network; build the network, load them into "
                        "it (model.load_weights) and save the whole (model.save)"
                    )
                text = opened.attrs["model_config"]
        return bounded_json.loads(text, _CONFIG)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, json.JSONDecodeError) as error:
        raise ExportError(f"{file}: is damaged ({error!s:.200}); copy it again") from error


def _check_code(file: Path, config: dict) -> None:
    """See that loading runs no code from the file, and that Keras knows all layers.

    Raises:
        ExportError: otherwise.
    """
    registered = keras.saving.get_custom_objects()
    foreign = {}
    for part, is_layer in _parts(config):
        name, module = str(part["class_name"]), part.get("module")
        if name in ("Lambda", "__lambda__"):
            label = part.get("config")
            label = label.get("name", "") if isinstance(label, dict) else ""
            raise ExportError(
                f"{file}: has a Lambda layer{f' ({label})' if label else ''}: Python code inside "
                "the file, which loading would run, whoever wrote it. It is refused. Build the "
                "model with a layer of Keras in its place (Rescaling for a scaling), copy the "
                f"weights and save it again, {_SAVED_MODEL}"
            )
        is_function = name == "function"
        if is_function:
            name = str(part.get("config"))
            known = any(key.rpartition(">")[2] == name for key in registered)
        else:
            key = str(part.get("registered_name") or name)
            known = key in registered or name in _NETWORKS
        if known:
            continue
        if "module" in part:
            # Bare operations, as of `x / 255`, are no layers, and are Keras' own; what was never
            # registered has no module, or Python's own if it is a function.
            own = ("keras",) if is_function else ("keras", "builtins")
            is_foreign = str(module).partition(".")[0] not in own
        else:  # Keras 2
            is_foreign = is_layer and not hasattr(keras.layers, name)
        if is_foreign:
            foreign[name if is_function else key] = name
    if foreign:
        names = ", ".join(foreign.values())
        lines = ", ".join(f'"{key}": {name}' for key, name in foreign.items())
        raise ExportError(
            f"{file}: has layers, models or functions that Keras does not have ({names:.300}), and "
            f"code is never taken from a file; {_REGISTER % lines[:600]}; {_SAVED_MODEL}"
        )


def _parts(value) -> Iterator[tuple[dict, bool]]:
    """Every object that the configuration describes, however deep, and whether it is a layer."""
    waiting = [(value, True)]
    while waiting:
        one, is_layer = waiting.pop()
        if isinstance(one, dict):
            if "class_name" in one:
                yield one, is_layer
            waiting += [(inner, name == "layers") for name, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(inner, is_layer) for inner in one]


def _reason(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line]
    return (lines or [type(error).__name__])[0][:300]
