"""A scan and its heat map as two pictures that a web page lays over one another."""

import io
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from PIL.Image import Image, Resampling, fromarray

from edge.inference.classifier import Classifier
from edge.inference.prediction import Examined
from edge.saliency.heat_map import HeatMap, finding, heat_map, upsampled
from edge.saliency.overlay import CONTOUR, FLOOR, colour, outline
from edge.scan.colorfulness import without_grey_channels

_SCAN_SIDE, _HEAT_SIDE = 512, 320
"""Pixels of the longer side at most."""
_LEVELS = 64
"""Steps of colour. With 64 a map takes 6 kB, as RGBA 60."""
_PLACES = np.rint(np.where(np.arange(256) >= FLOOR * 255, np.arange(256), 0) / 255 * (_LEVELS - 1))
_PLACES = _PLACES.astype(np.uint8)
"""The step of each value of an upsampled map."""
_WHITE, _BLACK = _LEVELS, _LEVELS + 1
"""Places in the palette of the line that is drawn at half of the peak: white within black."""


@dataclass(frozen=True, eq=False)
class HeatLayer:
    """A heat map, to be laid over its scan."""

    png: bytes
    """Transparent where nothing speaks for a tumor, opaque at the peak."""
    method: str
    finding: str
    """What colour shows here, in words."""
    inferences: int
    milliseconds: float


@dataclass(frozen=True, eq=False)
class Layers:
    """Both pictures of one scan."""

    scan: bytes
    """JPEG."""
    heat: HeatLayer | None
    """None: the scan was rejected, or the model has no heat map of its own."""


def layers(classifier: Classifier, scan: Examined) -> Layers:
    """The pictures of a scan. A map by occlusion is not made: it takes too long."""
    image, heat = scan.image, None
    if scan.prediction.probability is not None and classifier.manifest.heat_map.method:
        start = perf_counter()
        found = heat_map(classifier, image, scan.seen)
        heat = heat_layer(found, image.size, (perf_counter() - start) * 1e3)
    return Layers(scan_jpeg(image), heat)


def scan_jpeg(image: Image, longest: int = _SCAN_SIDE) -> bytes:
    """A decoded scan, small, with nothing else of what its file said."""
    file = io.BytesIO()
    image = without_grey_channels(image)
    small = image.resize(_fitted(image.size, longest), Resampling.BILINEAR)
    small.info = {}  # a comment of the scan's file would go into the picture's
    small.save(file, "JPEG", quality=85)
    return file.getvalue()


def heat_layer(heat: HeatMap, size: tuple[int, int], milliseconds: float) -> HeatLayer:
    """A heat map as a picture of a scan's shape.

    Args:
        size: of the scan, width and height.
        milliseconds: that the map took.
    """
    share = upsampled(heat, _fitted(size, _HEAT_SIDE, grow=True))
    places = _PLACES[share]
    outline(places, share >= CONTOUR * 255, ((2, _BLACK), (1, _WHITE)))
    levels = np.linspace(0, 1, _LEVELS, dtype=np.float32)
    picture = fromarray(places).convert("P")
    picture.putpalette([*np.uint8(colour(levels)).ravel().tolist(), 255, 255, 255, 0, 0, 0])
    file = io.BytesIO()
    opaque = np.uint8(np.rint(levels * 255)).tobytes() + b"\xff\xff"
    picture.save(file, "PNG", transparency=opaque, optimize=False)
    return HeatLayer(file.getvalue(), heat.method, finding(heat), heat.inferences, milliseconds)


def _fitted(size: tuple[int, int], longest: int, grow: bool = False) -> tuple[int, int]:
    scale = longest / max(size)
    if not grow:
        scale = min(1.0, scale)
    return tuple(max(1, round(side * scale)) for side in size)
