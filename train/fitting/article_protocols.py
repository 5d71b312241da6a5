"""How the two articles (shared/articles.md) measured, repeated to be seen for what it is.

Both numbers are leaky and say nothing about a scan the model has not seen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from train.augmentation.keras_layers import RandomGeometry, ToPixels
from train.data.samples import Samples
from train.evaluation.metrics import Proportion
from train.fitting.fit_options import Fit, FitOptions

CLAIMS = {
    "augment, then split": "73.85 % validation accuracy (CNN, 253 scans, 100 epochs)",
    "training images": "94.57 % accuracy on the training images (VGG16, 253 scans, 5 epochs)",
}
COPIES = 7
"""Of each scan of the larger class, itself included: 155 become 1,085."""
SMALLER = 979 / 1085
"""Size of the smaller class after augmentation, of the larger: 98 scans become 979 copies."""
TEST_SHARE = 0.2
_BATCH = 256


@dataclass(frozen=True)
class LeakyResult:
    """An accuracy that is too good."""

    protocol: str
    """A key of `CLAIMS`."""
    accuracy: Proportion
    images: dict[str, int]
    """How many copies or scans the model was fitted on and measured on."""
    seen: int
    """Measured images of which the model saw the same scan, or a copy, in training."""

    def to_dict(self) -> dict:
        """Ready for JSON."""
        return {
            "leaky": True,
            "protocol": self.protocol,
            "claim": CLAIMS[self.protocol],
            "accuracy": self.accuracy.to_dict(),
            "images": self.images,
            "measured_but_seen_in_training": self.seen,
        }


def augmented(pixels: np.ndarray, truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Article 1's balancing: every scan, and rotated, mirrored and flipped copies of it.

    Args:
        pixels: uint8 [N, height, width, channels].
        truth: 0 or 1, [N].

    Returns:
        The copies, uint8 [M, height, width, channels], and of which scan each is, int64 [M].
    """
    classes = sorted((np.flatnonzero(truth == label) for label in (0, 1)), key=len)
    sizes = (round(COPIES * len(classes[1]) * SMALLER), COPIES * len(classes[1]))
    source = np.concatenate(
        [np.resize(own, max(size, len(own))) for own, size in zip(classes, sizes, strict=True)]
    )
    # Shifts and zooms are not in the article.
    change = RandomGeometry(seed, shift=0.0, zoom=0.0)
    to_pixels, copies = ToPixels(), pixels[source]
    first = np.zeros(len(source), bool)
    first[np.unique(source, return_index=True)[1]] = True
    again = np.flatnonzero(~first)
    for start in range(0, len(again), _BATCH):
        rows = again[start : start + _BATCH]
        changed = to_pixels(change(copies[rows].astype(np.float32), training=True))
        copies[rows] = keras.ops.convert_to_numpy(changed)
    return copies, source


def augment_then_split(
    options: FitOptions, samples: Samples, fit: Callable[..., Fit]
) -> LeakyResult:
    """Article 1: augment all scans, then split the copies 80/20 at random.

    The 20 % also decide when to stop, as there is no other held-out set in the article.

    Args:
        options: of the fit; its augmentation is off, for the copies are augmented already.
        fit: `train.fitting.fit.fit` with its surroundings bound.
    """
    copies, source = augmented(samples.pixels, samples.truth, options.seed)
    all_copies = replace(samples[source], pixels=copies)
    train, test = train_test_split(
        np.arange(len(source)), test_size=TEST_SHARE, random_state=options.seed, shuffle=True
    )
    fitted = fit(options, all_copies[train], all_copies[test])
    groups = all_copies.groups
    return LeakyResult(
        protocol="augment, then split",
        accuracy=_accuracy(fitted, all_copies[test]),
        images={"fitted": len(train), "measured": len(test)},
        seen=int(np.isin(groups[test], groups[train]).sum()),
    )


def on_training_images(
    options: FitOptions, samples: Samples, fit: Callable[..., Fit]
) -> LeakyResult:
    """Article 2: fit on all scans, and measure on them."""
    fitted = fit(options, samples, samples)
    return LeakyResult(
        protocol="training images",
        accuracy=_accuracy(fitted, samples),
        images={"fitted": len(samples), "measured": len(samples)},
        seen=len(samples),
    )


def _accuracy(fitted: Fit, samples: Samples) -> Proportion:
    logits = fitted.logits(samples.pixels)
    # Of a sigmoid's one logit, or of a softmax' two.
    tumor = logits[:, -1] - (logits[:, 0] if logits.shape[1] > 1 else 0)
    return Proportion(int(((tumor >= 0) == samples.truth).sum()), len(samples))
