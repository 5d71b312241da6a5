"""The commands of the workstation, as console scripts and as `python -m`.

They are started from this package because another `train` may stand before ours: then nothing of
ours can be imported from there, not even what would say so.
"""

import os
import sys
from importlib import import_module

from edge.console.shadowed_packages import refuse_hidden


def train() -> int:
    """`mri-train`."""
    return run("train")


def export() -> int:
    """`mri-export`."""
    return run("export")


def benchmarks() -> int:
    """`mri-benchmarks`."""
    return run("benchmarks")


def run(package: str) -> int:
    """Run the command of a package, if it is ours, and return its exit status.

    Does not return from a training that a signal ended: TensorFlow may still compute, and taking
    the interpreter down under it can crash (seen once).
    """
    status = refuse_hidden(package) or import_module(f"{package}.cli").main()
    if status > 128 and package == "train":
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status
