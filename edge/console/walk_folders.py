"""Every folder below a folder, however deep."""

import os
from collections.abc import Callable, Iterator


def walk(
    top: str | os.PathLike, onerror: Callable[[OSError], object] = lambda error: None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk` from the top down, links to folders not followed, and without a call in a call.

    That of Python before 3.12 calls itself, and a thousand folders in one another end it.
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
                    (folders if is_folder else names).append(entry.name)
        except OSError as error:
            onerror(error)
            continue
        yield folder, folders, names
        paths = [os.path.join(folder, name) for name in folders]
        waiting += [path for path in reversed(paths) if not os.path.islink(path)]
