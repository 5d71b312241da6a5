"""Where in a scan does a model see a tumor? The model's own heat map, or one by occlusion."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL.Image import Image, Resampling, fromarray, new

from edge.inference.classifier import Classifier
from edge.inference.decision import log_odds
from edge.scan.preprocess import ModelInput, preprocess_part

GRID = 12
"""Positions of the patch along each side; it covers two of them, so neighbours overlap."""


PATCHES = GRID * GRID


METHOD = f"occlusion, {GRID}x{GRID} positions"


MEANINGS = {
    "occlusion": "where covering the scan makes a tumor less likely to the model",
    "grad-cam": "what in the model's last features speaks for a tumor",
    "evidence": "what the model takes for a tumor, part by part",
}
"""What colour shows, by method."""


class HeatMap(NamedTuple):
    """How much each part of the input speaks for a tumor."""

    values: np.ndarray
    """float64 [rows, columns], in log-odds of tumor: how far they fall when that part is covered
    (occlusion), what that part adds to them (grad-cam, never below 0), or that part's own
    (evidence)."""
    method: str
    """Begins with a key of `MEANINGS`."""
    inferences: int
    """That it took besides the verdict's own: none where the engine gave the map with it."""
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    """Of the picture, which the map is of: left, top, right and bottom as shares of its width and
    height; beyond its edges where below 0 or above 1."""

    @property
    def place(self) -> tuple[float, float]:
        """The middle of the strongest cell, as shares of the picture's width and height.

        Beyond the picture, below 0 or above 1, where the model saw black around it.
        """
        row, column = np.unravel_index(int(self.values.argmax()), self.values.shape)
        left, top, right, bottom = self.part
        return (
            float(left + (column + 0.5) / self.values.shape[1] * (right - left)),
            float(top + (row + 0.5) / self.values.shape[0] * (bottom - top)),
        )


def heat_map(classifier: Classifier, image: Image, seen: ModelInput | None = None) -> HeatMap:
    """The heat map of a decoded scan.

    Args:
        seen: what the model was shown of it; None: it is made of the image.
    """
    manifest = classifier.manifest
    seen, spec = seen or preprocess_part(image, manifest.input), manifest.heat_map
    pixels, part = seen.pixels, seen.part
    if spec.method:
        values, runs = classifier.map_and_runs(pixels)
        values = values.astype(np.float64) / manifest.decision.temperature
        return HeatMap(values, f"{spec.method}, {spec.rows}x{spec.columns} cells", runs, part)

    def log_odds_of(stack: np.ndarray) -> np.ndarray:
        found = classifier.many_logits(stack)
        return np.array(
            [log_odds(one, manifest.decision, manifest.positive_index) for one in found]
        )

    return occlusion(log_odds_of, pixels)._replace(part=part)


def occlusion(log_odds: Callable[[np.ndarray], np.ndarray], pixels: np.ndarray) -> HeatMap:
    """A heat map by covering `pixels`, uint8 [height, width, channels], piece by piece.

    Args:
        log_odds: of tumor, float64 [N], for a stack of inputs [N, height, width, channels].
    """
    height, width = pixels.shape[:2]
    rows, columns = (np.linspace(0, side, GRID + 1).round().astype(int) for side in (height, width))
    # The scan's own mean: a black patch would look like background, a white one like a lesion.
    grey = np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
    whole = log_odds(pixels[None])[0]
    falls = np.empty((GRID, GRID))
    for row in range(GRID):
        # A row of positions is one batch: enough for an engine, and little memory.
        stack = np.repeat(pixels[None], GRID, axis=0)
        top, bottom = rows[max(row - 1, 0)], rows[min(row + 2, GRID)]
        for column in range(GRID):
            left, right = columns[max(column - 1, 0)], columns[min(column + 2, GRID)]
            stack[column, top:bottom, left:right] = grey
        falls[row] = whole - log_odds(stack)
    return HeatMap(falls, METHOD, PATCHES + 1)


def finding(heat: HeatMap) -> str:
    """What the colour of a map shows, in words."""
    meaning = MEANINGS[heat.method.partition(",")[0]]
    peak = float(heat.values.max())
    if not peak > 0:
        return f"Nothing is coloured. Colour would show {meaning}."
    if not all(0 <= share <= 1 for share in heat.place):
        return f"The strongest part ({peak:.2f} in log-odds) lies in the black beside the picture."
    return f"Colour: {meaning}, at most by {peak:.2f} in log-odds; line: half of that."


def cost(heat: HeatMap) -> str:
    """What the map took, in words."""
    count = heat.inferences or "no"
    return f"{count} further inference{'s' * (heat.inferences > 1)}"


def upsampled(heat: HeatMap, size: tuple[int, int]) -> np.ndarray:
    """The heat map at an image's size (width, height): uint8 [height, width].

    255 is the map's peak; what does not speak for a tumor, and what the model did not see, is 0.
    """
    peak = heat.values.max()
    if not peak > 0:
        return np.zeros(size[::-1], np.uint8)
    share = np.uint8(np.rint(np.clip(heat.values / peak, 0, 1) * 255))
    # Only what lies in the picture is drawn: the square around a long one would fill the memory.
    starts, ends, cells = [], [], []
    for axis, side in enumerate(size):
        low, high = heat.part[axis], heat.part[axis + 2]
        start = min(max(0, round(low * side)), side - 1)
        end = max(start + 1, min(side, round(high * side)))
        scale = share.shape[1 - axis] / (high - low)
        cells.append([(edge / side - low) * scale for edge in (start, end)])
        starts.append(start)
        ends.append(end)
    limits = [np.clip(pair, 0, share.shape[1 - axis]) for axis, pair in enumerate(cells)]
    box = (limits[0][0], limits[1][0], limits[0][1], limits[1][1])
    seen = (ends[0] - starts[0], ends[1] - starts[1])
    result = new("L", size)
    result.paste(fromarray(share).resize(seen, Resampling.BICUBIC, box=box), tuple(starts))
    return np.asarray(result)
