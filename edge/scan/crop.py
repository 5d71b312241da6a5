"""Crop rules: what of a picture a model takes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from edge.scan.percentiles import percentiles_of_counts

Region = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of an image; beyond its edges where negative or larger."""


Part = tuple[float, float, float, float]
"""The same as shares of the image's width and height."""


_LOOKED_AT = 128
"""Pixels, at least, of a side of the small copy in which the head is looked for; of smaller
pictures all."""


BLACK = 12
"""Of 255: at most this is background."""


_BRIGHT = 0.2
"""Of the 90th percentile of what is not background: what is above it may be part of a head."""


_LINE = 0.03
"""Share of a row or column that must be bright: letters and specks are less."""


_NEARLY_ALL = 0.85
"""Of what is bright: has the head if what lies beside it is not to count."""


_LEAST = 0.15
"""Of the width and height between the bars: anything smaller is not taken for a head."""


_MARGIN = 0.03
"""Of the longer of the head's sides, on each side."""


_ONE_SHADE = 24
"""Of 255: what varies by no more from end to end (twice its standard deviation), and is not black,
is a bar beside the scan. In a dim picture `_BRIGHT` of its brightest, for less is told apart."""


_NOISE = 20
"""Of 255: the ground beside a head reaches this in scans that were saved badly."""


_AREA = 5
"""Pixels of the small copy, of the side of a square that shows something all over: what lies beside
a head and holds such is no writing."""


class Crop(NamedTuple):
    """What a crop rule makes of an image."""

    region: Region
    """What the model takes."""
    shown: Region
    """Of the image, what is shown of that; the rest is black."""
    beside: float = 0.0
    """As `ModelInput.beside`."""


class Small(NamedTuple):
    """A small grey copy of a picture."""

    pixels: np.ndarray
    """uint8 [height, width]."""
    counts: np.ndarray
    """How many of them have each value, int64 [256]."""
    steps: tuple[int, int]
    """Pixels of the picture that one of the copy is the mean of: across and down."""
    size: tuple[int, int]
    """Of the picture: width and height."""


def small_copy(grey: Image.Image) -> Small:
    """Of a picture of mode "L": at least `_LOOKED_AT` pixels a side."""
    steps = tuple(max(1, length // _LOOKED_AT) for length in grey.size)
    copy = grey.reduce(steps)
    return Small(np.asarray(copy), counts_of(copy), steps, grey.size)


def counts_of(image: Image.Image) -> np.ndarray:
    """How many pixels of an image of mode "L" have each value, int64 [256]."""
    return np.fromiter(image.histogram(), np.int64, 256)  # in a third of numpy.bincount's time


def whole(image: Image.Image) -> Crop:
    """All of the picture, as it is."""
    return Crop((0, 0, *image.size), (0, 0, *image.size))


def _head(image: Image.Image) -> Crop | None:
    """`find_head` in a copy of the picture that is made for this alone."""
    return find_head(small_copy(image if image.mode == "L" else image.convert("L")))


def find_head(copy: Small) -> Crop | None:
    """The square (to a pixel) around what is bright, reaching beyond the picture where it must.

    Bars beside the scan are as black as what is beyond. None where what is bright is too small to
    be a head.
    """
    small, counts, steps, size = copy
    brightest = int(counts.nonzero()[0][-1])
    if brightest <= BLACK:
        return None
    shade = min(_ONE_SHADE, int(_BRIGHT * brightest))
    across = _beside_bars(small, 0, shade)
    down = _beside_bars(small[:, across], 1, shade)
    part = small[down, across]
    if part.size != small.size:
        small, counts = part, np.bincount(part.ravel(), minlength=256)
    least = _brightness(counts)
    if least is None:
        return None
    bright = (small > least).view(np.uint8)
    # At most 255, by the steps of the copy; bytes are added in two thirds of the time of words.
    lit = [np.add.reduce(bright, axis=axis, dtype=np.uint8) for axis in (0, 1)]
    sides, between, beside = [], [], 0.0
    for axis, (length, step, part) in enumerate(zip(size, steps, (across, down), strict=True)):
        start, stop, apart = _extent(lit[axis], bright.shape[axis])
        first, end = (part.start + start) * step, (part.start + stop) * step
        beside = max(beside, apart)
        if end - first < _LEAST * (part.stop - part.start) * step:
            return None
        sides.append((first, min(end, length)))
        between.append((part.start * step, min(part.stop * step, length)))
    half = max((0.5 + _MARGIN) * (end - start) for start, end in sides)
    (left, right), (top, bottom) = [
        (round((start + end) / 2 - half), round((start + end) / 2 + half)) for start, end in sides
    ]
    (first, last), (upper, lower) = between
    inside = tuple(
        slice(max(0, start // step - part.start), max(0, -(-end // step) - part.start))
        for start, end, step, part in (
            (top, bottom, steps[1], down),
            (left, right, steps[0], across),
        )
    )
    beside = max(beside, _areas_beside(small > _NOISE, inside))
    return Crop((left, top, right, bottom), (first, upper, last, lower), beside)


def _areas_beside(visible: np.ndarray, inside: tuple[slice, ...]) -> float:
    """Share of what is visible, bool [height, width], that squares outside cover: an opening."""
    every = np.count_nonzero(visible)
    if every - np.count_nonzero(visible[inside]) < _AREA * _AREA:
        return 0.0  # as of most scans, in a tenth of the time
    outside = visible.copy()
    outside[inside] = False
    return _covered(outside) / every


def _covered(mask: np.ndarray) -> int:
    """How many places of bool [height, width] squares of `_AREA` that are true all over cover.

    All places are bits of one number, which is shifted as a whole: a tenth of the time of arrays.
    Each row ends in places that are false, so none reaches into the next.
    """
    height, width = mask.shape
    row = -(-(width + _AREA) // 8) * 8
    spread = np.zeros((height, row), bool)
    spread[:, :width] = mask
    starts = int.from_bytes(np.packbits(spread, bitorder="little").tobytes(), "little")
    for step in (1, row):
        every = starts
        for k in range(1, _AREA):
            starts &= every >> k * step
    covered = starts
    for step in (1, row):
        every = covered
        for k in range(1, _AREA):
            covered |= every << k * step
    return covered.bit_count()


def _brightness(counts: np.ndarray) -> int | None:
    """What is brighter than this may be part of a head; None: all is background.

    Args:
        counts: how many pixels have each value, int [256].
    """
    signal = counts[BLACK + 1 :]
    if not signal.any():
        return None
    (high,) = percentiles_of_counts(signal, (90,), BLACK + 1)
    return int(max(BLACK, _BRIGHT * high))


def _beside_bars(grey: np.ndarray, axis: int, shade: float) -> slice:
    """Which columns (axis 0) or rows (1) lie between bars of one shade at the picture's sides.

    All of them where nothing would be left.

    Args:
        shade: by how much a bar's pixels differ at most.
    """
    lanes = grey.swapaxes(0, axis)  # [:, i] is a column or row
    every = lanes.shape[1]
    if lanes[:, 0].min() <= BLACK and lanes[:, -1].min() <= BLACK:
        return slice(0, every)  # as of most scans
    low, count = lanes.min(axis=0), len(lanes)
    # Of at most 255 squares, so below 2**24 and exact: floats are added in a fifth of the time.
    values, ones = lanes.astype(np.float32), np.ones(count, np.float32)
    sums, squares = ((ones @ each).astype(np.int64) for each in (values, values * values))
    # Twice the standard deviation, in whole numbers.
    spread = 4 * (count * squares - sums**2)
    inside = np.flatnonzero((low <= BLACK) | (spread > (shade * count) ** 2))
    if not inside.size:
        return slice(0, every)
    start, stop = int(inside[0]), int(inside[-1]) + 1
    # What lies next to a bar is mixed with it, for the copy is coarser than the picture.
    start, stop = start + (start > 0), stop - (stop < every)
    return slice(start, stop) if start < stop else slice(0, every)


def _extent(lit: np.ndarray, of: int) -> tuple[int, int, float]:
    """From where to where rows or columns are bright, and how much of that is apart, 0..1.

    Letters and lines beside a head are left out: the one unbroken run counts if it has nearly all
    that is bright, and else all runs together, which hold more than one thing; what is not of the
    largest is apart. In whole numbers, which all processors add alike.

    Args:
        lit: how many pixels of each row or column are bright, `of` so many.
    """
    lines = (lit > int(_LINE * of)).tobytes()
    first, end = lines.find(1), lines.rfind(1) + 1
    if lines.find(0, max(first, 0), end) < 0:
        return max(first, 0), end, 0.0  # one run, as in most scans, or none
    lit = np.where(lit > _LINE * of, lit, 0)
    edges = np.flatnonzero(np.diff(lit > 0, prepend=False, append=False))
    if not edges.size:
        return 0, 0, 0.0
    runs = edges.reshape(-1, 2)
    held = [int(lit[first:end].sum()) for first, end in runs]
    most = int(np.argmax(held))
    every = int(lit.sum())
    if held[most] >= _NEARLY_ALL * every:
        return int(runs[most, 0]), int(runs[most, 1]), 0.0
    return int(edges[0]), int(edges[-1]), 1.0 - held[most] / every


class CropRule(NamedTuple):
    """A crop rule, and how the picture is looked at."""

    find: Callable[[Image.Image], Crop | None] | Callable[[Small], Crop | None]
    """From an image of mode "L" or "RGB", or from a small copy of it, to its `Crop`; None where
    there is nothing of the kind that the rule looks for: then the whole picture is taken."""
    reduced: bool = False
    """Whether head, gate and the model's input come of one reduced copy (`edge.scan.reduced`)."""


CROPS = {
    "none": CropRule(whole),
    "head": CropRule(_head),
    "reduced head": CropRule(find_head, reduced=True),
}
"""Crop rules by manifest name."""
