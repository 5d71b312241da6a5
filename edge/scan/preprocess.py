"""The one preprocessing function: from a decoded scan to the pixels a model takes.

Training, calibration, parity checks, benchmarks and the device all call `preprocess`. Scaling,
colour order and mean subtraction are not here: they are layers inside the graph.
"""

from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from edge.errors import ModelError
from edge.model_file.manifest import InputSpec
from edge.scan.crop import CROPS, Part, whole
from edge.scan.reduced import AVERAGED, Look, grey_and_look
from edge.scan.resize import FILTERS, cut_and_resize


class ModelInput(NamedTuple):
    """What a model is shown of a scan."""

    pixels: np.ndarray
    """uint8 [height, width, channels], C-contiguous, values 0..255."""
    part: Part
    """What of the picture that is, for boxes and heat maps."""
    found: bool
    """Whether it is what the crop rule looks for; False: it found no head, and this is all there
    is."""
    beside: float
    """The share, 0..1, of what the picture shows that seems to be another picture: areas beside the
    head (writing is none), or what is apart from it where nothing is nearly all."""
    look: Look | None = None
    """What a reduced rule saw of the picture; None: the crop rule is none of these."""


def preprocess(image: Image.Image, spec: InputSpec) -> np.ndarray:
    """Crop and resize `image` (mode "L" or "RGB") as the manifest says.

    The aspect ratio is not kept: the crop is stretched to the input's height and width. Beyond the
    picture, and where bars were beside the scan, is black.

    Returns:
        uint8 array [height, width, channels], C-contiguous, values 0..255.

    Raises:
        ModelError: the manifest names a crop rule or filter that this version does not know.
    """
    return preprocess_part(image, spec).pixels


def preprocess_part(image: Image.Image, spec: InputSpec) -> ModelInput:
    """`preprocess`, what of the picture that is, and whether it was found.

    Raises:
        ModelError: as `preprocess`.
    """
    resample, (width, height) = _known(FILTERS, spec.resize), image.size
    rule, look, gap = _known(CROPS, spec.crop), None, None
    if rule.reduced:
        grey, look = grey_and_look(image)
        found, gap = rule.find(look.small), AVERAGED
        image = grey if spec.color == "grey" or look.is_grey else image
    else:
        if spec.color == "grey" and image.mode != "L":
            image = image.convert("L")
        found = rule.find(image)
    crop, size = found or whole(image), (spec.width, spec.height)
    if crop.region != (0, 0, width, height) or crop.shown != crop.region:
        image = cut_and_resize(image, crop, size, resample, gap)
    elif image.size != size:
        image = image.resize(size, resample, reducing_gap=gap)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        # Grey is resized once and copied to the channels: the same bytes as resizing RGB, which
        # treats every channel alike, for a third of the work.
        pixels = pixels[..., None]
        if spec.color == "rgb":
            pixels = pixels.repeat(3, axis=2)
    left, top, right, bottom = crop.region
    part = left / width, top / height, right / width, bottom / height
    return ModelInput(np.ascontiguousarray(pixels), part, found is not None, crop.beside, look)


def _known(rules: dict[str, Any], name: str) -> Any:
    try:
        return rules[name]
    except KeyError:
        raise ModelError(
            f"the model asks for the unknown preprocessing rule {name[:60]!r}; "
            "install a newer mri-edge"
        ) from None
