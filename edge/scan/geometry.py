"""Square pixels: a picture is stretched to the shape of what it shows, where its file states one.

A head that is drawn with pixels 1.25 times as tall as wide is another head to a network.
"""

import math

from PIL import Image

from edge.scan.max_pixels import check_size
from edge.scan.memory_price import check_memory

SQUARE = 0.01
"""Sides of a pixel that differ by no more are equal: over 100 pixels that is one."""
MAX_RATIO = 10.0
"""More times as tall as wide, or as wide as tall, is a slip in the file. Slices across a stack of
thick ones with gaps come near to it."""
IMPOSSIBLE = "which no scanner makes; ignored"
_LEAST_SIDE = 1e-300
"""Some engines on ARM make numbers that are smaller still 0, for the whole process."""


def ratio_of(height: object, width: object) -> float | None:
    """How many times as tall as wide a pixel is; None if the sides mean nothing.

    Args:
        height, width: of a pixel, in any unit, or whatever a file has in their place.
    """
    try:
        tall, wide = float(height), float(width)
    except (TypeError, ValueError):
        return None
    if not (math.isfinite(tall) and math.isfinite(wide) and min(tall, wide) > _LEAST_SIDE):
        return None
    ratio = tall / wide
    return ratio if 0 < ratio < math.inf else None


def is_possible(ratio: float) -> bool:
    """Whether a scanner may have made pixels of this ratio."""
    return 1 / MAX_RATIO <= ratio <= MAX_RATIO


def in_words(ratio: float) -> str:
    """ "1.25 times as tall as wide", say."""
    sides = ("tall", "wide") if ratio > 1 else ("wide", "tall")
    return f"{_times(max(ratio, 1 / ratio))} times as {sides[0]} as {sides[1]}"


def is_square(ratio: float) -> bool:
    """Whether pixels of this ratio need no stretching."""
    return abs(math.log(ratio)) <= SQUARE


def even_pixels(
    image: Image.Image, ratio: float, name: str, max_pixels: int, remarks: list[str]
) -> Image.Image:
    """`image` (mode "L" or "RGB") with the side stretched along which its pixels are longer.

    A ratio that is not possible is ignored, and said. Nothing is shrunk, so nothing that the file
    shows is lost. What is given in shares of the width and the height, as boxes and heat maps are,
    holds before and after.

    Args:
        ratio: how many times as tall as wide its pixels are.
        name: of the file, for messages.
        remarks: that it was stretched is appended.

    Raises:
        ImageError: it would have more than `max_pixels` pixels, or there is no memory for it.
    """
    if is_square(ratio):
        return image
    if not is_possible(ratio):
        remarks.append(f"it states pixels {in_words(ratio)}, {IMPOSSIBLE}")
        return image
    width, height = image.size
    size = (width, round(height * ratio)) if ratio > 1 else (round(width / ratio), height)
    check_size(size, name, max_pixels)
    check_memory((width * height + size[0] * size[1]) * (1 if image.mode == "L" else 4), name)
    remarks.append(f"pixels are {in_words(ratio)}; evened")
    return image.resize(size, Image.Resampling.LANCZOS)


def _times(number: float) -> str:
    """Three digits, and none as "6e+04"."""
    return (
        f"{number:.3g}" if number < 100 else f"{number:.0f}" if number < 1e6 else "over a million"
    )
