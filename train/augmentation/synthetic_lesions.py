"""Lesions put into tumor-free scans: made up, or taken from another scan.

Where every tumor comes from one scanner and every healthy head from another, a network learns the
scanner. Painted and transplanted lesions give the healthy sources scans with a lesion
(`train.augmentation.retouching` gives the sources of tumors scans without). All scans are float32
[H, W], 0..255.
"""

import numpy as np

from edge.scan.crop import BLACK
from train.augmentation.drawing import affine, blob, blurred, place, ramp, smooth_noise, tissue

_SQUARE = 4
"""Side in pixels of the squares whose means a lesion's contrast is taken from."""


def conspicuity(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> float:
    """How much a lesion changes a scan: its contrast by the root of its share of the area.

    What is seen of a signal in noise goes by contrast times the root of the area (Rose 1948, J.
    Opt. Soc. Am. 38:196). Contrast is the root mean square of the change of small squares' means,
    against the scan's bright level; texture finer than the squares does not count.

    Args:
        before, after: the scan without and with it; it shows tissue.
        mask: where it is, float32 0..1 [H, W].
    """
    height, width = (side // _SQUARE * _SQUARE for side in before.shape)
    added = ((after - before) * mask)[:height, :width]
    squares = added.reshape(height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE)
    contrast = squares.mean(axis=(1, 3)) / np.percentile(before[tissue(before)], 97)
    return float(np.sqrt((contrast**2).mean()))


def paint_lesion(
    scan: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """A scan with one made-up lesion, and its mask, float32 0..1 [H, W]; None if there is no room.

    Bright, dark, ringed or mottled, with or without oedema around it, 3.5 to 17 % of the width in
    radius: as tumors differ between T1, contrast-enhanced T1, T2 and FLAIR.
    """
    side = min(scan.shape)
    radius = side * float(np.exp(rng.uniform(np.log(0.035), np.log(0.17))))
    spot = place(scan, rng, radius)
    if spot is None:
        return None
    row, col, inside = spot
    depth = blob(rng, scan.shape, row, col, radius)
    level = float(np.median(scan[inside & (np.abs(depth) < radius)] if inside.any() else scan))
    bright = float(np.percentile(scan[inside], 97))
    edge = float(np.exp(rng.uniform(np.log(0.7), np.log(4.0))))
    body = ramp(depth, edge)
    # Outside the head there is nothing to lie in; fluid inside it may be displaced.
    room = ramp(blurred(inside.astype(np.float32) * 255, 2.0) / 255 - 0.35, 0.15)
    result, mask = scan.copy(), body * room

    def mixed(result, share, target):
        return result + share * room * (target - result)

    if rng.random() < 0.5:
        width = rng.uniform(0.3, 1.3) * radius
        fingers = np.clip(1 + 0.5 * smooth_noise(rng, 10, scan.shape), 0.1, 2.0)
        oedema = ramp(depth + width * fingers, 3.0)
        shift = rng.uniform(0.12, 0.5)
        bright_oedema = rng.random() < 0.55
        target = level + shift * (bright - level) if bright_oedema else level * (1 - shift)
        result = mixed(result, rng.uniform(0.4, 0.9) * oedema, target)
        if shift > 0.25:
            mask = np.maximum(mask, oedema * room)
    kind = rng.choice(4, p=(0.4, 0.15, 0.3, 0.15))
    texture = 1 + rng.uniform(0.0, 0.12) * smooth_noise(rng, 32, scan.shape)
    strong = rng.uniform(0.3, 1.0)
    light = (level + strong * (1.15 * bright - level)) * texture
    dark = level * (1 - rng.uniform(0.3, 0.85)) * texture
    opaque = rng.uniform(0.7, 1.0)
    if kind == 0:
        result = mixed(result, opaque * body, light)
    elif kind == 1:
        result = mixed(result, opaque * body, dark)
    elif kind == 2:
        wall = rng.uniform(0.15, 0.5) * radius
        result = mixed(result, opaque * body, light)
        core = ramp(depth - wall, edge)
        fluid = level + rng.uniform(-0.9, 0.3) * (level if rng.random() < 0.7 else bright - level)
        result = mixed(result, opaque * core, fluid * texture)
    else:
        spots = ramp(smooth_noise(rng, int(rng.integers(12, 28)), scan.shape), 0.7)
        result = mixed(result, opaque * body, dark + spots * (light - dark))
    if rng.random() < 0.3:
        result += body * rng.normal(0, 6, scan.shape).astype(np.float32)
    return np.clip(result, 0, 255), mask


def transplant(
    scan: np.ndarray,
    donor: np.ndarray,
    box: tuple[float, float, float, float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Paste what a box of another scan shows into this one; the pasted scan and its mask.

    Turned, scaled, mirrored, and brought to the level of the tissue that it comes to lie in.

    Args:
        box: left, top, right, bottom in the donor, in pixels.
    """
    left, top, right, bottom = box
    size = max(right - left, bottom - top)
    if size < 6:
        return None
    scale = rng.uniform(0.6, 1.3)
    radius = min(0.24 * min(scan.shape), size * scale / 2)
    spot = place(scan, rng, radius * 0.8)
    if spot is None:
        return None
    row, col, inside = spot
    scale = 2 * radius / size
    turn = rng.uniform(0, 2 * np.pi)
    flip = rng.choice((-1.0, 1.0))
    c, s = np.cos(turn) / scale, np.sin(turn) / scale
    x0, y0 = (left + right) / 2, (top + bottom) / 2
    rows = (c, -s * flip, x0 - c * col + s * flip * row, s, c * flip, y0 - s * col - c * flip * row)
    moved = affine(donor, rows)
    # An ellipse in the box: its corners are mostly not tumor.
    y, x = np.mgrid[: scan.shape[0], : scan.shape[1]].astype(np.float32)
    u = (rows[0] * x + rows[1] * y + rows[2] - x0) / max(3.0, (right - left) / 2)
    v = (rows[3] * x + rows[4] * y + rows[5] - y0) / max(3.0, (bottom - top) / 2)
    away = np.hypot(u, v)
    share = ramp(1.1 - away, 0.25)
    ring = (away > 1.0) & (away < 1.5)
    here, there = scan[ring & inside], moved[ring & (moved > BLACK)]
    if len(here) < 10 or len(there) < 10:
        return None
    gain = np.clip(np.median(here) / max(8.0, np.median(there)), 0.4, 2.5)
    room = ramp(blurred(inside.astype(np.float32) * 255, 2.0) / 255 - 0.35, 0.15)
    result = scan + share * room * (moved * gain - scan)
    return np.clip(result, 0, 255), share * room * (away < 0.9)
