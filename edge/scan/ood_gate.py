"""The reject gate: what plainly is no scan is refused, with a reason.

A classifier of scans answers any picture with a probability, and the answer means nothing. The gate
sees what costs next to nothing to see: size, colour, whether there is anything; and, where one was
learned with the model, whether the picture is laid out like a slice of a head. Newer models say
that themselves (`with_likeness`).
"""

from base64 import b64decode
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import LearnedGate, RejectGate
from edge.scan.colorfulness import colorfulness
from edge.scan.crop import BLACK, counts_of
from edge.scan.gate_features import FEATURE_SETS
from edge.scan.preprocess import ModelInput
from edge.scan.reduced import Look

_COARSE = 48  # pixels, at least, of a side of the copy that is looked at for content
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
_DIFFERENT = 16  # of 255: by how much a pixel must differ from the median to show something
NOT_LEARNED = "no gate was learned: pictures of other things may get a verdict"
"""What a model without the learned part is to say of itself."""
_DIM = 64  # of 255: of a picture with nothing brighter, darkness is why nothing is seen


@dataclass(frozen=True)
class GateResult:
    """What the gate says of a picture."""

    refused: str | None = None
    """Why there is no verdict; None if there is one."""
    doubt: str | None = None
    """Why this scan is not called free of tumor, whatever the model says; None if it may be."""


def apply_gate(
    image: Image.Image, seen: ModelInput, gate: RejectGate, scale: int = 1
) -> GateResult:
    """Whether the model is asked about a scan, and whether its "no tumor" counts.

    A slice below the brain is laid out much like one through it, in an overexposed scan nothing
    stands out, a thumbnail has lost what is small, and of two pictures in one the smaller was not
    looked at. Such scans are shown to the model, for it may find a tumor, but cannot be cleared.

    Args:
        image: the decoded scan, mode "L" or "RGB".
        seen: what the model is shown of it, from `edge.scan.preprocess.preprocess_part`.
        scale: as `edge.scan.decode.DecodedScan` has it.
    """
    size = [scale * length for length in image.size]
    reason, pixels = _too_small(size, gate) or _plain_reason(image, seen.look, gate), seen.pixels
    if reason is None and not seen.found:
        reason = "no head is found in the image; cut it to the scan"
    if reason is not None:
        return GateResult(refused=reason)
    channel = _first_channel(pixels)
    counts = counts_of(channel)
    if (learned := gate.learned) is not None and not learned.in_graph:
        judged = with_likeness(GateResult(), _likeness(channel, counts, learned), learned)
        if judged.refused or judged.doubt:
            return judged
    taken = [
        round(length * (min(end, 1.0) - max(start, 0.0)))
        for length, start, end in zip(size, seen.part[:2], seen.part[2:], strict=True)
    ]
    if min(taken) < _SMALLEST * min(pixels.shape[:2]):
        return GateResult(doubt="{}x{} pixels are too few to see small lesions".format(*taken))
    if seen.beside > _BESIDE:
        return GateResult(doubt="the image seems to hold more than one picture; cut it to one scan")
    if (white := whiteness(counts)) > gate.max_white:
        return GateResult(doubt=f"it is overexposed: {white:.0%} of what it shows is white")
    return GateResult()


def with_likeness(said: GateResult, found: float | None, gate: LearnedGate | None) -> GateResult:
    """What the gate says once it is known how much the input looks like a head.

    Args:
        said: what it said before.
        found: a logit. One that is no number refuses the scan. None: the model's graph tells none,
            so `said` stands, and `gate` is not used.
    """
    if found is None or said.refused is not None:
        return said
    if not found >= gate.least:
        return GateResult(refused="the image does not look like an MR slice of a brain")
    if gate.sure is not None and found < gate.sure:
        return GateResult(doubt="it hardly looks like an MR slice of a brain")
    return said


def whiteness(counts: np.ndarray) -> float:
    """Share of what is not black that is about as bright as it gets, but for a mark; 0..1.

    Args:
        counts: how many pixels of the model's input have each value, int64 [256].
    """
    upto = counts.cumsum()
    upto -= upto[BLACK]
    upto[:BLACK] = 0
    if not upto[-1]:
        return 0.0
    as_bright = upto - upto[_BELOW_WHITE]
    return float(as_bright[upto >= (1 - _MARKED) * upto[-1]].max() / upto[-1])


def _first_channel(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0])


def _too_small(size: list[int], gate: RejectGate) -> str | None:
    if min(size) >= gate.min_side:
        return None
    return (
        f"{size[0]}x{size[1]} pixels is too small for a scan; "
        f"give at least {gate.min_side}x{gate.min_side}"
    )


def _plain_reason(image: Image.Image, look: Look | None, gate: RejectGate) -> str | None:
    """Why no look at the layout is needed to refuse a picture.

    The picture is looked at, not the model's input, in which it may have got a black border.

    Args:
        look: at it, where that was taken already.
    """
    if look is None:
        steps = tuple(max(1, side // _COARSE) for side in image.size)
        sample = image.reduce(steps).convert("L")
        counts, size = counts_of(sample), sample.width * sample.height
    else:
        counts, size = look.small.counts, look.small.pixels.size
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
        color = colorfulness(image) if look is None else look.color
        if color > gate.max_color:
            return f"the image is in colour (by {color:.0f} of 255 on average), as no MR scan is"
    return None


def _too_dark(image: Image.Image) -> str | None:
    darkest, brightest = image.convert("L").getextrema()
    if brightest - darkest <= BLACK or brightest >= _DIM:
        return None
    return f"the image is too dark: nothing in it is brighter than {brightest} of 255"


def likeness(pixels: np.ndarray, gate: LearnedGate) -> float:
    """How much a picture looks like a head: a logit; `apply_gate` compares it with the limits.

    Args:
        pixels: the preprocessed tensor, uint8 [height, width, channels].

    Raises:
        ModelError: the manifest's weights are of another size, or not finite; or this version
            knows nothing of its features.
    """
    channel = _first_channel(pixels)
    return _likeness(channel, counts_of(channel), gate)


def _likeness(channel: Image.Image, counts: np.ndarray, gate: LearnedGate) -> float:
    first, bias, last, offset = _weights(gate)
    features = FEATURE_SETS[gate.features].of(channel, counts)
    return float(np.maximum(features @ first + bias, 0.0) @ last + offset)


@lru_cache(maxsize=4)
def _weights(gate: LearnedGate) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    hidden, known = gate.hidden, FEATURE_SETS.get(gate.features)
    if known is None:
        raise ModelError(
            f"the model's reject gate asks for the unknown features {gate.features[:60]!r}; "
            "install a newer mri-edge"
        )
    try:
        values = b64decode(gate.weights)
    except ValueError:
        values = b""
    if len(values) != known.count * hidden + 2 * (3 * hidden + 1):
        raise ModelError("the manifest's reject gate is of another size; train the model again")
    first = np.frombuffer(values, np.int8, known.count * hidden).reshape(-1, hidden)
    rest = np.frombuffer(values, "<f2", offset=known.count * hidden).astype(np.float32)
    if not np.isfinite(rest).all():
        raise ModelError("the manifest's reject gate holds what is no number; export it again")
    scale, bias, last, offset = np.split(rest, np.arange(1, 4) * hidden)
    return first * scale, bias, last, float(offset[0])
