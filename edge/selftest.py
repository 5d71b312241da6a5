"""Replay a model's golden sample: does this device decode, preprocess and infer as intended?"""

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from edge.classifier import Classifier
from edge.errors import ModelError
from edge.preprocess import preprocess
from edge.provenance import GoldenSample, provenance


@dataclass(frozen=True)
class SelfTest:
    """Outcome of one replay."""

    engine: str
    tensor_matches: bool
    probability: float
    expected: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the tensor is identical and the probability within tolerance."""
        return self.tensor_matches and abs(self.probability - self.expected) <= self.tolerance

    def __str__(self) -> str:
        tensor = "identical" if self.tensor_matches else "DIFFERS"
        return (
            f"self-test {'passed' if self.passed else 'FAILED'} ({self.engine}): "
            f"preprocessed pixels {tensor}, probability {self.probability:.6f}, "
            f"expected {self.expected:.6f} +- {self.tolerance:g}"
        )


def golden_png(golden: GoldenSample) -> bytes:
    """The golden scan's PNG file; raises `binascii.Error` if its text is damaged."""
    return base64.b64decode(golden.png_base64, validate=True)


def self_test(classifier: Classifier) -> SelfTest:
    """Run the golden sample of the classifier's manifest.

    Raises:
        ModelError: the manifest's golden sample is damaged.
    """
    golden = provenance(classifier.manifest).golden
    try:
        image = Image.open(io.BytesIO(golden_png(golden)), formats=["PNG"])
        image.load()
    except (binascii.Error, OSError, SyntaxError, ValueError) as error:
        raise ModelError(f"{classifier.path}: its golden sample is damaged ({error})") from error
    pixels = preprocess(image, classifier.manifest.input)
    return SelfTest(
        engine=classifier.engine.name,
        tensor_matches=hashlib.sha256(pixels.tobytes()).hexdigest() == golden.tensor_sha256,
        probability=classifier.probability(pixels),
        expected=golden.probability,
        tolerance=golden.tolerance,
    )
