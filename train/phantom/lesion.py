"""The lesion of a phantom: where it lies, what it is made of, and the oedema around it."""

from dataclasses import dataclass

import numpy as np

from train.phantom.anatomy import Head
from train.phantom.shapes import coverage, smooth_noise

KINDS = ("solid", "ring", "diffuse")
KIND_SHARES = (0.5, 0.35, 0.15)


@dataclass(frozen=True)
class LesionLevels:
    """Grey levels of a lesion in one weighting, on the scale of `phantom_anatomy.Weighting`."""

    bright: float
    dark: float
    bright_share: float  # of the lesions, how many are brighter than the brain
    core: float  # fluid or dead tissue inside a ring
    water: float  # oedema


LEVELS = {
    "t1": LesionLevels(bright=0.95, dark=0.24, bright_share=0.7, core=0.18, water=0.42),
    "t1c": LesionLevels(bright=1.00, dark=0.20, bright_share=1.0, core=0.20, water=0.34),
    "t2": LesionLevels(bright=0.95, dark=0.12, bright_share=1.0, core=0.95, water=0.80),
    "flair": LesionLevels(bright=0.98, dark=0.15, bright_share=1.0, core=0.28, water=0.78),
}


def add_lesion(head: Head, rng: np.random.Generator) -> np.ndarray:
    """Paint one lesion into `head.signal`.

    It lies in the brain, off the midline, hardly in the ventricles and little cut by the surface of
    the brain. Its radius is 6.5 to 14 % of the width of the head.

    Returns:
        Its mask without the oedema, bool [size, size].
    """
    size, levels = head.size, LEVELS[head.weighting.name]
    kind = rng.choice(KINDS, p=KIND_SHARES)
    radius = rng.uniform(0.065, 0.14) * 2 * head.half_width
    inside = radius - _distance_from_centre(head, rng, radius)
    brain = coverage(head.depth, 1.5 * head.pixel)

    oedema = rng.uniform(0.2, 0.9) * radius * (rng.random() < 0.65)
    strength = rng.uniform(0.4, 0.8)
    fingers = np.clip(1 + 0.4 * smooth_noise(rng, 12, size), 0.2, 1.7)
    if oedema > 0:
        share = coverage(inside + oedema * fingers, 6 * head.pixel)
        head.paint(strength * share * brain * (0.25 + 0.75 * head.white), levels.water)

    target = levels.bright if rng.random() < levels.bright_share else levels.dark
    contrast = rng.uniform(0.75, 1.0)
    texture = 1 + rng.uniform(0.03, 0.12) * smooth_noise(rng, 40, size)
    wall = rng.uniform(0.25, 0.5) * radius
    if kind == "diffuse":
        head.paint(0.7 * contrast * coverage(inside, 0.5 * radius) * brain, target * texture)
    else:
        around = head.weighting.grey
        body = around + contrast * (target - around)
        if kind == "ring" and abs(levels.core - body) < 0.3:
            body = around
        head.paint(coverage(inside, 2.5 * head.pixel) * brain, body * texture)
    if kind == "ring":
        head.paint(coverage(inside - wall, 3 * head.pixel) * brain, levels.core * texture)
    return (inside > 0) & (head.depth > 0)


def _distance_from_centre(head: Head, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Distance from a centre drawn where the lesion fits, in a squeezed and dented metric."""
    room = np.minimum(head.depth - 0.75 * radius, head.ventricle - 0.35 * radius)
    room = np.minimum(room, head.midline - 0.6 * radius)
    places = np.flatnonzero(room >= min(0.0, room.max()))
    row, column = divmod(int(rng.choice(places)), head.size)
    x, y = head.x - head.x[row, column], head.y - head.y[row, column]
    turn, squeeze = rng.uniform(0, np.pi), rng.uniform(0.75, 1.0)
    c, s = np.cos(turn), np.sin(turn)
    distance = np.sqrt((c * x + s * y) ** 2 + ((c * y - s * x) / squeeze) ** 2)
    dents = 0.10 * smooth_noise(rng, 16, head.size) + 0.05 * smooth_noise(rng, 34, head.size)
    return distance + radius * dents
