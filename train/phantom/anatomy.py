"""The healthy head of a phantom: shapes and tissues of one axial slice, before the scanner.

Shapes are drawn in *head units*: x to the right, y downwards (the forehead is up), the origin in
the middle of the head, 1.0 being half of its length from front to back. A shape is a signed
distance in those units, turned into a coverage between 0 and 1 over the width of about one pixel,
so edges are smooth at any image size. Proportions and grey levels were set by eye, after the look
of clinical T1, T2, FLAIR and contrast-enhanced T1 slices; none of them is a measurement.
"""

from dataclasses import dataclass, field

import numpy as np

from train.phantom.shapes import coverage, ellipse, smooth_noise, tube

LEVELS = ("high", "body", "basal")
"""Above the ventricles; through their bodies; through their horns and the deep nuclei."""


@dataclass(frozen=True)
class Weighting:
    """Grey level of every tissue in one kind of MR image: 0 is no signal, 1 about the brightest."""

    name: str
    fat: float
    bone: float
    marrow: float
    fluid: float
    grey: float
    white: float
    deep: float
    vessel: float
    dura: float
    plexus: float


WEIGHTINGS = (
    Weighting("t1", 0.95, 0.06, 0.40, 0.14, 0.46, 0.68, 0.55, 0.30, 0.30, 0.40),
    Weighting("t1c", 0.95, 0.06, 0.38, 0.12, 0.41, 0.55, 0.46, 1.00, 0.60, 0.95),
    Weighting("t2", 0.80, 0.05, 0.25, 0.95, 0.52, 0.33, 0.40, 0.08, 0.20, 0.60),
    Weighting("flair", 0.90, 0.06, 0.25, 0.09, 0.58, 0.43, 0.50, 0.15, 0.35, 0.55),
)
"""Fat is bright in all four: the scalp varies by more than the area of a lesion, which hides the
lesion from whoever only counts bright pixels."""
WEIGHTING_SHARES = (0.08, 0.42, 0.08, 0.42)
"""Mostly the two in which lesions stand out: a small CNN learns them from some 800 images, while of
80 images of each of the others it learns next to nothing."""


@dataclass
class Head:
    """One healthy slice. Arrays are float64 [size, size]; lengths are in head units."""

    size: int
    weighting: Weighting
    level: str
    atrophy: float  # 0 (young) to 1 (old): wider sulci, ventricles and rim
    half_width: float
    pixel: float  # the side of a pixel
    turn: float  # radians
    shift: np.ndarray  # position of the middle of the head in the image, x and y
    x: np.ndarray = field(init=False)
    y: np.ndarray = field(init=False)
    signal: np.ndarray = field(init=False)  # grey level of the tissue, 0 to about 1
    depth: np.ndarray = field(init=False)  # below the surface of the brain, negative outside it
    midline: np.ndarray = field(init=False)  # distance from the plane between the hemispheres
    folded: np.ndarray = field(init=False)  # the same in a head of average width
    cortex: np.ndarray = field(init=False)  # distance from the fluid around the brain
    white: np.ndarray = field(init=False)  # share of white matter, 0 to 1
    ventricle: np.ndarray = field(init=False)  # distance from the ventricles, negative inside

    def __post_init__(self) -> None:
        axis = (np.arange(self.size) + 0.5 - self.size / 2) * self.pixel
        across, down = axis[None, :] - self.shift[0], axis[:, None] - self.shift[1]
        c, s = np.cos(self.turn), np.sin(self.turn)
        self.x, self.y = c * across + s * down, c * down - s * across
        self.signal = np.zeros((self.size, self.size))

    def paint(self, share: np.ndarray, value: float | np.ndarray) -> None:
        """Replace that share (0 to 1) of the signal by `value`."""
        change = value - self.signal
        change *= share
        self.signal += change

    def paint_spot(
        self, x: float, y: float, radius: float, value: float, bumps: np.ndarray
    ) -> None:
        """Paint a small round thing whose outline follows `bumps` (noise [size, size])."""
        c, s = np.cos(self.turn), np.sin(self.turn)
        column = (c * x - s * y + self.shift[0]) / self.pixel + self.size / 2
        row = (s * x + c * y + self.shift[1]) / self.pixel + self.size / 2
        reach = (1.5 * radius + 0.08) / self.pixel  # 0.08: the warp moves tissue by no more
        rows = slice(max(int(row - reach), 0), max(int(row + reach), 0))
        columns = slice(max(int(column - reach), 0), max(int(column + reach), 0))
        dx, dy = self.x[rows, columns] - x, self.y[rows, columns] - y
        inside = radius * (1 + 0.25 * bumps[rows, columns]) - np.sqrt(dx * dx + dy * dy)
        window = self.signal[rows, columns]
        window += coverage(inside, 2 * self.pixel) * (value - window)


def draw_head(rng: np.random.Generator, size: int) -> Head:
    """Draw a healthy slice; its level, age, weighting, shape and place all come from `rng`."""
    scale = rng.uniform(0.89, 0.95)
    head = Head(
        size=size,
        weighting=WEIGHTINGS[rng.choice(len(WEIGHTINGS), p=WEIGHTING_SHARES)],
        level=LEVELS[rng.integers(len(LEVELS))],
        atrophy=rng.uniform() ** 1.5,
        half_width=rng.uniform(0.77, 0.85),
        pixel=2 / size / scale,
        turn=rng.normal(0, 0.035),
        shift=rng.normal(0, 0.12, 2) * (1 - scale),
    )
    head.x += 0.016 * smooth_noise(rng, 6, size)
    head.y += 0.016 * smooth_noise(rng, 6, size)
    head.midline = np.abs(head.x - 0.012 * smooth_noise(rng, 4, size))
    head.folded = head.midline * (0.81 / head.half_width)
    _draw_skull(head, rng)
    _draw_cortex(head, rng)
    _draw_nuclei_and_ventricles(head, rng)
    _draw_distractors(head, rng)
    return head


def _draw_skull(head: Head, rng: np.random.Generator) -> None:
    """Scalp, bone with its marrow, dura and the rim of fluid; sets `depth`."""
    edge = 1.5 * head.pixel
    w = head.weighting
    wide = head.x / head.half_width
    square = wide * wide + head.y * head.y + 1e-9
    cosine2 = wide * wide / square  # of the angle around the head, squared
    radius = np.sqrt(square)
    outline = 1 + rng.normal(0, 0.01) * (2 * cosine2 - 1)
    outline -= rng.uniform(0.0, 0.015) * (8 * cosine2 * (cosine2 - 1) + 1)  # towards a square
    outline += rng.uniform(0.0, 0.05) * head.y / radius * cosine2  # the forehead is narrower
    distance = (outline - radius) * np.sqrt((head.x**2 + head.y**2) / square)

    wobble = smooth_noise(rng, 4, head.size)
    scalp = rng.uniform(0.025, 0.105) * np.clip(1 + 0.25 * wobble, 0.4, None)
    skull = rng.uniform(0.045, 0.075) * (1 - 0.12 * wobble)
    depth = distance - scalp - skull
    head.paint(coverage(distance, edge), w.fat * (rng.uniform(0.75, 1.05) + 0.1 * wobble))
    head.paint(coverage(distance - 0.86 * scalp, edge), w.bone)
    marrow = 0.22 * skull - np.abs(depth + 0.5 * skull)
    head.paint(coverage(marrow, edge), w.marrow * rng.uniform(0.3, 2.3))
    head.paint(coverage(depth + 1.2 * head.pixel, edge), w.dura)
    head.paint(coverage(depth, edge), w.fluid)
    head.depth = depth - (0.006 + 0.03 * head.atrophy)


def _draw_cortex(head: Head, rng: np.random.Generator) -> None:
    """Folded grey matter over white matter, the fissures and the falx; sets `cortex`, `white`.

    Sulci are the zero lines of a wave that runs around the brain and is bent by noise; dividing it
    by its slope turns it into a distance, which gives the grey ribbon an even thickness.
    """
    size, pixel = head.size, head.pixel
    side = np.sqrt(head.x**2 + 0.12)  # not |x|: the sulci would all point at the middle
    angle = np.arctan2(head.y, side) + (head.x > 0)
    wave = np.cos(rng.integers(11, 17) * angle + 1.8 * smooth_noise(rng, 8, size))
    wave += 0.75 * smooth_noise(rng, 17, size)
    slope_y, slope_x = np.gradient(wave)
    sulcus = np.abs(wave) * pixel / np.sqrt(slope_x**2 + slope_y**2 + 1e-5)

    fissure = head.midline
    if head.level != "high":
        front, back = rng.uniform(-0.50, -0.42), rng.uniform(0.40, 0.5)
        fissure = fissure + np.clip(np.minimum(head.y - front, back - head.y), 0, None)
    reach = rng.uniform(0.16, 0.26) * (1 + 0.4 * smooth_noise(rng, 9, size))
    sulcus += np.clip(np.minimum(head.depth, fissure + 0.12) - reach, 0, None)
    if head.level == "basal":
        bend = head.folded + 0.022 * smooth_noise(rng, 12, size)
        for start, end in (
            ((0.74, 0.05, 0.004), (0.53, -0.03, 0.010)),
            ((0.52, -0.03, 0.008), (0.56, -0.17, 0.000)),
            ((0.52, -0.03, 0.008), (0.48, 0.10, 0.000)),
        ):
            fissure = np.minimum(fissure, tube(bend, head.y, start, end))
    uneven = smooth_noise(rng, 10, size)
    fluid = (0.003 + 0.014 * head.atrophy) * np.clip(1 + 0.5 * uneven, 0, None)
    head.cortex = np.minimum(np.minimum(sulcus, fissure) - fluid, head.depth)

    brain = coverage(head.depth, 1.5 * pixel)
    head.paint(brain * coverage(head.cortex, 1.5 * pixel), head.weighting.grey)
    ribbon = rng.uniform(0.036, 0.05) * (1 - 0.2 * uneven)
    head.white = brain * coverage(head.cortex - ribbon, 2 * pixel)
    head.paint(head.white, head.weighting.white)
    falx = coverage(0.005 - head.midline, pixel) * brain * (fissure < 0.01)
    head.paint(falx, head.weighting.dura)


def _draw_nuclei_and_ventricles(head: Head, rng: np.random.Generator) -> None:
    """Deep grey matter, ventricles, their bright lining and choroid plexus; sets `ventricle`."""
    size, w, x, y = head.size, head.weighting, head.folded, head.y
    bumps = smooth_noise(rng, 14, size)
    swell = 0.55 + rng.uniform(0, 0.5) + 0.8 * head.atrophy
    swell = swell * (1 + rng.normal(0, 0.15) * np.sign(head.x) + 0.12 * bumps)
    lining, plexus = 0.3 * rng.uniform() ** 2, rng.uniform(0.0, 0.034)
    if head.level == "high":
        head.ventricle = np.ones((size, size))
        return
    if head.level == "body":
        nuclei = [((0.165, -0.14), (0.035, 0.15), 0.12)]
        tubes = [
            ((0.115, -0.37, 0.020), (0.065, -0.14, 0.040)),
            ((0.065, -0.14, 0.040), (0.105, 0.14, 0.045)),
            ((0.105, 0.14, 0.045), (0.205, 0.34, 0.026)),
        ]
    else:
        nuclei = [
            ((0.150, -0.24), (0.045, 0.10), -0.25),
            ((0.310, -0.07), (0.060, 0.17), 0.22),
            ((0.125, 0.09), (0.085, 0.12), 0.30),
        ]
        tubes = [
            ((0.150, -0.39, 0.020), (0.050, -0.17, 0.034)),
            ((0.170, 0.22, 0.040), (0.260, 0.40, 0.022)),
            ((0.000, -0.04, 0.008), (0.000, 0.13, 0.014)),
        ]
    for centre, radii, tilt in nuclei:
        inside = coverage(ellipse(x, y, centre, radii, tilt), 5 * head.pixel)
        head.paint(inside, w.deep)
        head.white *= 1 - inside
    distance = tube(x, y, *tubes[0], swell)
    for start, end in tubes[1:]:
        distance = np.minimum(distance, tube(x, y, start, end, swell))
    if w.name in ("t2", "flair"):
        head.signal += head.white * (lining * np.exp(np.clip(distance, 0, None) / -0.04))
    inside = coverage(-distance, 1.5 * head.pixel)
    head.paint(inside, w.fluid)
    head.white *= 1 - inside
    head.ventricle = distance
    across, down = (0.21, 0.29) if head.level == "basal" else (0.13, 0.2)
    for side in (-1, 1) if plexus > 0.012 else ():
        head.paint_spot(side * across * head.half_width / 0.81, down, plexus, w.plexus, 2 * bumps)


def _draw_distractors(head: Head, rng: np.random.Generator) -> None:
    """What a careless classifier takes for a lesion and every healthy head may have.

    Vessels in the sulci, the sagittal sinus, a calcified or enhancing pineal gland, the small spots
    that ageing leaves in white matter, uneven tissue. Drawn before any lesion, so for both classes.
    """
    size, w = head.size, head.weighting
    bumps = smooth_noise(rng, 40, size)
    vessels = coverage(0.006 - head.cortex, head.pixel) * (head.depth > -0.01)
    head.paint(vessels * coverage(bumps - rng.uniform(1.5, 2.6), 0.5), w.vessel)
    inner = head.y[head.depth > 0]
    head.paint_spot(0.0, inner.max() + 0.01, rng.uniform(0.025, 0.05), w.vessel, bumps)
    head.paint_spot(0.0, inner.min() - 0.01, rng.uniform(0.010, 0.025), w.vessel, bumps)
    pineal = rng.choice([0.0, 0.05, w.plexus, 1.0])
    if head.level == "basal":
        head.paint_spot(rng.normal(0, 0.01), 0.23, rng.uniform(0.012, 0.026), pineal, bumps)
    speck = w.white + 0.3 if w.name in ("t2", "flair") else w.grey
    for _ in range(rng.poisson(1.0)):
        place, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.55)
        x, y = 0.75 * away * np.cos(place), away * np.sin(place)
        head.paint_spot(x, y, rng.uniform(0.008, 0.022), speck, bumps)
    head.signal *= 1 + 0.02 * bumps + 0.03 * smooth_noise(rng, 12, size)
