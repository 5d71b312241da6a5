"""The console scripts `mri-train`, `mri-export` and `mri-benchmarks`.

They are in this package because another `train` may stand before ours: then nothing of ours can be
imported from there, not even what would say so.
"""

from importlib import import_module


def train() -> int:
    """`mri-train`."""
    return _run("train")


def export() -> int:
    """`mri-export`."""
    return _run("export")


def benchmarks() -> int:
    """`mri-benchmarks`."""
    return _run("benchmarks")


def _run(package: str) -> int:
    from edge.console.shadowed_packages import refuse_hidden

    return refuse_hidden(package) or import_module(f"{package}.__main__").main()
