"""Pictures made from scans that are no slice of a head seen by MRI, for `train.gate.outliers`.

Each takes a random generator and scans, uint8 [N, H, W]: [H, W], about 0..255.
"""

import numpy as np
from PIL import Image

from train.augmentation.drawing import blurred, head, smooth_noise


def _any(rng: np.random.Generator, scans: np.ndarray) -> np.ndarray:
    return scans[int(rng.integers(len(scans)))].astype(np.float32)


def tiles(rng, scans):
    """A scan cut into squares, in another order."""
    scan = _any(rng, scans)
    count = int(rng.choice((2, 3, 4, 8)))
    side = scan.shape[0] // count
    parts = [
        scan[i * side : (i + 1) * side, j * side : (j + 1) * side]
        for i in range(count)
        for j in range(count)
    ]
    order = rng.permutation(len(parts))
    result = scan.copy()
    for place, taken in enumerate(order):
        i, j = divmod(place, count)
        result[i * side : (i + 1) * side, j * side : (j + 1) * side] = parts[taken]
    return result


def piece(rng, scans):
    """A part of a scan, enlarged until no outline of a head is left."""
    scan = _any(rng, scans)
    height, width = scan.shape
    size = rng.uniform(0.15, 0.42)
    h, w = int(size * height), int(size * width)
    top = int(rng.integers(height // 8, height - h - height // 8 + 1))
    left = int(rng.integers(width // 8, width - w - width // 8 + 1))
    part = Image.fromarray(scan[top : top + h, left : left + w])
    return np.asarray(part.resize((width, height), Image.Resampling.BICUBIC))


def halves(rng, scans):
    """Halves of two scans put together, upside down or side for side."""
    one, other = _any(rng, scans), _any(rng, scans)
    height, width = one.shape
    if rng.random() < 0.5:
        return np.concatenate([one[height // 2 :], other[: height - height // 2]])
    return np.concatenate([one[:, width // 2 :], other[:, : width - width // 2]], axis=1)


def sheet(rng, scans):
    """Several scans on one sheet."""
    height, width = scans.shape[1:]
    count = int(rng.integers(2, 6))
    small = Image.new("L", (width, height))
    w, h = width // count, height // count
    for i in range(count):
        for j in range(count):
            part = Image.fromarray(_any(rng, scans).astype(np.uint8)).resize((w, h))
            small.paste(part, (j * w, i * h))
    return np.asarray(small, np.float32)


def swirl(rng, scans):
    """A scan turned the more the further out."""
    scan = _any(rng, scans)
    height, width = scan.shape
    y, x = np.mgrid[:height, :width] - np.array([height / 2, width / 2])[:, None, None]
    radius = np.hypot(y, x) / height
    turn = rng.choice((-1, 1)) * rng.uniform(5, 14) * radius
    rows = np.clip(np.cos(turn) * y - np.sin(turn) * x + height / 2, 0, height - 1).astype(int)
    cols = np.clip(np.sin(turn) * y + np.cos(turn) * x + width / 2, 0, width - 1).astype(int)
    return scan[rows, cols]


def negative(rng, scans):
    """Black and white exchanged."""
    return 255 - _any(rng, scans)


def ct(rng, scans):
    """A head as computed tomography has it: skull white, brain of nearly one grey, no fat."""
    from scipy.ndimage import distance_transform_edt

    scan = _any(rng, scans)
    unit = scan.shape[0] / 128
    whole = head(scan)
    depth = distance_transform_edt(whole) / unit + 0.4 * smooth_noise(rng, 8, scan.shape)
    scalp = rng.uniform(1.5, 6)
    brain = depth > scalp + rng.uniform(4, 9)
    soft = blurred(scan, rng.uniform(1.0, 2.5) * unit)
    low, high = np.percentile(soft[brain], [5, 95]) if brain.any() else (0, 1)
    contrast = np.clip((soft - low) / max(1, high - low) - 0.5, -0.7, 0.7) * rng.choice((1, 1, -1))
    inside = rng.uniform(50, 170) + rng.uniform(4, 25) * contrast
    around = np.where(depth > scalp, rng.uniform(215, 255), rng.uniform(50, 150))
    picture = np.where(brain, inside, around) * whole
    seen = whole | (rng.random() < 0.3)
    return picture + rng.normal(0, rng.uniform(2, 9), scan.shape) * seen
