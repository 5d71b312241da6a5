"""The golden sample: a generated scan whose outcome a device can check by itself."""

import base64
import hashlib
import io

import numpy as np
from PIL import Image

from edge.inference.decision_replay import golden_decisions, golden_types
from edge.model_file.manifest import Decision, InputSpec, TypeSpec
from edge.model_file.provenance import GoldenSample
from edge.scan.preprocess import preprocess
from train.phantom.make import make_phantom

_SEED = 2**60 + 100  # a phantom that no run trains on: see train.phantom.files.SAMPLE_SEEDS
_SIDE = 96  # small enough to travel in the manifest
_BAR = 9  # white columns beside it: a device that finds the head by another rule is found out
_ENLARGED = 4
"""Times, by repeating pixels, which PNG packs well: to be averaged down as a scan is, its head must
be more than twice a small model's input."""


def golden_scan() -> tuple[bytes, Image.Image]:
    """The generated scan, as PNG bytes and decoded."""
    phantom = make_phantom(_SEED, lesion=True, size=_SIDE).pixels
    framed = np.pad(phantom, [(0, 0), (_BAR, 0)], constant_values=255)
    image = Image.fromarray(framed.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1))
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue(), image


def golden_pixels(spec: InputSpec) -> np.ndarray:
    """The generated scan as a model takes it, uint8 [H, W, C]."""
    return preprocess(golden_scan()[1], spec)


def golden_sample(
    spec: InputSpec,
    probability: float,
    tolerance: float,
    decision: Decision,
    types: TypeSpec | None = None,
    type_probabilities: dict[str, float] | None = None,
    likeness: float | None = None,
) -> GoldenSample:
    """For a manifest: the scan, its tensor's hash, what the model makes of it, and verdicts."""
    return GoldenSample(
        png_base64=base64.b64encode(golden_scan()[0]).decode(),
        tensor_sha256=hashlib.sha256(golden_pixels(spec).tobytes()).hexdigest(),
        probability=probability,
        tolerance=tolerance,
        decisions=golden_decisions(decision),
        types=tuple((type_probabilities or {}).values()),
        type_decisions=golden_types(types) if types else (),
        likeness=likeness,
    )
