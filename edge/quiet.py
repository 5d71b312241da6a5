"""Keep what C++ libraries write straight to file descriptor 2 away from the user."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced() -> Iterator[None]:
    """Discard standard error while the block runs, C++ code's included.

    For loading engines and converters, which chat ("INFO: Created TensorFlow Lite XNNPACK
    delegate") and whose errors come back as exceptions. Not for threads that report meanwhile.
    """
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
