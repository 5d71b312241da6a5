"""Random views of a scan and of its mask: another position, another scanner, in NumPy and Pillow.

`train.augmentation.keras_layers` changes pixels as layers; here a mask must follow, and the changes
are wider.
"""

from math import exp, log

import numpy as np
from PIL import Image, ImageFilter

from train.augmentation.drawing import blurred, head, smooth_noise

FLIP, MIRROR = 0.3, 0.5
ROTATION_DEGREES = 20.0
QUARTER = 0.1
"""Probability of a turn by 90 degrees: planes and conventions differ."""
SHIFT = 0.06
ZOOM = (0.75, 1.2)
"""Factors on the size: a head is not always cropped alike."""
STRETCH = 0.15
"""Of one side against the other, as inputs are stretched to a square."""
STRIPPED = 0.06
"""Probability that scalp and skull turn black, as skull-stripping does."""
_LEFT = 0.08  # of the picture, at least, once it is stripped
FRAMED = 0.08
"""Probability of what `framed` does."""
CUT = 0.08
"""Probability that a field of view ends within the picture, at a slanted line. A tumor of which no
place is known may lie beyond it: rarely, as most of the picture is kept."""
AROUND, AROUND_SPREAD = (60.0, 180.0), (10.0, 60.0)
"""Of the noise in `noisy_around`, of 255: its mean and its deviation."""
OVEREXPOSED = 0.1
"""Probability that a window setting is far too bright, up to `GAIN` times."""
GAIN = 4.0
REVERSED = 0.1
"""Probability that what is bright in the head turns dark: T1 and T2 differ so."""


def varied(
    scan: np.ndarray, mask: np.ndarray, rng: np.random.Generator, stripped: float = STRIPPED
) -> tuple[np.ndarray, np.ndarray]:
    """One random view: uint8 [H, W] and the mask moved alike, float32 0..1 [H, W].

    Args:
        scan: float32 [H, W], 0..255.
        mask: float32 [H, W], 0..1.
        stripped: probability that the skull is taken off.
    """
    if rng.random() < stripped:
        inside = _brain(scan, rng)
        scan, mask = scan * inside, mask * inside
    rows = _placement(scan.shape, rng)
    moved = _moved(scan, rows)
    seen = _moved(mask, rows) if mask.any() else mask
    view = _rescanned(moved, rng)
    if rng.random() < FRAMED:
        view, shown = framed(view, rng)
        seen = seen * shown
    if rng.random() < CUT:
        shown = _field_of_view(view.shape, rng)
        view, seen = view * shown, seen * shown
    return view, seen


def framed(view: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A scan as web pages show some: bars beside it, a line around it, or white around the head.

    uint8 [H, W] -> the same, and where the scan is still seen, bool [H, W].
    """
    height, width = view.shape
    kind = int(rng.integers(3))
    if kind == 2:
        shown = head(view.astype(np.float32))
        return np.where(shown, view, np.uint8(rng.integers(225, 256))), shown
    result, light = view.copy(), int(rng.integers(120, 256))
    shown = np.ones(view.shape, bool)
    if kind == 0:
        bar = int(rng.uniform(0.03, 0.22) * width)
        part = (slice(None), slice(0, bar)) if rng.random() < 0.7 else (slice(0, bar), slice(None))
        for picture, value in ((result, light), (shown, False)):
            picture[part] = picture[::-1, ::-1][part] = value
    else:
        gap = int(rng.integers(0, 6))
        for edge in (gap, -1 - gap):
            result[edge, gap : width - gap] = result[gap : height - gap, edge] = light
    return result, shown


def noisy_around(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A scan with noise about some grey around the head, uint8 [H, W].

    Where a picture is the ratio of two, nothing divided by nothing is noise, as in MP2RAGE's
    uniform images (Marques et al. 2010, NeuroImage 49:1271), which 7 tesla scanners often make.
    """
    level, spread = rng.uniform(*AROUND), rng.uniform(*AROUND_SPREAD)
    noise = np.clip(rng.normal(level, spread, view.shape), 0, 255).astype(np.uint8)
    return np.where(head(view.astype(np.float32)), view, noise)


def _field_of_view(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """What lies on the larger side of a line at any angle: bool [H, W]."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    beyond = np.cos(turn) * (x / width - 0.5) + np.sin(turn) * (y / height - 0.5)
    return beyond < rng.uniform(0.1, 0.4)


def _placement(shape: tuple[int, int], rng: np.random.Generator) -> tuple[float, ...]:
    height, width = shape
    angle = np.deg2rad(rng.uniform(-ROTATION_DEGREES, ROTATION_DEGREES))
    if rng.random() < QUARTER:
        angle += np.pi / 2 * rng.choice((-1, 1))
    zoom = np.exp(rng.uniform(*np.log(ZOOM)))
    stretch = np.exp(rng.uniform(-STRETCH, STRETCH))
    sx = (-1 if rng.random() < MIRROR else 1) / (zoom * stretch)
    sy = (-1 if rng.random() < FLIP else 1) * stretch / zoom
    c, s = np.cos(angle), np.sin(angle)
    a, b, d, e = c * sx, -s * sx, s * sy, c * sy
    x0, y0 = width / 2, height / 2
    tx, ty = rng.uniform(-SHIFT, SHIFT, 2) * (width, height)
    return a, b, x0 - a * x0 - b * y0 + tx, d, e, y0 - d * x0 - e * y0 + ty


def _moved(picture: np.ndarray, rows: tuple[float, ...]) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(picture, np.float32))
    return np.asarray(
        image.transform(image.size, Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    )


def _brain(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What lies deeper in the head than scalp and skull, mostly without its fluid: bool [H, W].

    Everything where that would be next to nothing, or where the head fills the view.
    """
    from scipy.ndimage import distance_transform_edt

    unit = scan.shape[0] / 128
    whole = head(scan)
    if whole.all():  # no edge to be deep below
        return whole
    depth = distance_transform_edt(whole) / unit + 0.5 * smooth_noise(rng, 10, scan.shape)
    inside = depth > rng.uniform(6, 14)
    if inside.any() and rng.random() < 0.7:
        soft = blurred(scan, 0.7 * unit)
        inside &= soft > rng.uniform(0.15, 0.5) * np.percentile(soft[inside], 80)
    return inside if inside.mean() > _LEFT else np.ones_like(inside)


def _reversed(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bright tissue dark and dark tissue bright, the black around it as it is; 0..1."""
    knots = np.sort(rng.uniform(0.05, 1.0, 5))[::-1]
    return scan + np.clip(scan / 0.12 - 0.5, 0, 1) * (_curve(scan, knots) - scan)


def _curve(scan: np.ndarray, knots) -> np.ndarray:
    """Brightness 0..1 through straight lines between five knots at equal distances; float32."""
    # Plain floats and float32 throughout: NumPy's own scalars would make all of it float64.
    return np.interp(scan, (0, 0.25, 0.5, 0.75, 1), knots).astype(np.float32)


def _rescanned(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Resolution, blur, bias field, tone curve, noise and background of another scanner."""
    height, width = scan.shape
    if rng.random() < 0.35:
        shrink = rng.uniform(0.4, 0.95, 2) if rng.random() < 0.4 else rng.uniform(0.4, 0.95)
        small = np.maximum(24, np.broadcast_to(shrink, 2) * (width, height)).astype(int)
        image = Image.fromarray(scan).resize(tuple(small.tolist()), Image.Resampling.BOX)
        scan = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    elif rng.random() < 0.25:
        image = Image.fromarray(np.clip(scan, 0, 255).astype(np.uint8))
        if rng.random() < 0.5:
            image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.1)))
        else:
            image = image.filter(
                ImageFilter.UnsharpMask(rng.uniform(0.8, 2), int(rng.integers(40, 150)), 0)
            )
        scan = np.asarray(image, np.float32)
    scan = np.clip(scan, 0, 255) / 255
    if rng.random() < 0.7:
        scan = scan * np.exp(rng.uniform(0, 0.25) * smooth_noise(rng, 3, scan.shape))
    # A window setting cuts off at the top, and sometimes at the bottom.
    top = max(0.05, float(scan.max())) * exp(rng.uniform(log(0.8), log(1.25)))
    if rng.random() < OVEREXPOSED:
        top /= exp(rng.uniform(0, log(GAIN)))
    bottom = rng.uniform(0, 0.12) * top if rng.random() < 0.25 else 0.0
    scan = np.clip((scan - bottom) / (top - bottom), 0, 1)
    scan = scan ** exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.3:
        # A monotone curve through three points: sequences differ in what is how bright.
        knots = np.sort(rng.uniform(0.05, 0.95, 3))
        scan = 0.5 * scan + 0.5 * _curve(scan, (0, *knots, 1))
    if rng.random() < REVERSED:
        scan = _reversed(scan, rng)
    scan = scan * rng.uniform(0.5, 1.0) if rng.random() < 0.3 else scan
    if rng.random() < 0.2:
        scan = np.maximum(scan, rng.uniform(0.0, 0.12))
    if rng.random() < 0.5:
        # Rician, as magnitudes are (Gudbjartsson and Patz 1995, MRM 34:910).
        sigma = exp(rng.uniform(log(0.005), log(0.05)))
        a, b = rng.standard_normal((2, height, width), dtype=np.float32) * sigma
        scan = np.hypot(scan + a, b)
    return np.clip(np.rint(scan * 255), 0, 255).astype(np.uint8)
