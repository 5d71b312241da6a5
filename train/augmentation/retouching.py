"""Changes to scans that look as much like retouching as a lesion put in, and leave no lesion.

Tumors covered by the mirrored other side give the sources of tumors scans without one, and patches
of healthy tissue pasted the same way keep the traces of pasting from being a sign. All scans are
float32 [H, W], 0..255.
"""

import numpy as np

from train.augmentation.drawing import affine, blob, blurred, place, ramp, smooth_noise, tissue


def harmless(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The scan with a patch of its own other side pasted where it belongs: nothing was added.

    Also marks beside the head and softened patches, which are no lesion either.
    """
    result = scan
    radius = rng.uniform(0.06, 0.2) * min(scan.shape)
    spot = place(scan, rng, radius)
    if spot is not None and rng.random() < 0.7:
        share = ramp(blob(rng, scan.shape, spot[0], spot[1], radius), rng.uniform(1, 4))
        if rng.random() < 0.5:
            other = mirrored(scan)
            other = other * _matching(scan, other, share)
        else:
            other = blurred(scan, rng.uniform(0.6, 1.5))
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

    None where the other side cannot stand in: a box across the midline, or more boxes than one, of
    which another may have the mirror image.
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
    share = ramp(grow - outside + 1.5 * smooth_noise(rng, 10, scan.shape), 2.0)
    return np.clip(scan + share * (other * _matching(scan, other, share) - scan), 0, 255)


def mirrored(scan: np.ndarray, axis: float | None = None) -> np.ndarray:
    """Left and right swapped about the head's middle, or about a column."""
    if axis is None:
        axis = _midline(scan)
    if axis is None:
        axis = (scan.shape[1] - 1) / 2
    return affine(scan, (-1, 0, 2 * axis, 0, 1, 0))


def _midline(scan: np.ndarray) -> float | None:
    """Column about which the head is most symmetric; None if it hardly is."""
    cols = np.nonzero(tissue(scan).any(axis=0))[0]
    if len(cols) < 20:
        return None
    centre = (cols[0] + cols[-1]) / 2
    small = blurred(scan, 2.0)[::2]
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
