"""Lesions put into scans, and changes that look as much like retouching but are no lesion.

Where every tumor comes from one scanner and every healthy head from another, a network learns the
scanner. Painted and transplanted lesions give the healthy sources scans with a lesion, mirrored
hemispheres give the sources of tumors scans without, and patches of healthy tissue pasted the same
way keep the traces of pasting from being a sign. All scans are float32 [H, W], 0..255.
"""

import numpy as np
from PIL import Image

_VISIBLE = 0.25
"""Share of a scan's bright level (its 90th percentile of what is not black) that is tissue."""
_DARK = 12.0
"""Of 255: at most this is background."""


def smooth_noise(rng: np.random.Generator, cells: int, shape: tuple[int, int]) -> np.ndarray:
    """Noise with about `cells` bumps a side, standard deviation about 1; float32 [H, W]."""
    grid = rng.standard_normal((cells, cells)).astype(np.float32) * 1.4
    height, width = shape
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC))


def tissue(scan: np.ndarray) -> np.ndarray:
    """Where a scan shows the head and not the black around it; bool [H, W]."""
    visible = scan[scan > _DARK]
    return scan > max(_DARK, _VISIBLE * np.percentile(visible, 90) if visible.size else 255)


def blob(
    rng: np.random.Generator, shape: tuple[int, int], row: float, col: float, radius: float
) -> np.ndarray:
    """Depth in pixels below the surface of a dented ellipse, negative outside; float32 [H, W]."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn, squeeze = rng.uniform(0, np.pi), rng.uniform(0.6, 1.0)
    c, s = np.cos(turn), np.sin(turn)
    y, x = y - row, x - col
    distance = np.hypot((c * x + s * y) / np.sqrt(squeeze), (c * y - s * x) * np.sqrt(squeeze))
    dents = rng.uniform(0.05, 0.3) * radius
    return radius - distance + dents * smooth_noise(rng, int(rng.integers(6, 16)), shape)


def place(
    scan: np.ndarray, rng: np.random.Generator, radius: float
) -> tuple[int, int, np.ndarray] | None:
    """Row, column and tissue of a spot that lies in the head with most of a lesion's area.

    None if there is none.
    """
    inside = tissue(scan)
    rows, cols = np.nonzero(inside)
    if len(rows) < 200:
        return None
    # The head's hull is wider than its tissue: fluid is dark, too.
    top, bottom = np.percentile(rows, [3, 97])
    left, right = np.percentile(cols, [3, 97])
    middle = (top + bottom) / 2, (left + right) / 2
    half = max(4.0, (bottom - top) / 2), max(4.0, (right - left) / 2)
    for _ in range(12):
        pick = rng.integers(len(rows))
        row, col = int(rows[pick]), int(cols[pick])
        # Inside the ellipse of the head by a margin, so that it is rarely the scalp.
        away = np.hypot((row - middle[0]) / half[0], (col - middle[1]) / half[1])
        near = inside[
            max(0, row - int(radius / 2)) : row + int(radius / 2) + 1,
            max(0, col - int(radius / 2)) : col + int(radius / 2) + 1,
        ]
        if away < 0.82 and near.mean() > 0.6:
            return row, col, inside
    return None


def paint_lesion(
    scan: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray] | None:
    """A scan with one made-up lesion, and its mask, float32 0..1 [H, W]; None if there is no room.

    Bright, dark, ringed or mottled, with or without oedema around it, 4 to 20 % of the width in
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
    body = _ramp(depth, edge)
    # Outside the head there is nothing to lie in; fluid inside it may be displaced.
    room = _ramp(_blurred(inside.astype(np.float32) * 255, 2.0) / 255 - 0.35, 0.15)
    result, mask = scan.copy(), body * room

    def mixed(result, share, target):
        return result + share * room * (target - result)

    if rng.random() < 0.5:
        width = rng.uniform(0.3, 1.3) * radius
        fingers = np.clip(1 + 0.5 * smooth_noise(rng, 10, scan.shape), 0.1, 2.0)
        oedema = _ramp(depth + width * fingers, 3.0)
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
        core = _ramp(depth - wall, edge)
        fluid = level + rng.uniform(-0.9, 0.3) * (level if rng.random() < 0.7 else bright - level)
        result = mixed(result, opaque * core, fluid * texture)
    else:
        spots = _ramp(smooth_noise(rng, int(rng.integers(12, 28)), scan.shape), 0.7)
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
    moved = _affine(donor, rows)
    # An ellipse in the box: its corners are mostly not tumor.
    y, x = np.mgrid[: scan.shape[0], : scan.shape[1]].astype(np.float32)
    u = (rows[0] * x + rows[1] * y + rows[2] - x0) / max(3.0, (right - left) / 2)
    v = (rows[3] * x + rows[4] * y + rows[5] - y0) / max(3.0, (bottom - top) / 2)
    away = np.hypot(u, v)
    share = _ramp(1.1 - away, 0.25)
    ring = (away > 1.0) & (away < 1.5)
    here, there = scan[ring & inside], moved[ring & (moved > _DARK)]
    if len(here) < 10 or len(there) < 10:
        return None
    gain = np.clip(np.median(here) / max(8.0, np.median(there)), 0.4, 2.5)
    room = _ramp(_blurred(inside.astype(np.float32) * 255, 2.0) / 255 - 0.35, 0.15)
    result = scan + share * room * (moved * gain - scan)
    return np.clip(result, 0, 255), share * room * (away < 0.9)


def harmless(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The scan with a patch of its own other side pasted where it belongs: nothing was added.

    Also marks beside the head and softened patches, which are no lesion either.
    """
    result = scan
    radius = rng.uniform(0.06, 0.2) * min(scan.shape)
    spot = place(scan, rng, radius)
    if spot is not None and rng.random() < 0.7:
        share = _ramp(blob(rng, scan.shape, spot[0], spot[1], radius), rng.uniform(1, 4))
        if rng.random() < 0.5:
            other = mirrored(scan)
            other = other * _matching(scan, other, share)
        else:
            other = _blurred(scan, rng.uniform(0.6, 1.5))
        result = result + share * (other - result)
    if rng.random() < 0.3:
        result = _marked(result, rng)
    return result


def without_lesion(
    scan: np.ndarray,
    boxes: list[tuple[float, float, float, float]],
    rng: np.random.Generator,
) -> np.ndarray | None:
    """The scan with its boxed tumors replaced by the mirrored other side of the head.

    None where the other side cannot stand in: a box across the midline, or one that has its
    mirror image in another box.
    """
    if len(boxes) > 1:
        return None
    left, top, right, bottom = boxes[0]
    axis = _midline(scan)
    if axis is None or left - 3 < axis < right + 3:
        return None
    other = mirrored(scan, axis)
    y, x = np.mgrid[: scan.shape[0], : scan.shape[1]].astype(np.float32)
    outside = np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom))
    grow = rng.uniform(1, 5)
    share = _ramp(grow - outside + 1.5 * smooth_noise(rng, 10, scan.shape), 2.0)
    return np.clip(scan + share * (other * _matching(scan, other, share) - scan), 0, 255)


def mirrored(scan: np.ndarray, axis: float | None = None) -> np.ndarray:
    """Left and right swapped about the head's middle, or about a column."""
    if axis is None:
        axis = _midline(scan)
    if axis is None:
        axis = (scan.shape[1] - 1) / 2
    return _affine(scan, (-1, 0, 2 * axis, 0, 1, 0))


def _midline(scan: np.ndarray) -> float | None:
    """Column about which the head is most symmetric; None if it hardly is."""
    cols = np.nonzero(tissue(scan).any(axis=0))[0]
    if len(cols) < 20:
        return None
    centre = (cols[0] + cols[-1]) / 2
    small = _blurred(scan, 2.0)[::2]
    small -= small.mean()
    axes = np.arange(centre - 5, centre + 5.1, 0.5)
    places = np.rint(2 * axes[:, None] - np.arange(scan.shape[1])).astype(int)
    others = small[:, np.clip(places, 0, scan.shape[1] - 1)]
    others -= others.mean(axis=(0, 2), keepdims=True)
    products = np.einsum("ij,ikj->k", small, others)
    norms = np.einsum("ikj,ikj->k", others, others) * np.einsum("ij,ij->", small, small)
    alike = products / np.sqrt(np.maximum(norms, 1e-6))
    best = int(alike.argmax())
    return float(axes[best]) if alike[best] > 0.8 else None


def _matching(scan: np.ndarray, other: np.ndarray, share: np.ndarray) -> float:
    """Factor that brings `other` to the level of `scan` around the pasted patch."""
    ring = (share > 0.02) & (share < 0.6)
    if ring.sum() < 10:
        return 1.0
    return float(np.clip(scan[ring].mean() / max(4.0, other[ring].mean()), 0.6, 1.6))


def _marked(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A few bright strokes in a corner, as the letters on a scan from the web."""
    result = scan.copy()
    height, width = scan.shape
    top = int(rng.choice((rng.integers(0, 12), rng.integers(height - 18, height - 8))))
    left = int(rng.choice((rng.integers(0, 12), rng.integers(width - 24, width - 12))))
    for _ in range(int(rng.integers(1, 6))):
        y, x = top + int(rng.integers(0, 6)), left + int(rng.integers(0, 10))
        if rng.random() < 0.5:
            result[y, x : x + int(rng.integers(2, 7))] = rng.uniform(120, 255)
        else:
            result[y : y + int(rng.integers(2, 7)), x] = rng.uniform(120, 255)
    return result


def _ramp(depth: np.ndarray, width: float) -> np.ndarray:
    """0 below -width / 2, 1 above width / 2, straight between."""
    return np.clip(depth / width + 0.5, 0.0, 1.0).astype(np.float32)


def _blurred(scan: np.ndarray, radius: float) -> np.ndarray:
    from PIL import ImageFilter

    picture = Image.fromarray(np.clip(scan, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def _affine(scan: np.ndarray, rows: tuple[float, ...]) -> np.ndarray:
    picture = Image.fromarray(np.ascontiguousarray(scan, np.float32))
    # Pillow counts from pixels' corners, the rows from their middles.
    a, b, c, d, e, f = rows
    moved = (a, b, c + 0.5 - 0.5 * (a + b), d, e, f + 0.5 - 0.5 * (d + e))
    return np.asarray(
        picture.transform(picture.size, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)
    )
