"""Pictures that are no MRI slice of a brain, of real things: the folder of --not-brain."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.errors import ImageError
from edge.scan.decode import decode
from edge.scan.file_format import is_image_file
from train.data.list_files import everything_below
from train.errors import TrainError

READERS = 4
LONGEST = 512
"""Pixels of a picture's longer side that are kept, at most: all pictures are in memory at once, and
the gate sees four times fewer."""


@dataclass(frozen=True)
class NotBrain:
    """Pictures by kind: chest films, photographs, other organs."""

    pictures: dict[str, tuple[np.ndarray, ...]]
    """By kind, in the order of names: uint8 [H, W] each, of at most `LONGEST` a side."""
    unreadable: tuple[str, ...] = ()
    """What could not be read, and why."""

    def __len__(self) -> int:
        return sum(map(len, self.pictures.values()))


def read_not_brain(folder: Path, tick: Callable[[], None] = lambda: None) -> NotBrain:
    """Read a folder with a subfolder for each kind.

    Raises:
        TrainError: it is no folder, has no subfolders, or a kind has no readable picture.
    """
    if not folder.is_dir():
        raise TrainError(f"--not-brain {folder}: no such folder")
    files: dict[str, list[Path]] = {}
    for path in everything_below(folder):
        if path.is_file() and path.parent != folder:
            files.setdefault(path.relative_to(folder).parts[0], []).append(path)
        elif path.is_file() and is_image_file(path):
            raise TrainError(
                f"--not-brain {path}: lies in no subfolder; pictures are in one for each kind "
                "(chest, knee, photograph)"
            )
    if not files:
        raise TrainError(
            f"--not-brain {folder}: needs a subfolder of pictures for each kind (chest, knee, "
            "photograph), has none"
        )

    def read(path: Path) -> np.ndarray | str:
        tick()
        try:
            picture = decode(path).convert("L")
            return np.asarray(picture.reduce(-(-max(picture.size) // LONGEST)))
        except (ImageError, OSError) as error:
            return str(error)

    pictures, unreadable = {}, []
    with ThreadPoolExecutor(READERS) as pool:
        for kind in sorted(files):
            found = list(pool.map(read, files[kind]))
            pictures[kind] = tuple(one for one in found if not isinstance(one, str))
            unreadable += [one for one in found if isinstance(one, str)]
            if not pictures[kind]:
                raise TrainError(f"--not-brain {folder}: no picture in {kind} can be read")
    return NotBrain(pictures, tuple(unreadable))
