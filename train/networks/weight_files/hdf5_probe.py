"""Whether reading an HDF5 file ends the process: it is read in another one first.

The HDF5 library, which Keras' files are read with, can crash on a damaged one.
"""

import os
import subprocess
import sys
from pathlib import Path

from train.networks.weight_files import hdf5_layers, keras_archive

_CODE = f"import sys; from {__name__} import read_all; read_all(sys.argv[1])"
_SECONDS = 600


def check_survivable(file: Path) -> None:
    """Read a file in another process.

    Raises:
        ValueError: that process crashed, or took too long.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, os.fspath(file.absolute())],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"is damaged: it was not read in {_SECONDS} s") from None
    # An error in words is found again, and told, when this process reads it.
    if done.returncode < 0:
        raise ValueError("is damaged: the library that reads it crashes; copy it again")


def read_all(file: str) -> None:
    """Read what `read_file` may read of a file."""
    path = Path(file)
    if path.suffix == ".keras":
        with keras_archive.opened(path) as (_, weights), hdf5_layers.opened(weights) as opened:
            _read(opened)
    else:
        with open(path, "rb") as stream, hdf5_layers.opened(stream) as opened:
            opened.attrs.get("model_config")
            _read(opened)


def _read(opened) -> None:
    for layers in hdf5_layers.groups(opened):
        for layer in layers:
            layer.read()
