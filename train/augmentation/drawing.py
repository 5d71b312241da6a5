"""What scans are changed with: tissue, places in it, blobs, noise, soft edges, other positions.

All scans are float32 [H, W], 0..255.
"""

import numpy as np
from PIL import Image, ImageFilter

from edge.scan.crop import BLACK

_VISIBLE = 0.25
"""Share of a scan's bright level (its 90th percentile of what is not black) that is tissue."""


def smooth_noise(rng: np.random.Generator, cells: int, shape: tuple[int, int]) -> np.ndarray:
    """Noise with about `cells` bumps a side, standard deviation about 1; float32 [H, W]."""
    grid = rng.standard_normal((cells, cells)).astype(np.float32) * 1.4
    height, width = shape
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC))


def tissue(scan: np.ndarray) -> np.ndarray:
    """Where a scan shows the head and not the black around it; bool [H, W]."""
    visible = scan[scan > BLACK]
    return scan > max(BLACK, _VISIBLE * np.percentile(visible, 90) if visible.size else 255)


def head(scan: np.ndarray) -> np.ndarray:
    """The tissue, a pixel or two around it and what that encloses, fluid and air; bool [H, W]."""
    from scipy.ndimage import binary_dilation, binary_fill_holes

    return binary_fill_holes(binary_dilation(tissue(scan), iterations=2))


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


def oval(
    rng: np.random.Generator,
    shape: tuple[int, int],
    sides: tuple[float, float],
    aside: float,
    dents: float,
) -> np.ndarray:
    """Depth below the surface of a turned, dented ellipse: 0 there, 1 in its middle, dents aside.

    Args:
        sides: from and to of its half-axes, 1 being half of the picture.
        aside: of the same, by how much it may lie beside the middle.
        dents: the largest deviation of their depth, of a half-axis; single ones go further.

    Returns:
        float32 [H, W], negative outside.
    """
    y, x = np.mgrid[-1 : 1 : 1j * shape[0], -1 : 1 : 1j * shape[1]].astype(np.float32)
    turn, (tall, wide) = rng.uniform(-0.5, 0.5), rng.uniform(*sides, 2)
    y, x = y - rng.uniform(-aside, aside), x - rng.uniform(-aside, aside)
    c, s = np.cos(turn), np.sin(turn)
    uneven = rng.uniform(0, dents) * smooth_noise(rng, int(rng.integers(2, 6)), shape)
    return 1 + uneven - np.hypot((c * y + s * x) / tall, (c * x - s * y) / wide)


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


def ramp(depth: np.ndarray, width: float) -> np.ndarray:
    """0 below -width / 2, 1 above width / 2, straight between."""
    return np.clip(depth / width + 0.5, 0.0, 1.0).astype(np.float32)


def blurred(scan: np.ndarray, radius: float) -> np.ndarray:
    """Softened by a Gaussian of so many pixels, and rounded to whole levels."""
    picture = Image.fromarray(np.clip(scan, 0, 255).astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), np.float32)


def affine(scan: np.ndarray, rows: tuple[float, ...]) -> np.ndarray:
    """Each pixel taken from where rows (a, b, c, d, e, f) say: x' = ax + by + c, y' = dx + ey + f.

    Coordinates count from the middles of pixels; outside the scan is black.
    """
    picture = Image.fromarray(np.ascontiguousarray(scan, np.float32))
    # Pillow counts from pixels' corners, the rows from their middles.
    a, b, c, d, e, f = rows
    moved = (a, b, c + 0.5 - 0.5 * (a + b), d, e, f + 0.5 - 0.5 * (d + e))
    return np.asarray(
        picture.transform(picture.size, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)
    )
