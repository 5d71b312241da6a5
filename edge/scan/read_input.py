"""From a scan's file to what a model is shown of it: the one way, in training and on devices.

Some rules of a manifest's say how a file is decoded as well: under a reduced rule a JPEG picture is
decoded at 1/2, 1/4 or 1/8 where that leaves its head twice as large as the model's input.
"""

import os
from time import perf_counter
from typing import BinaryIO, NamedTuple

import numpy as np

from edge.model_file.manifest import InputSpec
from edge.scan.crop import CROPS
from edge.scan.decode import DecodedScan, read_scan
from edge.scan.max_pixels import MAX_PIXELS
from edge.scan.preprocess import ModelInput, preprocess_part
from edge.scan.reduced import expected, smallest


class Read(NamedTuple):
    """A scan as a model is shown it."""

    scan: DecodedScan
    """As small as it may be decoded."""
    seen: ModelInput
    decoded: float
    """When decoding was done, by `time.perf_counter`."""


def read_input(
    scan: str | os.PathLike | bytes | BinaryIO | object,
    spec: InputSpec,
    max_pixels: int = MAX_PIXELS,
    frame: int | None = None,
) -> Read:
    """Decode a scan, as small as may be for a model's input, and make that input of it.

    Args:
        scan, max_pixels, frame: as `edge.scan.decode.read_scan` takes them.

    Raises:
        ImageError, RejectedError: as `read_scan`.
        ModelError: as `edge.scan.preprocess.preprocess`.
    """
    rule = CROPS.get(spec.crop)
    enough = expected(spec) if rule is not None and rule.reduced else None
    found = _made(read_scan(scan, max_pixels, frame, enough), spec)
    if found.scan.scale > 1 and _side(found) < smallest(spec):
        found = _made(read_scan(scan, max_pixels, frame), spec)
    return found


def read_pixels(scan: str | os.PathLike | bytes | BinaryIO | object, spec: InputSpec) -> np.ndarray:
    """The input alone, uint8 [height, width, channels]. Raises as `read_input`."""
    return read_input(scan, spec).seen.pixels


def _made(scan: DecodedScan, spec: InputSpec) -> Read:
    decoded = perf_counter()
    return Read(scan, preprocess_part(scan.image, spec), decoded)


def _side(found: Read) -> float:
    """Pixels of the longer side of what a model is shown, as it was decoded."""
    image, (left, top, right, bottom) = found.scan.image, found.seen.part
    return max((right - left) * image.width, (bottom - top) * image.height)
