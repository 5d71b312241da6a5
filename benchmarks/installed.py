"""Which optional packages are there, without importing them."""

from importlib.util import find_spec


def is_installed(package: str) -> bool:
    """Whether a package can be imported; a mere folder of its name on the path is none."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None
