"""What the learned part of the reject gate is told of a picture: sets of features, by name."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
from PIL import Image

_SIDE = 64  # of the picture that layouts are taken from
_DIRECTIONS = 8
_PLACES = np.arange(_SIDE - 2) * 4 // (_SIDE - 2)
_PART = (_PLACES[:, None] * 4 + _PLACES) * _DIRECTIONS
"""Of each pixel within the edge, which of 4x4 parts it is in, as the number of its first bin."""
_DIRECTION = np.array(
    [0, 0, 0, 0, 0, 3, 3, 2, 0, 0, 2, 0, 0, 1, 4, 5, 5, 0, 0, 6, 7, 7, 6, 4, 0, 0, 0]
)
"""Which of eight directions an edge has: eighths of a turn, each with its lower end.

By 9 x the sign of how brightness changes downwards, 3 x that of how it changes to the right, and
the sign of how much larger the first change is; below 0 from the end. A diagonal is where the
arctangent in 32 bits, by which models were trained, put it.
"""
_INTO_PARTS = np.float32(_PLACES[:, None] == np.arange(4))
"""Of each row or column within the edge, whether it is in each of four parts."""
_INTO_PLACES = np.float32(np.arange(_SIDE)[:, None] // 4 == np.arange(_SIDE // 4))
"""Of each row or column, which of 16 places it is in."""
_LEVELS = 16
_ENDS = np.arange(1, _LEVELS + 1)
_SUMS = 16 * 16 + 4 * 16 + _LEVELS


class FeatureSet(NamedTuple):
    """One way to describe a picture."""

    of: Callable[[Image.Image, np.ndarray], np.ndarray]
    """From the model's input (its first channel, mode "L") and how many of its pixels have each
    value, int64 [256], to float32 [count], independent of the overall contrast."""
    count: int


def _layout(pixels: Image.Image, counts: np.ndarray) -> np.ndarray:
    """Its brightness at 16x16 places, how strong edges of eight directions are in 4x4 parts, and
    how many pixels are how bright."""
    small = np.asarray(pixels.resize((_SIDE, _SIDE), Image.Resampling.BOX)).astype(np.int16)
    # In whole numbers, which are exact in float32, too, and the same on every processor.
    rows = small[0::4] + small[1::4] + small[2::4] + small[3::4]
    sums = rows[:, 0::4] + rows[:, 1::4] + rows[:, 2::4] + rows[:, 3::4]
    places = sums.astype(np.float32) / np.float32(16)
    places = (places - places.mean()) / (places.std() + 4.0)
    down = small[2:, 1:-1] - small[:-2, 1:-1]
    across = small[1:-1, 2:] - small[1:-1, :-2]
    tall, wide = down.astype(np.int32), across.astype(np.int32)
    strength = np.sqrt((tall * tall + wide * wide).astype(np.float32))
    steeper = np.sign(np.abs(down) - np.abs(across))
    direction = _DIRECTION[9 * np.sign(down) + 3 * np.sign(across) + steeper]
    edges = np.bincount((_PART + direction).ravel(), strength.ravel(), 16 * _DIRECTIONS)
    edges = np.sqrt(edges / (edges.sum() + 1.0)) * 8 - 0.5
    top = max(1.0, float(small.max()))
    levels = np.bincount((small * np.float32(15.999 / top)).astype(np.intp).ravel(), minlength=16)
    levels = np.sqrt(levels / small.size) * 4 - 0.5
    return np.concatenate([places.ravel(), edges, levels]).astype(np.float32)


def _sums(pixels: Image.Image, counts: np.ndarray) -> np.ndarray:
    """The same, of edges only how strong they are across, down and along the diagonals: sums of
    whole numbers, in half the time."""
    # All are whole numbers below 2**24: exact in float32 and the same on every processor, in
    # whichever order they are added.
    small = np.asarray(_smaller(pixels)).astype(np.float32)
    places = (_INTO_PLACES.T @ small @ _INTO_PLACES).ravel()
    changes = np.empty((4, _SIDE - 2, _SIDE - 2), np.float32)
    down, across, falling, rising = changes
    np.subtract(small[2:, 1:-1], small[:-2, 1:-1], out=down)
    np.subtract(small[1:-1, 2:], small[1:-1, :-2], out=across)
    np.add(down, across, out=falling)
    np.subtract(down, across, out=rising)
    edges = _INTO_PARTS.T @ np.abs(changes, out=changes) @ _INTO_PARTS
    # In whole numbers, too: the mean and the deviation would else depend on the order.
    wide, size = places.astype(np.int64), places.size
    mean = int(wide.sum()) / size
    deviation = sqrt(int(wide @ wide) / size - mean * mean)
    upto = counts.cumsum()
    top = int(counts.nonzero()[0][-1]) + 1
    levels = upto[-(-_ENDS * top // _LEVELS) - 1]
    levels[1:] -= levels[:-1].copy()
    found = np.empty(_SUMS, np.float32)
    found[:size] = (wide - mean) / (deviation + 64.0)
    found[size:-_LEVELS] = np.sqrt(edges.ravel() / (float(edges.sum()) + 1.0)) * 8 - 0.5
    found[-_LEVELS:] = np.sqrt(levels / int(upto[-1])) * 4 - 0.5
    return found


def _smaller(pixels: Image.Image) -> Image.Image:
    steps = tuple(length // _SIDE for length in pixels.size)
    if tuple(step * _SIDE for step in steps) == pixels.size:
        return pixels.reduce(steps)  # half the time of a filter
    return pixels.resize((_SIDE, _SIDE), Image.Resampling.BOX)


FEATURE_SETS = {
    "layout": FeatureSet(_layout, 16 * 16 + 16 * _DIRECTIONS + 16),
    "sums": FeatureSet(_sums, _SUMS),
}
"""By the name that `edge.model_file.manifest.LearnedGate.features` has."""
