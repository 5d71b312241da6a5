"""The reduced rules: of each picture one small copy, for all that only looks at it.

Of a picture of half a megapixel the head, bars beside it, colour and whether there is anything are
to be seen in 128 pixels as well. Under the rules of before each of these made a copy of its own.
"""

from typing import NamedTuple

from PIL import Image

from edge.model_file.manifest import InputSpec
from edge.scan.colorfulness import grey_and_color
from edge.scan.crop import Small, small_copy

AVERAGED = 1.0
"""Times the model's input that pixels are averaged down to, by whole numbers, before the filter
resizes them: it takes its time for each."""
_TWICE = 2
"""Times the model's input that a head is kept larger when a JPEG file is decoded smaller."""
_FILLED = 0.8
"""Share of a picture's longer side that a head is expected to fill: a JPEG file in which it would
still have `_TWICE` the input then is decoded smaller at first."""


class Look(NamedTuple):
    """What there is to be seen of a picture in a small copy."""

    small: Small
    color: float
    """`edge.scan.colorfulness.colorfulness`, of 255."""
    is_grey: bool
    """Whether no place has a colour."""


def grey_and_look(image: Image.Image) -> tuple[Image.Image, Look]:
    """The picture in grey, and a look at it.

    A picture in which no place has a colour is grey saved as colour: one of its channels is the
    grey, in half the time of computing it.

    Args:
        image: mode "L" or "RGB".
    """
    is_grey, color = True, 0.0
    if image.mode != "L":
        is_grey, color = grey_and_color(image)
        image = image.getchannel("G") if is_grey else image.convert("L")
    return image, Look(small_copy(image), color, is_grey)


def smallest(spec: InputSpec) -> int:
    """Pixels that a head's longer side must have, decoded smaller, for a model's input."""
    return _TWICE * max(spec.height, spec.width)


def expected(spec: InputSpec) -> int:
    """Pixels of a picture's longer side with which its head is expected to have as many."""
    return round(smallest(spec) / _FILLED)
