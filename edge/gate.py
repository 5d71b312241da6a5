"""The reject gate: what plainly is no scan is refused, with a reason, before the model is asked.

A classifier of scans answers any picture with a probability, and the answer means nothing. The gate
sees what costs next to nothing to see; it does not tell an X-ray from an MR slice.
"""

import numpy as np
from PIL import Image

from edge.manifest import RejectGate

_GRID = (64, 64)  # points at which colour is looked at
_LEVELS = np.arange(256)
_SQUARES = _LEVELS**2
_DIFFERENT = 16  # of 255: by how much a pixel must differ from the median to show something


def reject_reason(image: Image.Image, pixels: np.ndarray, gate: RejectGate) -> str | None:
    """Why a scan is refused before the model is asked, or None if it is not.

    Args:
        image: the decoded scan, mode "L" or "RGB".
        pixels: the preprocessed tensor, uint8 [height, width, channels].
    """
    width, height = image.size
    if min(image.size) < gate.min_side:
        return (
            f"{width}x{height} pixels is too small for a scan; "
            f"give at least {gate.min_side}x{gate.min_side}"
        )
    sample = pixels[::4, ::4, 0].ravel()  # a 16th of one channel shows it as well
    counts = np.bincount(sample, minlength=256)
    mean = counts @ _LEVELS / sample.size
    if counts @ _SQUARES / sample.size - mean * mean < gate.min_deviation**2:
        return "the image is uniform: there is no scan in it"
    upto = counts.cumsum()
    median = int(upto.searchsorted(sample.size // 2, "right"))
    below = median - _DIFFERENT
    shown = 1.0 - (upto[min(median + _DIFFERENT, 255)] - (upto[below] if below >= 0 else 0)) / (
        sample.size
    )
    if shown < gate.min_content:
        return f"the image is nearly empty: only {shown:.1%} of it shows anything"
    if image.mode == "RGB":
        color = colorfulness(image)
        if color > gate.max_color:
            return f"the image is in colour (by {color:.0f} of 255 on average), as no MR scan is"
    return None


def colorfulness(image: Image.Image) -> float:
    """Mean difference between the largest and the smallest channel, 0 (grey) to 255.

    Each channel's mean is first brought to that of all: one tint over a whole scan is no colour.
    """
    points = np.asarray(image.resize(_GRID, Image.Resampling.NEAREST)).reshape(-1, 3)
    if (points[:, 0] == points[:, 1]).all() and (points[:, 1] == points[:, 2]).all():
        return 0.0  # grey saved as colour, as most scans from the web are: three times as fast
    channels = points.T.astype(np.int16, order="C")
    means = channels.mean(axis=1)
    channels -= np.rint(means - means.mean()).astype(np.int16)[:, None]
    return float((channels.max(axis=0) - channels.min(axis=0)).mean())
