"""Draw a heat map over its scan, for a screen and for paper."""

import os
from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from edge import NOTICE, __version__
from edge.console.messages import printable
from edge.inference.prediction import Prediction
from edge.results.words import WORDS, type_words
from edge.saliency.heat_map import HeatMap, cost, finding, upsampled
from edge.scan.colorfulness import without_grey_channels

_SIDE = 480
"""Pixels of the longer side of each of the two panels."""
_MARGIN = 24
_OVERHANG = 4
"""Pixels by which a letter may reach beyond its width, as a "j" does at the left."""
_INK, _PAPER, _FAINT = (0, 0, 0), (255, 255, 255), (90, 90, 90)
_LEGEND = 14

# Light yellow to dark red: darker is stronger, which holds on a grey print as well.
_RAMP = np.array(
    [(255, 255, 178), (254, 204, 92), (253, 141, 60), (240, 59, 32), (189, 0, 38)], np.float32
)
CONTOUR = 0.5
"""Of the peak: drawn as a line, so that a print without colour shows the place."""
FLOOR = 0.15
"""Of the peak: less than this is left uncoloured."""
_OPACITY = 0.6
_SHARES = np.arange(256, dtype=np.float32) / 255
"""Of the peak: what each value of an upsampled map means."""


def draw(
    image: Image.Image,
    heat: HeatMap,
    path: str,
    prediction: Prediction,
    typed: HeatMap | None = None,
) -> Image.Image:
    """The scan, the scan under its heat map, the verdict and what it rests on: an RGB image.

    Args:
        typed: what speaks for the type of the tumor, in a panel of its own; None: there is none.
    """
    scale = _SIDE / max(image.size)
    size = tuple(max(1, round(side * scale)) for side in image.size)
    scan = without_grey_channels(image).resize(size, Image.Resampling.BICUBIC).convert("RGB")
    share = upsampled(heat, size)
    panels = 2 if typed is None else 3
    width = panels * _SIDE + (panels + 1) * _MARGIN
    title, body, small = map(_font, (26, 17, 14))
    lines = [
        (title, _INK, f"{WORDS[prediction.verdict]}   probability {prediction.probability:.3f}"),
        (body, _INK, printable(os.path.basename(path))),
    ]
    if which := type_words(prediction.type, prediction.type_probabilities):
        lines.insert(1, (body, _INK, printable(f"{which[0].upper()}{which[1:]}")))
    if prediction.reason:
        lines.append((body, _INK, f"But {prediction.reason}."))
    lines += [(small, _FAINT, f"{remark}.") for remark in prediction.remarks]
    sha = prediction.model_sha256[:12]
    footer = [
        (small, _INK, finding(heat)),
        *([] if typed is None else [(small, _INK, _about(typed))]),
        (small, _FAINT, "It shows what moved the model, not where a tumor is."),
        (
            small,
            _FAINT,
            f"{heat.method}, {cost(heat)}; {prediction.model}, {sha}; mri-edge {__version__}",
        ),
        (body, _INK, NOTICE),
    ]
    top = _MARGIN + sum(_step(font) for font, *_ in lines) + 8
    height = top + size[1] + _LEGEND + 40 + sum(_step(font) for font, *_ in footer) + _MARGIN
    page = Image.new("RGB", (width, height), _PAPER)
    pen = ImageDraw.Draw(page)
    y = _text(page, _MARGIN, _MARGIN, lines, width - 2 * _MARGIN)
    page.paste(scan, (_MARGIN, top))
    page.paste(_overlay(scan, share), (2 * _MARGIN + _SIDE, top))
    if typed is not None:
        over = _overlay(scan, upsampled(typed, size))
        page.paste(over, (3 * _MARGIN + 2 * _SIDE, top))
    y = top + size[1] + 10
    _legend(page, pen, 2 * _MARGIN + _SIDE, y, small)
    _text(page, _MARGIN, y + _LEGEND + 24, footer, width - 2 * _MARGIN)
    return page


def _about(typed: HeatMap) -> str:
    """What the panel of the type shows, in words."""
    name = printable(typed.method.partition(",")[0])
    return f"Right: what speaks for {name} rather than another, as far as a part of the scan does."


def _overlay(scan: Image.Image, share: np.ndarray) -> Image.Image:
    """A scan of mode "RGB" under its map, uint8 [H, W] as `upsampled` gives it."""
    heat = Image.fromarray(share).convert("P")
    heat.putpalette(np.uint8(colour(_SHARES)).tobytes())
    opacity = np.where(_SHARES >= FLOOR, _OPACITY * _SHARES, 0)
    mask = Image.fromarray(np.uint8(np.rint(opacity * 255))[share])
    pixels = np.array(Image.composite(heat.convert("RGB"), scan, mask))
    # White within black: seen on bright bone and on dark background.
    outline(pixels, share >= CONTOUR * 255, ((3, _INK), (2, _PAPER)))
    return Image.fromarray(pixels)


def outline(pixels: np.ndarray, inside: np.ndarray, rings: Sequence[tuple[int, object]]) -> None:
    """Draw rings around a part of a picture into it.

    Args:
        pixels: [H, W] or [H, W, channels], written to.
        inside: the part, bool [H, W].
        rings: how far each reaches, in pixels, and what it is drawn with; the widest first.
    """
    lanes = [np.flatnonzero(inside.any(axis)) for axis in (1, 0)]
    if not lanes[0].size:
        return
    most = rings[0][0]
    near = tuple(slice(max(0, int(own[0]) - most), int(own[-1]) + most + 1) for own in lanes)
    part, shown = inside[near], pixels[near]
    for reach, value in rings:
        shown[grown(part, reach) & ~part] = value


def grown(mask: np.ndarray, reach: int) -> np.ndarray:
    """What lies within so many pixels of what is true, across and down."""
    for axis in (0, 1):
        lanes = mask.swapaxes(0, axis)
        grown = lanes.copy()
        for step in range(1, reach + 1):
            grown[step:] |= lanes[:-step]
            grown[:-step] |= lanes[step:]
        mask = grown.swapaxes(0, axis)
    return mask


def colour(share: np.ndarray) -> np.ndarray:
    """RGB of shares of the peak, 0 to 1."""
    at = share * (len(_RAMP) - 1)
    # One channel at a time: np.interp computes in double precision.
    colour = np.empty((*share.shape, 3), np.float32)
    for number, channel in enumerate(_RAMP.T):
        colour[..., number] = np.interp(at, range(len(_RAMP)), channel)
    return colour


@lru_cache
def _font(points: int):
    return ImageFont.load_default(points)


def _legend(page: Image.Image, pen: ImageDraw.ImageDraw, x: int, y: int, font) -> None:
    bar = colour(np.tile(np.linspace(0, 1, _SIDE // 2, dtype=np.float32), (_LEGEND, 1)))
    page.paste(Image.fromarray(np.uint8(bar)), (x, y))
    pen.rectangle((x, y, x + _SIDE // 2, y + _LEGEND), outline=_INK)
    pen.text((x + _SIDE // 2 + 8, y - 2), "strongest", font=font, fill=_INK)


def _text(page: Image.Image, x: int, y: int, lines: list, width: int) -> int:
    """Draw lines below one another, cut where the page ends; returns where they end."""
    for font, ink, text in lines:
        page.paste(ink, (x - _OVERHANG, y), _written(font.size, text, width))
        y += _step(font)
    return y


@lru_cache(maxsize=64)
def _written(points: int, text: str, width: int) -> Image.Image:
    """A line as a mask. Most lines are the same on each page, and drawing one takes half a ms."""
    font = _font(points)
    if font.getlength(text) > width:
        while text and font.getlength(f"{text}...") > width:
            text = text[:-1]
        text += "..."
    mask = Image.new("L", (ceil(font.getlength(text)) + 2 * _OVERHANG, 2 * points))
    ImageDraw.Draw(mask).text((_OVERHANG, 0), text, font=font, fill=255)
    return mask


def _step(font) -> int:
    return round(font.size * 1.4)
