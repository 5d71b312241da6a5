"""Every file and folder below a folder, links to folders followed."""

import os
from collections.abc import Iterator
from pathlib import Path

from edge.files.walk_folders import walk


def everything_below(folder: Path) -> list[Path]:
    """All visible files and folders below `folder`, sorted; paths begin with `folder` itself.

    What systems put beside files (`__MACOSX`, `@eaDir`) counts as hidden.

    Links to folders are followed, but not to one that is below `folder` anyway or that `folder` is
    in, and of several links to one folder the first alone: no file is there twice, no loop endless.
    """
    found, links, entered = [], [], set()
    place = folder.resolve()

    def enter(one: Path) -> None:
        for path, is_link in _below(one, entered):
            found.append(path)
            if is_link:
                links.append(path)

    enter(folder)
    # What is there without links comes first, whatever links to it.
    while links:
        links.sort()
        link = links.pop(0)
        target = link.resolve()
        if str(target) not in entered and not place.is_relative_to(target):
            enter(link)
    return sorted(found)


def _below(folder: Path, entered: set[str]) -> Iterator[tuple[Path, bool]]:
    """What is below a folder, and whether it is a link to a folder; such are not entered.

    Args:
        entered: real paths of the folders that were; added to.
    """
    top, real_top = os.fspath(folder), os.path.realpath(folder)
    entered.add(real_top)
    for parent, folders, files in walk(folder):
        # No link leads here from `top`: each real path need not be looked up, which takes a look at
        # each of its parents.
        real = real_top + parent[len(top) :]
        inner = []
        for name in folders:
            path, own = Path(parent, name), os.path.join(real, name)
            is_link = path.is_symlink()
            if name[0] == "." or (not is_link and own in entered):
                continue
            yield path, is_link
            if not is_link:
                entered.add(own)
                inner.append(name)
        folders[:] = inner  # `walk` enters what is left in its list
        yield from ((Path(parent, name), False) for name in files if name[0] != ".")
