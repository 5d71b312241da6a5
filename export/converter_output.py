"""Converters talk; what they say of a model that they convert as intended is no use to anybody."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from edge.console.streams import silenced


@contextmanager
def quiet() -> Iterator[None]:
    """Hide standard output and error and all warnings; also a decorator."""
    with silenced(), redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
