"""What the learned part of the reject gate learns from: scans and everything else, described.

The scans are the training scans, in many views; the rest is generated (`train.gate.outliers`), so
that no picture of anything need be had, and real pictures that are no brain MRI if some are given.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from edge.model_file.manifest import InputSpec
from edge.scan.preprocess import preprocess
from train.augmentation.random_views import framed, noisy_around, varied
from train.data.samples import Samples
from train.gate.not_brain import NotBrain
from train.gate.outliers import KINDS, outlier, vignette

Describe = Callable[[np.ndarray], np.ndarray]
"""From pictures as the model sees them, uint8 [N, height, width, 1], to float32 [N, features]."""
_AT_ONCE = 512  # pictures that are described together
VIEWS = 45_000
"""Of scans, half of them as they are; and as many outliers."""
STRIPPED = 0.2
"""Of the views: without the skull, as most scans of some sources are."""
EVEN = 0.5
"""Of the views: of scans of all sources alike, however few."""
WITHOUT_BRAIN = 0.3
"""Views of slices without a brain, of `VIEWS`."""
REAL = 0.6
"""Views of real pictures that are no brain MRI, of `VIEWS`, all kinds alike."""
IN_FRAMES = 0.15
"""Of the views of scans and of outliers: in frames, as on web pages, besides those that `varied`
draws."""
NOISY = 0.05
"""Of the same views: with noise around what they show."""
THROUGH_HOLES, REAL_THROUGH_HOLES = 0.12, 0.3
"""Of the generated outliers and of views of real pictures: black but for a rounded part, for the
outline of a head makes no scan."""
WIDER = 0.7
"""Logarithm of the most that an outlier's one side is longer than its other."""
PART = 0.6
"""Of a real picture's sides, at least, that a view shows."""
DARKENED, BRIGHT = 0.2, (150.0, 235.0)
"""Of a real picture's views: what is brighter than this is black, as bone in computed tomography
is where a window or a tool has taken it off."""
ORIENTATIONS = 8
"""Ways to turn and mirror a picture: real ones are shown in all of them, for a gate that learned
them upright alone refused 295 of 305, and of the same in a mirror 257."""
FLIPPED, TURNED = 0.1, 0.1
"""Of scans as they are, besides half of them that are mirrored: upside down, and on a side."""


@dataclass(frozen=True)
class GateExamples:
    """Pictures as the gate sees them."""

    features: np.ndarray
    """float32 [N, features]."""
    is_scan: np.ndarray
    """bool [N]."""
    origin: np.ndarray
    """object [N]: of a scan the source, of a real picture `kind_origin` of its kind; "" of what is
    generated."""
    groups: np.ndarray
    """int64 [N]: of a scan that of its copies and of its patient; -1 of all others."""

    def without(self, gone: np.ndarray) -> "GateExamples":
        """All but some, bool [N]."""
        columns = (self.features, self.is_scan, self.origin, self.groups)
        return GateExamples(*(column[~gone] for column in columns))


def kind_origin(kind: str) -> str:
    """The `GateExamples.origin` of a kind of real pictures; no source has such a name."""
    return f"//{kind}"


def gate_examples(
    train: Samples,
    seed: int,
    spec: InputSpec,
    describe: Describe,
    without_brain: Samples | None = None,
    not_brain: NotBrain | None = None,
    views: int = VIEWS,
    tick: Callable[[], None] = lambda: None,
) -> GateExamples:
    """Deterministic by `seed`.

    Args:
        train: of any number of channels; the first is looked at.
        spec: how the samples' pixels were made; all other pictures are seen so, too.
        describe: what the gate is told of them.
        without_brain: slices of heads and necks that show no brain, to be refused, too.
        not_brain: real pictures that are no brain MRI.
        tick: called once for each of the `pictures`.
    """
    rng = np.random.default_rng(seed)
    half, more, plain = _shares(views)
    look = _Look(spec, rng, describe, tick)
    seen = _drawn(train, half, rng)
    look.at_views(train, seen)
    again = _drawn(train, half, rng)
    look.at_scans(train, again)
    drawn = np.concatenate([seen, again])
    origins, groups = [_sources(train, drawn)], np.asarray(train.groups)[drawn]
    kinds = list(KINDS)
    for i in range(views):
        look.at(_other(kinds[i % len(kinds)], train.pixels[..., 0], rng))
    if without_brain is not None and len(without_brain):
        drawn_without = _drawn(without_brain, more, rng)
        look.at_views(without_brain, drawn_without[::2])
        # Cut off at its sides, a head in computed tomography was passed.
        for one in without_brain.pixels[drawn_without[1::2], ..., 0]:
            look.at(_real_view((one,), rng, spec))
        look.at_scans(without_brain, _drawn(without_brain, plain, rng))
    origins.append(np.full(look.count - len(drawn), "", object))
    for kind, count in _of_kinds(not_brain, views).items():
        pictures, before = not_brain.pictures[kind], look.count
        for _ in range(count):
            look.at(_real_view(pictures, rng, spec))
        for picture in pictures:
            for i in range(ORIENTATIONS):
                look.at(_oriented(picture, i))
        origins.append(np.full(look.count - before, kind_origin(kind), object))
    every = look.features()
    no_scans = np.full(len(every) - len(drawn), -1, np.int64)
    return GateExamples(
        every,
        np.arange(len(every)) < len(drawn),
        np.concatenate(origins),
        np.concatenate([groups, no_scans]),
    )


def pictures(without_brain: bool, not_brain: NotBrain | None = None, views: int = VIEWS) -> int:
    """How many pictures `gate_examples` makes, with slices without a brain or without any."""
    half, more, plain = _shares(views)
    real = sum(_of_kinds(not_brain, views).values())
    real += ORIENTATIONS * len(not_brain) if not_brain else 0
    return 2 * half + views + (more + plain) * without_brain + real


def _shares(views: int) -> tuple[int, int, int]:
    """Of the scans as they are, and of their views; views of brainless slices, and those as are."""
    return views // 2, round(WITHOUT_BRAIN * views), round(WITHOUT_BRAIN * views / 3)


def _of_kinds(not_brain: NotBrain | None, views: int) -> dict[str, int]:
    """Views of each kind of real pictures."""
    if not not_brain:
        return {}
    return dict.fromkeys(not_brain.pictures, round(REAL * views / len(not_brain.pictures)))


def _sources(samples: Samples, chosen: np.ndarray) -> np.ndarray:
    if samples.sources is None:
        return np.full(len(chosen), "", object)
    return samples.sources[chosen].astype(object)


def _drawn(samples: Samples, count: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of so many scans, `EVEN` of them drawn by source: int64 [count]."""
    chosen = rng.integers(len(samples), size=count)
    if samples.sources is None:
        return chosen
    by_source = [np.flatnonzero(samples.sources == one) for one in np.unique(samples.sources)]
    for i in np.flatnonzero(rng.random(count) < EVEN):
        own = by_source[int(rng.integers(len(by_source)))]
        chosen[i] = own[int(rng.integers(len(own)))]
    return chosen


class _Look:
    """Looks at one picture after the other as the model would, and keeps what it is told of them.

    Args:
        spec: how pictures become a model's input.
        tick: called once for each picture.
    """

    def __init__(
        self,
        spec: InputSpec,
        rng: np.random.Generator,
        describe: Describe,
        tick: Callable[[], None],
    ):
        self._spec, self._rng = replace(spec, color="grey"), rng
        self._describe, self._tick = describe, tick
        self._waiting: list[np.ndarray] = []
        self._rows: list[np.ndarray] = []
        self.count = 0
        """Pictures so far."""

    def at(self, picture: np.ndarray) -> None:
        """At a picture, uint8 [H, W], once it is cropped as any other."""
        self._keep(preprocess(Image.fromarray(picture), self._spec))

    def at_scans(self, samples: Samples, chosen: np.ndarray) -> None:
        """At scans as they are but for their orientation."""
        for i in chosen:
            self._keep(_reoriented(samples.pixels[i], self._rng)[..., :1])

    def at_views(self, samples: Samples, chosen: np.ndarray) -> None:
        """At views of scans."""
        for i in chosen:
            scan = samples.pixels[i, ..., 0].astype(np.float32)
            view = varied(scan, np.zeros_like(scan), self._rng, STRIPPED)[0]
            self.at(_surrounded(view, self._rng))

    def features(self) -> np.ndarray:
        """Of all pictures, float32 [count, features]."""
        self._look()
        return np.concatenate(self._rows)

    def _keep(self, tensor: np.ndarray) -> None:
        self._waiting.append(tensor)
        self._tick()
        self.count += 1
        if len(self._waiting) == _AT_ONCE:
            self._look()

    def _look(self) -> None:
        if self._waiting:
            self._rows.append(self._describe(np.stack(self._waiting)))
            self._waiting = []


def _other(kind: str, scans: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = outlier(kind, rng, scans)
    # A piece of a scan behind a hole may pass for a brain without its skull.
    if kind != "piece" and rng.random() < THROUGH_HOLES:
        picture = vignette(picture, rng)
    return _stretched(_wilder(picture, rng), rng)


def _wilder(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some outliers in other tones and in frames, too: those are no sign of a head."""
    if rng.random() < 0.5:
        return picture
    scan = picture.astype(np.float32)
    return _surrounded(varied(scan, np.zeros_like(scan), rng)[0], rng)


def _stretched(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the outliers at another ratio of the sides, as photographs have: no sign either."""
    if rng.random() < 0.5:
        return picture
    height, width = picture.shape
    ratio = np.exp(rng.uniform(-WIDER, WIDER))
    size = round(width * max(1.0, ratio)), round(height * max(1.0, 1 / ratio))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def _surrounded(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < NOISY:
        view = noisy_around(view, rng)
    return framed(view, rng)[0] if rng.random() < IN_FRAMES else view


def _oriented(picture: np.ndarray, number: int) -> np.ndarray:
    """A picture in one of its `ORIENTATIONS`, [H, W] or [W, H]."""
    turned = np.rot90(picture, number // 2)
    return np.ascontiguousarray(turned[:, ::-1] if number % 2 else turned)


def _reoriented(scan: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A scan as the model sees it, mirrored, upside down or on a side at times: [H, W, C]."""
    mirrored, flipped, turned = rng.random(3) < (0.5, FLIPPED, TURNED)
    scan = scan[:, ::-1] if mirrored else scan
    scan = scan[::-1] if flipped else scan
    # Only a square can lie on its side and keep its shape.
    turned &= scan.shape[0] == scan.shape[1]
    return np.ascontiguousarray(np.rot90(scan) if turned else scan)


def _real_view(
    pictures: tuple[np.ndarray, ...], rng: np.random.Generator, spec: InputSpec
) -> np.ndarray:
    """A part of a real picture, in other tones, turned, behind a hole: as outliers are varied."""
    picture = pictures[int(rng.integers(len(pictures)))]
    picture = _oriented(picture, int(rng.integers(ORIENTATIONS)))
    sides = [max(1, round(side * rng.uniform(PART, 1.0))) for side in picture.shape]
    top, left = (
        int(rng.integers(whole - side + 1))
        for whole, side in zip(picture.shape, sides, strict=True)
    )
    part = picture[top : top + sides[0], left : left + sides[1]]
    # Of the size of what is generated: a view of a large film would take a hundred times as long.
    scale = max(spec.height, spec.width) / max(part.shape)
    size = [max(8, round(scale * side)) for side in part.shape[::-1]]
    small = np.asarray(
        Image.fromarray(part).resize(size, Image.Resampling.BILINEAR, reducing_gap=2)
    )
    if rng.random() < REAL_THROUGH_HOLES:
        small = vignette(small, rng)
    return _darkened(_stretched(_wilder(small, rng), rng), rng)


def _darkened(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() >= DARKENED:
        return picture
    return np.where(picture > rng.uniform(*BRIGHT), np.uint8(0), picture)
