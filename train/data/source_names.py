"""Where scans come from together, in names that tell data folders apart."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePath

from train.data.scans import Scan


def source_names(scans: Sequence[Scan]) -> list[str]:
    """`Scan.source` of each scan: "br35h/yes", or "siteA:scans/yes" where two folders are "scans".

    Before the first "/" stands the data folder, with as many of the folders that it is in as tell
    it from others of its name.
    """
    names = _folder_names(list(dict.fromkeys(scan.root for scan in scans)))
    return [f"{names[scan.root]}{scan.source.removeprefix(Path(scan.root).name)}" for scan in scans]


def _folder_names(roots: Sequence[str]) -> dict[str, str]:
    by_name = defaultdict(list)
    for root in roots:
        by_name[PurePath(root).name].append(root)
    return {root: ":".join(_telling(root, by_name[PurePath(root).name])) for root in roots}


def _telling(root: str, namesakes: Sequence[str]) -> tuple[str, ...]:
    """The last parts of a path, as many as no namesake ends with."""
    parts = PurePath(root).parts
    others = [PurePath(other).parts for other in namesakes if other != root]
    for number in range(1, len(parts)):
        if not any(other[-number:] == parts[-number:] for other in others):
            return parts[-number:]
    return parts[1:]
