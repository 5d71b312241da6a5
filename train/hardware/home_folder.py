"""Libraries that write into the home folder, or open a socket, on import: kept from it.

Where the user has such a folder already, it is used as ever.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from edge.console.command_frame import at_end


def spare_matplotlib() -> None:
    """Before Matplotlib is imported, by Keras too: its cache of fonts goes into a temporary folder
    and goes with the command, unless it has one in the home folder."""
    if "MPLCONFIGDIR" in os.environ:
        return
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isdir(os.path.join(cache, "matplotlib")):
        folder = tempfile.mkdtemp(prefix="mri-edge-matplotlib-")
        os.environ["MPLCONFIGDIR"] = folder
        at_end(_remove, folder, os.getpid())


@contextmanager
def keras_spared() -> Iterator[None]:
    """While Keras is imported: it writes no ~/.keras/keras.json. Weights that are downloaded go to
    ~/.keras/models all the same."""
    home = os.path.expanduser("~/.keras")
    if "KERAS_HOME" in os.environ or os.path.exists(os.path.join(home, "keras.json")):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mri-edge-keras-") as folder:
        os.environ["KERAS_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["KERAS_HOME"]
            from keras.src.backend import config

            if getattr(config, "_KERAS_DIR", None) == folder:
                config._KERAS_DIR = home


def spare_urllib3() -> None:
    """Import it, if it is there, without the socket that it binds to see whether there is IPv6.

    It then takes IPv6 for there, as the system says, and tries IPv4 where it is not.
    """
    there, socket.has_ipv6 = socket.has_ipv6, False
    try:
        from urllib3.util import connection

        connection.HAS_IPV6 = there
    except ImportError:
        pass
    finally:
        socket.has_ipv6 = there


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:  # not at the end of a fork
        with suppress(OSError):
            shutil.rmtree(folder)
