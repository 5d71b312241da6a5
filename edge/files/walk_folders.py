"""Every folder below a folder, however deep."""

import os
from collections.abc import Callable, Iterator

_COMPANIONS = frozenset(
    (
        "__macosx",
        "@eadir",
        ".appledouble",
        "lost+found",
        "$recycle.bin",
        "system volume information",
    )
)
"""What macOS' archives, Synology, Netatalk, ext4 and Windows put beside the real folders; in lower
case. They repeat names of scans, or hold what was deleted."""


def is_companion_folder(name: str) -> bool:
    """Whether a folder's name says that a system keeps it for itself: no scans are looked for."""
    return name.lower() in _COMPANIONS


def walk(
    top: str | os.PathLike, onerror: Callable[[OSError], object] = lambda error: None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk` from the top down, links to folders not followed, and without a call in a call.

    Companion folders below `top` are left out. That of Python before 3.12 calls itself, and a
    thousand folders in one another end it.
    """
    waiting = [os.fspath(top)]
    while waiting:
        folder = waiting.pop()
        folders: list[str] = []
        names: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    try:
                        is_folder = entry.is_dir()
                    except OSError:
                        is_folder = False
                    if is_folder and is_companion_folder(entry.name):
                        continue
                    (folders if is_folder else names).append(entry.name)
        except OSError as error:
            onerror(error)
            continue
        yield folder, folders, names
        paths = [os.path.join(folder, name) for name in folders]
        waiting += [path for path in reversed(paths) if not os.path.islink(path)]
