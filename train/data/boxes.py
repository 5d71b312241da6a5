"""Boxes around tumors, from YOLO text files: which scans have some, and which files are wrong.

One file a scan, of the scan's name with the ending .txt; one line a box: `class cx cy w h`, the
middle and the size relative to the image (https://docs.ultralytics.com/datasets/detect/). Every
class counts as a tumor.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from train.data.scans import Scan
from train.errors import TrainError

_ROUNDING = 0.01
"""Of the image: a box may stick out by so much, and is cut off."""


@dataclass(frozen=True)
class Box:
    """One tumor, as shares 0..1 of the image's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def contains(self, across: float, down: float) -> bool:
        """Whether a point, as shares of width and height, lies in it."""
        return self.left <= across <= self.right and self.top <= down <= self.bottom

    def within(self, part: Sequence[float]) -> "Box | None":
        """The same as shares of a part of the image, an `edge.scan.crop.Part`.

        What lies outside the part is cut off; None if all of it does.
        """
        left, top, right, bottom = part
        across = np.clip((np.array([self.left, self.right]) - left) / (right - left), 0, 1)
        down = np.clip((np.array([self.top, self.bottom]) - top) / (bottom - top), 0, 1)
        if across[0] >= across[1] or down[0] >= down[1]:
            return None
        return Box(float(across[0]), float(down[0]), float(across[1]), float(down[1]))


@dataclass(frozen=True)
class Boxes:
    """The boxes of scans, and what was wrong with the files."""

    of: dict[int, tuple[Box, ...]]
    """By the position of the scan."""
    problems: tuple[str, ...]
    """One line each, naming the file, none of whose boxes is used."""

    def column(self, parts: np.ndarray) -> np.ndarray:
        """The boxes of each scan, object [N]: tuples, empty where there is none.

        Args:
            parts: what of each picture is seen, float [N, 4]; the boxes are shares of that.
        """
        found = np.empty(len(parts), object)
        for i, part in enumerate(parts):
            own = (box.within(part) for box in self.of.get(i, ()))
            found[i] = tuple(box for box in own if box)
        return found


def mask_of(boxes: Sequence[Box], shape: tuple[int, int]) -> np.ndarray:
    """Where boxes are: float32 [H, W], 0 or 1."""
    mask = np.zeros(shape, np.float32)
    height, width = shape
    for box in boxes:
        # At least a pixel: a scan with a box of none would pass for one without a tumor.
        top, left = int(box.top * height), int(box.left * width)
        bottom, right = round(box.bottom * height), round(box.right * width)
        mask[top : max(top + 1, bottom), left : max(left + 1, right)] = 1
    return mask


def read_boxes(folders: Sequence[Path], scans: Sequence[Scan]) -> Boxes:
    """Find the scan of each text file and read its boxes.

    A file belongs to the scan of its name in the data folder that it lies in, or, if it lies in
    none, in any. A box of a scan without a tumor is a problem, too. Of a scan with a wrong file no
    box is used: it would be taught that there is no tumor but in the others.

    Raises:
        TrainError: no such folder, no text file in it, or none that fits a scan.
    """
    found: dict[int, tuple[Box, ...]] = {}
    problems: list[str] = []
    spoilt: set[int] = set()
    for folder in folders:
        if not folder.is_dir():
            raise TrainError(f"{folder}: no such folder (--boxes)")
        files = sorted(folder.glob("*.txt"))
        if not files:
            raise TrainError(f"{folder}: no .txt file with boxes in it (--boxes)")
        near = _scans_near(folder, scans)
        fitting, known = 0, len(problems)
        for file in files:
            own = near.get(file.stem, [])
            if len(own) > 1:
                # yes/1.png and no/1.png: boxes are of what has a tumor.
                own = [i for i in own if scans[i].positive] or own
            if len(own) != 1:
                what = "no scan has its name" if not own else f"{len(own)} scans have its name"
                problems.append(f"{file}: {what}")
                continue
            if not scans[own[0]].positive:
                problems.append(f"{file}: its scan is said to show no tumor")
                continue
            fitting += 1
            boxes, wrong = parse(file)
            problems += wrong
            if wrong:
                spoilt.add(own[0])
            if boxes:
                found[own[0]] = (*found.get(own[0], ()), *boxes)
        if not fitting:
            raise TrainError(
                f"{folder}: none of its {len(files)} files has the name of a scan with a tumor "
                f"({problems[known]}); give the boxes of the scans in --data"
            )
    return Boxes({i: own for i, own in found.items() if i not in spoilt}, tuple(problems))


def parse(file: Path) -> tuple[tuple[Box, ...], list[str]]:
    """The boxes of one file, none if a line of it is wrong, and what is wrong with it."""
    try:
        # Editors on Windows write a byte-order mark.
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return (), [f"{file}: cannot be read ({error})"]
    found = [(number, _box(line)) for number, line in enumerate(lines, 1) if line.strip()]
    problems = [(number, box) for number, box in found if isinstance(box, str)]
    if not found:
        return (), [f"{file}: holds no box"]
    if not problems:
        return tuple(box for _, box in found), []
    rest = "; its other boxes are not used either" if len(found) > len(problems) else ""
    return (), [f"{file}: line {number} {what}{rest}" for number, what in problems]


def _box(line: str) -> Box | str:
    """The box of a line, or what is wrong with it."""
    try:
        _, across, down, width, height = map(float, line.split())
    except ValueError:
        return "is no box (class cx cy w h)"
    sides = np.array([across - width / 2, down - height / 2, across + width / 2, down + height / 2])
    outside = np.maximum(-sides, sides - 1).max()
    # Not a number compares as neither.
    if not (width > 0 and height > 0 and outside <= _ROUNDING):
        return "lies outside the image"
    return Box(*np.clip(sides, 0, 1).tolist())


def _scans_near(folder: Path, scans: Sequence[Scan]) -> dict[str, list[int]]:
    """Positions of the scans by stem, of the data folder that `folder` lies in if there is one."""
    place = folder.resolve()
    roots = {scan.root for scan in scans if place.is_relative_to(scan.root)}
    by_stem = defaultdict(list)
    for i, scan in enumerate(scans):
        if not roots or scan.root in roots:
            by_stem[PurePosixPath(scan.path).stem].append(i)
    return by_stem
