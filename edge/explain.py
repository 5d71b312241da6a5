"""Where in a scan does a model see a tumor? The model's own heat map, or one by occlusion.

Many models give a map as a second output (`Manifest.heat_map`), which costs one further inference.
For the others a grey patch is laid over one part of the model's input after another, and the model
is asked each time: where covering the scan makes a tumor less likely, the model was looking (Zeiler
and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2). That costs
`PATCHES` further inferences a scan. Either way it says what moved the model, not what is true.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from time import perf_counter
from typing import NamedTuple

import numpy as np
from PIL.Image import Image, Resampling, fromarray, new

from edge.classifier import Classifier, Prediction
from edge.decide import log_odds
from edge.errors import ImageError
from edge.inputs import PICTURE
from edge.preprocess import preprocess_part

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

_LONGEST_NAME = 200
"""Bytes of a scan's name in its picture's; file systems allow 255, the picture's endings included.
"""


class HeatMap(NamedTuple):
    """How much each part of the input speaks for a tumor."""

    values: np.ndarray
    """float64 [rows, columns], in log-odds of tumor: how far they fall when that part is covered
    (occlusion), what that part adds to them (grad-cam, never below 0), or that part's own
    (evidence)."""
    method: str
    """Begins with a key of `MEANINGS`."""
    inferences: int
    """That it took besides the verdict's own."""
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


@dataclass(frozen=True, eq=False)
class Explanation:
    """The picture that was made for one scan, and what it cost."""

    file: str
    method: str
    peak: float
    """Of the heat map, in log-odds of tumor; 0 or less: nothing speaks for one."""
    inferences: int
    milliseconds: float

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "file": self.file,
            "method": self.method,
            "peak_log_odds": round(self.peak, 4),
            "inferences": self.inferences,
            "milliseconds": round(self.milliseconds, 1),
        }


@dataclass(frozen=True, eq=False)
class Pictures:
    """What `--explain` and `--format html` want of a scan besides its verdict."""

    explanation: Explanation | None
    """None if none was asked for, or the model was not asked for a verdict."""
    thumbnail: bytes | None
    """JPEG of the scan."""
    overlay: bytes | None
    """JPEG of the explanation."""


def prepare(
    folder: str | None, thumbnails: bool
) -> Callable[[Classifier, str, Image, Prediction], Pictures]:
    """What `edge.pipeline` calls for each scan; makes the folder.

    Args:
        folder: where the explanations go, or None for none.
        thumbnails: whether pictures for a web page are wanted as well.

    Raises:
        OSError: the folder cannot be made.
    """
    if folder:
        os.makedirs(folder, exist_ok=True)

    def pictures(
        classifier: Classifier, path: str, image: Image, prediction: Prediction
    ) -> Pictures:
        explanation = overlay = None
        if folder and prediction.probability is not None:
            start = perf_counter()
            heat = heat_map(classifier, image)
            from edge.picture import draw

            picture = draw(image, heat, path, prediction)
            file = os.path.join(folder, picture_name(path))
            _save(picture, file)
            took = (perf_counter() - start) * 1e3
            peak = float(heat.values.max())
            explanation = Explanation(file, heat.method, peak, heat.inferences, took)
            if thumbnails:
                overlay = _jpeg(picture, 900)
        return Pictures(explanation, _jpeg(image, 128) if thumbnails else None, overlay)

    return pictures


def heat_map(classifier: Classifier, image: Image) -> HeatMap:
    """The heat map of a decoded scan."""
    manifest = classifier.manifest
    seen, spec = preprocess_part(image, manifest.input), manifest.heat_map
    pixels, part = seen.pixels, seen.part
    if spec.method:
        values = classifier.heat_map(pixels).astype(np.float64) / manifest.decision.temperature
        return HeatMap(values, f"{spec.method}, {spec.rows}x{spec.columns} cells", 1, part)

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


def picture_name(path: str) -> str:
    """The name of a scan's picture: its own, and of its whole path a hash, which tells it from
    the scans of that name in other folders."""
    stem = os.path.basename(path) or "scan"
    stem = "".join(c if c.isprintable() else "_" for c in stem)  # no escape codes in a listing
    stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")  # no half letter at the end
    digest = blake2b(os.fsencode(os.path.abspath(path)), digest_size=4).hexdigest()
    return f"{stem}-{digest}{PICTURE}"


def _save(picture: Image, file: str) -> None:
    temporary = f"{file}.{os.getpid()}.partial"
    try:
        picture.save(temporary, "PNG")
        os.replace(temporary, file)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        reason = error.strerror or error
        raise ImageError(f"{file}: the picture cannot be written ({reason})") from error


def _jpeg(image: Image, longest: int) -> bytes:
    import io

    scale = min(1.0, longest / max(image.size))
    size = tuple(max(1, round(side * scale)) for side in image.size)
    file = io.BytesIO()
    image.resize(size, Resampling.BILINEAR).save(file, "JPEG", quality=85)
    return file.getvalue()


def upsampled(heat: HeatMap, size: tuple[int, int]) -> np.ndarray:
    """The heat map at an image's size (width, height): float32 [height, width], 0 to 1.

    1 is the map's peak; what does not speak for a tumor, and what the model did not see, is 0.
    """
    peak = heat.values.max()
    if not peak > 0:
        return np.zeros(size[::-1], np.float32)
    share = np.clip(heat.values / peak, 0, 1).astype(np.float32)
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
    result = new("F", size)
    result.paste(fromarray(share).resize(seen, Resampling.BICUBIC, box=box), tuple(starts))
    return np.clip(np.asarray(result), 0, 1)
