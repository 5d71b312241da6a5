"""pydicom without what it would bring along: a client for HTTP that opens a socket on import.

pydicom takes `requests`, where it is installed, to fetch its test files, and tqdm to show how it
gets on. Importing the first costs as much time as pydicom itself, and urllib3 below it binds a
socket to see whether there is IPv6.
"""

import sys
import threading

_UNNEEDED = "requests", "tqdm"


def load_pydicom():
    """The module.

    Raises:
        ImportError: it is not installed.
    """
    if "pydicom" in sys.modules:
        import pydicom  # waits for a thread that is importing it

        return pydicom
    from edge.console.messages import is_command

    if not is_command() and threading.active_count() > 1:
        import pydicom  # a thread of somebody's program may need what would be hidden

        return pydicom
    hidden = [name for name in _UNNEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        import pydicom
    finally:
        for name in hidden:
            del sys.modules[name]
    return pydicom
