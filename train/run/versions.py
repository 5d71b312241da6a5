"""Which versions of what a run came from."""

import sys
from importlib.metadata import PackageNotFoundError, version

import keras

from edge import __version__


def versions() -> dict[str, str]:
    """Of this software and of what a run depends on."""
    found = {"mri-edge": __version__, "python": sys.version.split()[0]}
    found["keras backend"] = keras.backend.backend()
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "pillow", "scikit-learn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
