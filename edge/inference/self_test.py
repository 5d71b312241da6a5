"""Does an engine decode, preprocess and infer as intended? Replay a model's golden sample.

`edge.inference.check_model` asks every engine, and more.
"""

import base64
import binascii
import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from edge.errors import ImageError, ModelError
from edge.inference.classifier import Classifier
from edge.model_file.provenance import GoldenSample, provenance
from edge.scan.decode import decode
from edge.scan.file_format import HEAD, sniff
from edge.scan.preprocess import preprocess

_GOLDEN_PIXELS = 1 << 20
"""Width x height that a golden sample may have; ours are 128x140."""


@dataclass(frozen=True)
class SelfTest:
    """Outcome of one replay."""

    engine: str
    tensor_matches: bool
    probability: float
    expected: float
    tolerance: float
    types_off: float | None = None
    """Largest difference in the probability of a type; None if none are told."""
    likeness_off: float | None = None
    """Difference in likeness, as a share of that if it is above 1; None: the gate is not in the
    graph."""

    @property
    def passed(self) -> bool:
        """Whether the tensor is identical and all else within tolerance."""
        off = [abs(self.probability - self.expected), self.types_off, self.likeness_off]
        return self.tensor_matches and all(one is None or one <= self.tolerance for one in off)

    def __str__(self) -> str:
        tensor = "identical" if self.tensor_matches else "DIFFERS"
        return (
            f"self-test {'passed' if self.passed else 'FAILED'} ({self.engine}): "
            f"preprocessed pixels {tensor}, probability {self.probability:.6f}, "
            f"expected {self.expected:.6f} +- {self.tolerance:g}"
            + difference_words("types differ", self.types_off)
            + difference_words("likeness differs", self.likeness_off)
        )


def golden_png(golden: GoldenSample) -> bytes:
    """The golden scan's PNG file; raises `binascii.Error` if its text is damaged."""
    return base64.b64decode(golden.png_base64, validate=True)


def golden_pixels(classifier: Classifier) -> np.ndarray:
    """The golden scan, preprocessed for the classifier: uint8 [height, width, channels].

    Raises:
        ModelError: the manifest's golden sample is damaged.
    """
    try:
        data = golden_png(provenance(classifier.manifest).golden)
        if sniff(data[:HEAD]) != "PNG":
            raise ModelError(f"{classifier.path}: its golden sample is damaged (no PNG file)")
        # As any scan: what a model file brings is no safer, and the device's own reader is tested.
        image = decode(data, _GOLDEN_PIXELS)
    except (binascii.Error, ImageError) as error:
        raise ModelError(f"{classifier.path}: its golden sample is damaged ({error})") from error
    return preprocess(image, classifier.manifest.input)


def self_test(classifier: Classifier) -> SelfTest:
    """Run the golden sample of the classifier's manifest.

    Raises:
        ModelError: the manifest's golden sample is damaged.
    """
    return replay(classifier, provenance(classifier.manifest).golden, golden_pixels(classifier))


def replay(classifier: Classifier, golden: GoldenSample, pixels: np.ndarray) -> SelfTest:
    """What a classifier makes of a golden sample, of whichever manifest.

    Args:
        pixels: the sample, preprocessed for the classifier: uint8 [height, width, channels].
    """
    value, types, likeness = classifier.judge(pixels)
    return SelfTest(
        engine=classifier.engine.name,
        tensor_matches=hashlib.sha256(pixels.tobytes()).hexdigest() == golden.tensor_sha256,
        probability=value,
        types_off=None if types is None else types_apart(types.values(), golden.types),
        likeness_off=None if likeness is None else likeness_apart(likeness, golden.likeness),
        expected=golden.probability,
        tolerance=golden.tolerance,
    )


def difference_words(what: str, off: float | None) -> str:
    """As "; types differ by 0.1"; None: nothing."""
    return "" if off is None else f"; {what} by {off:.2g}"


def types_apart(found: Collection[float], wanted: Collection[float]) -> float:
    """Largest difference in the probability of a type; inf if one tells more of them."""
    if len(found) != len(wanted):
        return math.inf
    # Of NumPy, as Python's own may pass over what is no number.
    return float(np.max(np.abs(np.subtract(list(found), list(wanted))), initial=0.0))


def likeness_apart(found: float | None, wanted: float | None) -> float:
    """Difference in likeness, as a share of `wanted` if that is beyond 1; inf if one has none."""
    if found is None or wanted is None:
        return 0.0 if found is wanted else math.inf
    return abs(found - wanted) / max(1.0, abs(wanted))
