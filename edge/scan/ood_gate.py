"""The reject gate: what plainly is no scan is refused, with a reason, before the model is asked.

A classifier of scans answers any picture with a probability, and the answer means nothing. The gate
sees what costs next to nothing to see: size, colour, whether there is anything; and, where one was
learned with the model, whether the picture is laid out like a slice of a head.
"""

from base64 import b64decode
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import LearnedGate, RejectGate
from edge.scan.crop import BLACK
from edge.scan.preprocess import ModelInput

_SIDE = 64  # of the picture that layouts are taken from
_DIRECTIONS = 8
FEATURES = 16 * 16 + 16 * _DIRECTIONS + 16
"""Values of a `layout`."""
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
_COARSE = 48  # pixels, at least, of a side of the copy that is looked at for content
_GRID = (64, 64)  # points at which colour is looked at
_LEVELS = np.arange(256)
_SQUARES = _LEVELS**2
_MARKED = 0.05
"""Of what is not black, at most this may be brighter than white: a mark on the scan."""
_BELOW_WHITE = np.maximum((_LEVELS * 93 + 99) // 100 - 1, 0)
"""By level, the one from above which all up to it is as bright: noise and JPEG blur a cut."""
_SMALLEST = 0.5
"""Of the model's input: what has a shorter side is not cleared, as small lesions are lost."""
_BESIDE = 0.02
"""`ModelInput.beside` may be at most this; what has more is not cleared. 62 of the 12,384 scans
of the data folders have more. Of 638 pairs of a tumor-free scan and one with a tumor at 0.15 to 0.4
of its width, beside or below, which would else have been cleared, 51 have not: 38 of 151 at 0.15,
13 of 487 larger ones."""
_MOST_TINTED = 4.0
"""Times as bright as another a channel may be on average for that to be a tint."""
_DIFFERENT = 16  # of 255: by how much a pixel must differ from the median to show something
_DIM = 64  # of 255: of a picture with nothing brighter, darkness is why nothing is seen


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a picture."""

    refused: str | None = None
    """Why the model is not asked; None if it is."""
    doubt: str | None = None
    """Why this scan is not called free of tumor, whatever the model says; None if it may be."""


def apply_gate(image: Image.Image, seen: ModelInput, gate: RejectGate) -> GateResult:
    """Whether the model is asked about a scan, and whether its "no tumor" counts.

    A slice below the brain is laid out much like one through it, in an overexposed scan nothing
    stands out, a thumbnail has lost what is small, and of two pictures in one the smaller was not
    looked at. Such scans are shown to the model, for it may find a tumor, but cannot be cleared.

    Args:
        image: the decoded scan, mode "L" or "RGB".
        seen: what the model is shown of it, from `edge.scan.preprocess.preprocess_part`.
    """
    reason, pixels = _plain_reason(image, gate), seen.pixels
    if reason is None and not seen.found:
        reason = "no head is found in the image; cut it to the scan"
    if reason is not None:
        return GateResult(refused=reason)
    if (learned := gate.learned) is not None:
        found = likeness(layout(pixels), learned)
        if found < learned.least:
            return GateResult(refused="the image does not look like an MR slice of a brain")
        if learned.sure is not None and found < learned.sure:
            return GateResult(doubt="it hardly looks like an MR slice of a brain")
    taken = [
        round(length * (min(end, 1.0) - max(start, 0.0)))
        for length, start, end in zip(image.size, seen.part[:2], seen.part[2:], strict=True)
    ]
    if min(taken) < _SMALLEST * min(pixels.shape[:2]):
        return GateResult(doubt="{}x{} pixels are too few to see small lesions".format(*taken))
    if seen.beside > _BESIDE:
        return GateResult(doubt="the image seems to hold more than one picture; cut it to one scan")
    if (white := whiteness(pixels)) > gate.max_white:
        return GateResult(doubt=f"it is overexposed: {white:.0%} of what it shows is white")
    return GateResult()


def whiteness(pixels: np.ndarray) -> float:
    """Share of what is not black that is about as bright as it gets, but for a mark; 0..1.

    Args:
        pixels: the preprocessed tensor, uint8 [height, width, channels].
    """
    counts = _counts(_first_channel(pixels))
    counts[: BLACK + 1] = 0
    upto = counts.cumsum()
    if not upto[-1]:
        return 0.0
    as_bright = upto - upto[_BELOW_WHITE]
    return float(as_bright[upto >= (1 - _MARKED) * upto[-1]].max() / upto[-1])


def _first_channel(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0])


def _counts(image: Image.Image) -> np.ndarray:
    """How many pixels of an image of mode "L" have each value, int64 [256]."""
    return np.array(image.histogram())  # a quarter of the time of numpy.bincount


def _plain_reason(image: Image.Image, gate: RejectGate) -> str | None:
    """Why no look at the layout is needed to refuse a picture.

    The picture is looked at, not the model's input, in which it may have got a black border.
    """
    width, height = image.size
    if min(image.size) < gate.min_side:
        return (
            f"{width}x{height} pixels is too small for a scan; "
            f"give at least {gate.min_side}x{gate.min_side}"
        )
    steps = tuple(max(1, side // _COARSE) for side in image.size)
    sample = image.reduce(steps).convert("L")
    counts, size = _counts(sample), sample.width * sample.height
    mean = counts @ _LEVELS / size
    if counts @ _SQUARES / size - mean * mean < gate.min_deviation**2:
        return _too_dark(image) or "the image is uniform: there is no scan in it"
    upto = counts.cumsum()
    median = int(upto.searchsorted(size // 2, "right"))
    below = median - _DIFFERENT
    alike = upto[min(median + _DIFFERENT, 255)] - (upto[below] if below >= 0 else 0)
    shown = 1.0 - alike / size
    if shown < gate.min_content:
        nothing = f"the image is nearly empty: only {shown:.1%} of it shows anything"
        return _too_dark(image) or nothing
    if image.mode == "RGB":
        color = colorfulness(image)
        if color > gate.max_color:
            return f"the image is in colour (by {color:.0f} of 255 on average), as no MR scan is"
    return None


def _too_dark(image: Image.Image) -> str | None:
    darkest, brightest = image.convert("L").getextrema()
    if brightest - darkest <= BLACK or brightest >= _DIM:
        return None
    return f"the image is too dark: nothing in it is brighter than {brightest} of 255"


def layout(pixels: np.ndarray) -> np.ndarray:
    """What a picture looks like from afar: float32 [FEATURES], independent of its overall contrast.

    Its brightness at 16x16 places, how strong edges of eight directions are in 4x4 parts, and how
    many pixels are how bright. No matrix product over the picture: a device does it in 0.2 ms.

    Args:
        pixels: the preprocessed tensor, uint8 [height, width, channels].
    """
    picture = _first_channel(pixels).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    small = np.asarray(picture).astype(np.int16)
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


def likeness(features: np.ndarray, gate: LearnedGate) -> float:
    """How much the layout is that of a head: a logit; `apply_gate` compares it with the limits.

    Raises:
        ModelError: the manifest's weights are of another size, or not finite.
    """
    first, bias, last, offset = _weights(gate)
    return float(np.maximum(features @ first + bias, 0.0) @ last + offset)


@lru_cache(maxsize=4)
def _weights(gate: LearnedGate) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    hidden = gate.hidden
    try:
        values = b64decode(gate.weights)
    except ValueError:
        values = b""
    if len(values) != FEATURES * hidden + 2 * (3 * hidden + 1):
        raise ModelError("the manifest's reject gate is of another size; train the model again")
    first = np.frombuffer(values, np.int8, FEATURES * hidden).reshape(FEATURES, hidden)
    rest = np.frombuffer(values, "<f2", offset=FEATURES * hidden).astype(np.float32)
    if not np.isfinite(rest).all():
        raise ModelError("the manifest's reject gate holds what is no number; export it again")
    scale, bias, last, offset = np.split(rest, np.arange(1, 4) * hidden)
    return first * scale, bias, last, float(offset[0])


def colorfulness(image: Image.Image) -> float:
    """Mean difference between the largest and the smallest channel, 0 (grey) to 255.

    Each channel's mean is first brought to that of all, by adding or by multiplying, whichever
    leaves less: one tint over a whole scan, or a screen at night, is no colour.
    """
    sample = image.resize(_GRID, Image.Resampling.NEAREST)
    red, green, blue = (channel.tobytes() for channel in sample.split())
    if red == green == blue:
        return 0.0  # grey saved as colour, as most scans from the web are
    points = np.asarray(sample).reshape(-1, 3)
    channels = points.T.astype(np.float32, order="C")
    means = channels.mean(axis=1, keepdims=True)
    # A channel with next to nothing in it is no tint.
    evened = channels * (means.mean() / np.maximum(means, means.max() / _MOST_TINTED))
    return min(
        float((one.max(axis=0) - one.min(axis=0)).mean())
        for one in (channels - np.rint(means - means.mean()), evened)
    )
