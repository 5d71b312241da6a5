"""Fit the learned part of the reject gate: slices of heads against everything else.

The scans are the training scans, in many views; the rest is generated (`train.gate.outliers`), so
that no picture of anything need be had. A real X-ray or photograph is thus of a kind never seen.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from edge.model_file.manifest import InputSpec, LearnedGate
from edge.scan.crop import CROPS
from edge.scan.gate_features import FEATURE_SETS
from edge.scan.ood_gate import gate_features, likeness
from edge.scan.preprocess import preprocess
from train.augmentation.random_views import framed, varied
from train.data.samples import Samples
from train.gate.outliers import KINDS, outlier, vignette

HIDDEN = 64
VIEWS = 45_000
"""Of scans, half of them as they are; and as many outliers."""
STRIPPED = 0.2
"""Of the views: without the skull, as most scans of some sources are."""
EVEN = 0.5
"""Of the views: of scans of all sources alike, however few."""
WITHOUT_BRAIN = 0.3
"""Views of slices without a brain, of `VIEWS`."""
IN_FRAMES = 0.15
"""Of the views of scans and of outliers: in frames, as on web pages, besides those that `varied`
draws."""
THROUGH_HOLES = 0.12
"""Of the outliers: black but for a rounded part, for the outline of a head makes no scan."""
WIDER = 0.7
"""Logarithm of the most that an outlier's one side is longer than its other."""
ACCEPTED = 0.995
"""Share of the validation scans that must pass: of a source that the gate never saw more are
refused (docs/measurements/model-gate.md), so of those that it knows hardly any may be."""
SURE = 0.95
"""Share of them that may be called free of tumor, at most: fewer where a validation slice without a
brain looks more like a scan than that. Slices below the brain are much like those through its
lower end: the rest of the scans is the price for not clearing those."""
_ATTEMPTS = 70  # epochs of the solver


def learn_gate(
    train: Samples,
    validation: Samples,
    seed: int,
    spec: InputSpec,
    without_brain: Samples | None = None,
    views: int = VIEWS,
    unclear: Samples | None = None,
    tick: Callable[[], None] = lambda: None,
    features: str | None = None,
) -> LearnedGate:
    """Learn what a scan looks like; deterministic by `seed`.

    Args:
        train: of any number of channels; the first is looked at.
        validation: sets the limit.
        spec: how the samples' pixels were made; all that is generated is seen so, too.
        brainless: slices of heads and necks that show no brain, to be refused, too.
        unclear: others of these, none of which may be called free of tumor.
        tick: called once for each of the `pictures`.
        features: a key of `FEATURE_SETS`; None: those that go with `spec`'s crop rule.
    """
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(seed)
    half, more, plain = _shares(views)
    name = features or ("sums" if CROPS[spec.crop].reduced else "layout")
    look = _Look(name, spec, rng, tick)
    scans = np.concatenate([look.views(train, half), look.plain(train, half)])
    kinds, others = list(KINDS), []
    for i in range(views):
        picture = _other(kinds[i % len(kinds)], train.pixels[..., 0], rng)
        others.append(look.features(picture))
    if without_brain is not None and len(without_brain):
        others += list(look.views(without_brain, more))
        others += list(look.plain(without_brain, plain))
    rows = np.concatenate([scans, others])
    truth = np.repeat([1, 0], [len(scans), len(others)])
    network = MLPClassifier(
        (HIDDEN,), alpha=1e-2, batch_size=128, max_iter=_ATTEMPTS, random_state=seed,
        early_stopping=True, n_iter_no_change=8,
    )  # fmt: skip
    network.fit(rows, truth)
    (first, last), (bias, offset) = network.coefs_, network.intercepts_
    gate = LearnedGate(HIDDEN, packed(first, bias, last.ravel(), offset), 0.0, features=name)
    found = np.array([likeness(scan, gate) for scan in validation.pixels])
    # Never above 0, where the network itself thinks either likely.
    least = round(min(0.0, float(np.quantile(found, 1 - ACCEPTED))), 3)
    sure = float(np.quantile(found, 1 - SURE))
    if unclear is not None:
        # A step above, as the limit itself is let pass.
        sure = max([sure, *(likeness(scan, gate) + 1e-3 for scan in unclear.pixels)])
    return replace(gate, least=least, sure=max(least, round(sure, 3)))


def pictures(without_brain: bool, views: int = VIEWS) -> int:
    """How many pictures `learn_gate` learns from, with slices without a brain or without any."""
    half, more, plain = _shares(views)
    return 2 * half + views + (more + plain) * without_brain


def _shares(views: int) -> tuple[int, int, int]:
    """Of the scans as they are, and of their views; views of brainless slices, and those as are."""
    return views // 2, round(WITHOUT_BRAIN * views), round(WITHOUT_BRAIN * views / 3)


def packed(first: np.ndarray, bias: np.ndarray, last: np.ndarray, offset: np.ndarray) -> str:
    """A network's weights as `edge.model_file.manifest.LearnedGate` has them.

    Args:
        first: [features, units]; bias, last: [units]; offset: [1].
    """
    scale = (np.abs(first).max(axis=0) / 127 + 1e-6).astype("<f2")
    steps = np.clip(np.rint(first / scale.astype(np.float64)), -127, 127).astype(np.int8)
    rest = np.concatenate([scale, bias, last, offset]).astype("<f2")
    return b64encode(steps.tobytes() + rest.tobytes()).decode()


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
    """How pictures become features.

    Args:
        name: of the feature set.
        spec: how pictures become a model's input.
        tick: called once for each picture.
    """

    def __init__(
        self, name: str, spec: InputSpec, rng: np.random.Generator, tick: Callable[[], None]
    ):
        self._name, self._spec, self._rng, self._tick = name, replace(spec, color="grey"), rng, tick

    def features(self, picture: np.ndarray) -> np.ndarray:
        """What the gate looks at in a picture, uint8 [H, W], once it is cropped as any other."""
        self._tick()
        return gate_features(preprocess(Image.fromarray(picture), self._spec), self._name)

    def plain(self, samples: Samples, count: int) -> np.ndarray:
        """Of so many scans as they are, float32 [count, features]."""
        found = []
        for i in _drawn(samples, count, self._rng):
            found.append(gate_features(samples.pixels[i], self._name))
            self._tick()
        return self._rows(found)

    def views(self, samples: Samples, count: int) -> np.ndarray:
        """Of so many views of scans, float32 [count, features]."""
        found = []
        for i in _drawn(samples, count, self._rng):
            scan = samples.pixels[i, ..., 0].astype(np.float32)
            view = varied(scan, np.zeros_like(scan), self._rng, STRIPPED)[0]
            found.append(self.features(_perhaps_framed(view, self._rng)))
        return self._rows(found)

    def _rows(self, found: list[np.ndarray]) -> np.ndarray:
        return np.array(found).reshape(-1, FEATURE_SETS[self._name].count)


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
    return _perhaps_framed(varied(scan, np.zeros_like(scan), rng)[0], rng)


def _stretched(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the outliers at another ratio of the sides, as photographs have: no sign either."""
    if rng.random() < 0.5:
        return picture
    height, width = picture.shape
    ratio = np.exp(rng.uniform(-WIDER, WIDER))
    size = round(width * max(1.0, ratio)), round(height * max(1.0, 1 / ratio))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def _perhaps_framed(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return framed(view, rng)[0] if rng.random() < IN_FRAMES else view
