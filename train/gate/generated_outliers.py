"""Pictures that are no slice of a brain, made from nothing, for `train.gate.outliers`.

Each takes a random generator and scans, uint8 [N, H, W], whose size it takes: [H, W], about 0..255.
"""

import numpy as np
from PIL import Image, ImageDraw

from train.augmentation.drawing import blob, oval, ramp, smooth_noise


def _size(scans: np.ndarray) -> tuple[int, int]:
    return scans.shape[1:]


def _fractal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Noise whose amplitude falls with frequency as natural scenes' does (Field 1987); 0..1."""
    total, weight = np.zeros(shape, np.float32), rng.uniform(0.4, 0.75)
    for octave in range(6):
        cells = min(2 ** (octave + 1), *shape)
        total += weight**octave * smooth_noise(rng, cells, shape)
    total -= total.min()
    return total / max(1e-6, float(total.max()))


def noise(rng, scans):
    """Uniform, salt and pepper, or bumps."""
    shape = _size(scans)
    kind = int(rng.integers(3))
    if kind == 0:
        return rng.uniform(0, 255, shape) * rng.uniform(0.3, 1)
    if kind == 1:
        return 255 * (rng.random(shape) < rng.uniform(0.02, 0.5))
    bumps = smooth_noise(rng, int(rng.integers(3, 60)), shape)
    return rng.uniform(60, 190) + rng.uniform(15, 60) * bumps


def gradient(rng, scans):
    """A ramp, a cone, or waves."""
    height, width = _size(scans)
    y, x = np.mgrid[:height, :width] / max(height, width)
    a, b = rng.normal(size=2)
    ramp = a * x + b * y if rng.random() < 0.6 else np.hypot(x - rng.random(), y - rng.random())
    if rng.random() < 0.4:
        ramp = np.sin(ramp * rng.uniform(4, 60))
    ramp = (ramp - ramp.min()) / max(1e-6, np.ptp(ramp))
    return rng.uniform(0, 80) + ramp * rng.uniform(90, 175)


def text(rng, scans):
    """Lines of letters on a bright or dark page."""
    height, width = _size(scans)
    dark = rng.random() < 0.3
    image = Image.new("L", (2 * width, 2 * height), 0 if dark else int(rng.integers(200, 256)))
    draw = ImageDraw.Draw(image)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz      .,ABCDEFGHIJKLM0123456789"))
    step = int(rng.integers(10, 26))
    left = int(rng.integers(0, width // 2))
    ink = int(rng.integers(180, 256)) if dark else int(rng.integers(0, 90))
    for top in range(int(rng.integers(0, height)), 2 * height, step):
        line = "".join(rng.choice(letters, int(rng.integers(8, 50))))
        draw.text((left, top), line, fill=ink, font_size=max(8, step - 3))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32)


def drawing(rng, scans):
    """Circles, boxes, lines and polygons in ink."""
    height, width = _size(scans)
    paper, ink = (255, 20) if rng.random() < 0.6 else (0, 230)
    image = Image.new("L", (2 * width, 2 * height), paper)
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 14))):
        x, y = rng.integers(0, 2 * width, 2), rng.integers(0, 2 * height, 2)
        box = [int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1]
        pen = int(rng.integers(1, 8))
        fill = int(rng.integers(0, 256)) if rng.random() < 0.4 else None
        shape = rng.integers(4)
        if shape == 0:
            draw.ellipse(box, outline=ink, width=pen, fill=fill)
        elif shape == 1:
            draw.rectangle(box, outline=ink, width=pen, fill=fill)
        elif shape == 2:
            draw.line(_corners(rng, 6, 2 * width), ink, pen)
        else:
            draw.polygon(_corners(rng, 5, 2 * width), fill, ink)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32)


def _corners(rng, count, side):
    return [(int(x), int(y)) for x, y in rng.integers(0, side, (count, 2))]


def scene(rng, scans):
    """Fractal surfaces with edges between them, up to the picture's margin: as a photograph."""
    shape = _size(scans)
    picture = 40 + 190 * _fractal(rng, shape)
    for _ in range(int(rng.integers(1, 8))):
        y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
        a, b = rng.normal(size=2)
        part = a * (x - rng.random()) + b * (y - rng.random()) > 0
        if rng.random() < 0.7:
            middle, radius = rng.random(2), rng.uniform(0.05, 0.4, 2)
            part = ((x - middle[0]) / radius[0]) ** 2 + ((y - middle[1]) / radius[1]) ** 2 < 1
        picture = np.where(part, rng.uniform(0, 255) + 90 * (_fractal(rng, shape) - 0.5), picture)
    return picture


def thing(rng, scans):
    """One lit thing before a darker ground, as a photograph of a fruit, an animal or a flower."""
    shape = _size(scans)
    height, width = shape
    place = rng.uniform(0.35, 0.65, 2) * shape
    depth = blob(rng, shape, *place, rng.uniform(0.16, 0.5) * height)
    y, x = np.mgrid[:height, :width] / max(shape)
    turn = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.5) * (np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5))
    ground = rng.uniform(15, 110) + rng.uniform(10, 120) * (_fractal(rng, shape) - 0.5)
    own = rng.uniform(90, 230) + rng.uniform(10, 140) * (_fractal(rng, shape) - 0.5)
    share = ramp(depth, rng.uniform(1, 6))
    return (ground + share * (own - ground)) * light


def _organs(rng, shape, inside, count):
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    picture = np.full(shape, rng.uniform(40, 140), np.float32)
    for _ in range(count):
        middle, radius = rng.uniform(0.15, 0.85, 2), rng.uniform(0.03, 0.22, 2)
        part = ((x - middle[0]) / radius[0]) ** 2 + ((y - middle[1]) / radius[1]) ** 2
        part = part + 0.3 * smooth_noise(rng, 8, shape) < 1
        picture = np.where(part, rng.uniform(0, 230), picture)
    return (picture + 25 * (_fractal(rng, shape) - 0.5)) * inside


def body(rng, scans):
    """An outline with many organs: an abdomen, a pelvis, a thigh, in black or in X-ray's light."""
    shape = _size(scans)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    away = ((x - 0.5) / rng.uniform(0.42, 0.6)) ** 2 + ((y - 0.5) / rng.uniform(0.28, 0.55)) ** 2
    inside = away + 0.08 * smooth_noise(rng, 5, shape) < 1
    picture = _organs(rng, shape, inside, int(rng.integers(5, 25)))
    rim = inside & (away > rng.uniform(0.6, 0.9))
    return np.where(rim, rng.uniform(80, 250), picture)


def neck(rng, scans):
    """Muscles alike on both sides, an airway, a vertebra with its canal, fat around: a neck."""
    shape = _size(scans)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    aside = np.abs(x - 0.5 - rng.uniform(-0.06, 0.06))
    wide, high = rng.uniform(0.2, 0.46, 2)
    uneven = 0.06 * smooth_noise(rng, 5, shape)
    away = (aside / wide) ** 2 + ((y - 0.5) / high) ** 2 + uneven
    picture = np.full(shape, rng.uniform(60, 120), np.float32)
    for _ in range(int(rng.integers(5, 14))):
        middle = rng.uniform(0, wide), rng.uniform(0.5 - high, 0.5 + high)
        radius = rng.uniform(0.02, 0.12, 2)
        part = ((aside - middle[0]) / radius[0]) ** 2 + ((y - middle[1]) / radius[1]) ** 2 < 1
        picture = np.where(part, rng.uniform(20, 170), picture)

    def spot(row, size, level):
        return np.where(aside**2 + ((y - row) * 1.2) ** 2 < size**2, level, picture)

    bone = rng.uniform(0.5, 0.62)
    picture = spot(bone, rng.uniform(0.06, 0.11), rng.uniform(60, 220))
    picture = spot(bone + rng.uniform(0.05, 0.09), rng.uniform(0.02, 0.04), rng.uniform(10, 200))
    picture = spot(bone - rng.uniform(0.13, 0.22), rng.uniform(0.02, 0.07), rng.uniform(0, 12))
    picture = np.where(away > rng.uniform(0.65, 0.9), rng.uniform(120, 250), picture)
    return picture * (away < 1) * (1 + 0.3 * (_fractal(rng, shape) - 0.5))


def vertex(rng, scans):
    """Ring within ring, black around: scalp, bone and marrow of a slice above the brain."""
    shape = _size(scans)
    depth = oval(rng, shape, (0.4, 0.9), aside=0.0, dents=0.12)
    starts = np.sort(rng.uniform(0.04, 0.8, int(rng.integers(1, 4))))
    levels = rng.uniform(20, 255, len(starts) + 1)
    # Fat is bright.
    levels[int(rng.integers(len(levels)))] = rng.uniform(150, 255)
    picture = np.full(shape, levels[0], np.float32)
    for start, level in zip(starts, levels[1:], strict=True):
        uneven = rng.uniform(0, 0.04) * smooth_noise(rng, int(rng.integers(4, 12)), shape)
        share = ramp(depth + uneven - start, rng.uniform(0.03, 0.15))
        picture += share * (level - picture)
    picture *= 1 + rng.uniform(0, 0.8) * (_fractal(rng, shape) - 0.5)
    picture *= 1 + rng.uniform(0, 0.12) * smooth_noise(rng, int(rng.integers(20, 64)), shape)
    picture *= ramp(depth, rng.uniform(0.02, 0.1))
    return picture + rng.normal(0, rng.uniform(0, 6), shape)


def joint(rng, scans):
    """Bones that run out of the picture, with a gap between: a knee, a shoulder, a spine."""
    shape = _size(scans)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    across, along = (x, y) if rng.random() < 0.7 else (y, x)
    bend = rng.uniform(0.3, 0.7) + rng.uniform(-0.3, 0.3) * along
    wide = rng.uniform(0.1, 0.3)
    flesh = np.abs(across - bend) < wide + rng.uniform(0.08, 0.35)
    gaps = np.sin(along * np.pi * rng.uniform(1, 9) + rng.uniform(0, 6)) > rng.uniform(-0.95, -0.6)
    bone = (np.abs(across - bend) < wide * (0.8 + 0.3 * np.cos(along * rng.uniform(3, 12)))) & gaps
    texture = 1 + 0.6 * (_fractal(rng, shape) - 0.5)
    picture = np.where(bone, rng.uniform(60, 240), rng.uniform(20, 160)) * flesh * texture
    return picture + rng.uniform(0, 15)


def chest(rng, scans):
    """Bright to the margins with two dark fields: a chest on film."""
    shape = _size(scans)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    picture = np.full(shape, rng.uniform(130, 230), np.float32)
    apart = rng.uniform(0.17, 0.27)
    for side in (-1, 1):
        u = (x - 0.5 - side * apart) / rng.uniform(0.12, 0.24)
        v = (y - rng.uniform(0.38, 0.55)) / rng.uniform(0.25, 0.42)
        depth = np.clip(1.4 - u**2 - v**2, 0, 1)
        picture = picture * (1 - rng.uniform(0.5, 0.9) * depth)
    ribs = 1 + rng.uniform(0, 0.2) * np.sin(y * rng.uniform(40, 90) + 9 * (x - 0.5) ** 2)
    return picture * ribs + 40 * (_fractal(rng, shape) - 0.5)


def fan(rng, scans):
    """Speckle in a sector: ultrasound."""
    shape = _size(scans)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    top = rng.uniform(-0.35, 0.05)
    radius, angle = np.hypot(x - 0.5, y - top), np.arctan2(x - 0.5, y - top)
    inside = (np.abs(angle) < rng.uniform(0.4, 0.9)) & (radius < rng.uniform(0.8, 1.2))
    inside &= radius > max(0.0, -top)
    speckle = rng.rayleigh(0.6, shape) * _fractal(rng, shape)
    return 255 * np.clip(speckle * rng.uniform(0.8, 1.6), 0, 1) * inside
