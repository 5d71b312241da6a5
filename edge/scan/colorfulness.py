"""How much colour is in a picture, looked at in a few thousand places."""

import numpy as np
from PIL import Image

_GRID = (64, 64)  # points at which colour is looked at
_MOST_TINTED = 4.0
"""Times as bright as another a channel may be on average for that to be a tint."""


def colorfulness(image: Image.Image) -> float:
    """Mean difference between the largest and the smallest channel, 0 (grey) to 255.

    Each channel's mean is first brought to that of all, by adding or by multiplying, whichever
    leaves less: one tint over a whole scan, or a screen at night, is no colour.

    Args:
        image: of mode "RGB".
    """
    return grey_and_color(image)[1]


def grey_and_color(image: Image.Image) -> tuple[bool, float]:
    """Whether all that is looked at is grey, saved as colour; and the `colorfulness`."""
    sample = image.resize(_GRID, Image.Resampling.NEAREST)
    values = sample.tobytes()
    if values[::3] == values[1::3] == values[2::3]:
        return True, 0.0  # as most scans from the web are
    points = np.asarray(sample).reshape(-1, 3)
    channels = points.T.astype(np.float32, order="C")
    means = channels.mean(axis=1, keepdims=True)
    # A channel with next to nothing in it is no tint.
    evened = channels * (means.mean() / np.maximum(means, means.max() / _MOST_TINTED))
    return False, min(
        float((one.max(axis=0) - one.min(axis=0)).mean())
        for one in (channels - np.rint(means - means.mean()), evened)
    )


def without_grey_channels(image: Image.Image) -> Image.Image:
    """The picture, as one channel if it is grey saved as colour: a third of the work to draw it.

    Looked at in every place, for a small mark in colour is not to be lost.
    """
    if image.mode != "RGB" or not grey_and_color(image)[0]:
        return image
    from PIL.ImageChops import difference  # for pictures alone

    red, green, blue = image.split()
    same = not (difference(red, green).getbbox() or difference(green, blue).getbbox())
    return green if same else image
