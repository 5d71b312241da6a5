"""The one preprocessing function: from a decoded scan to the pixels a model takes.

Training, calibration, parity checks, benchmarks and the device all call `preprocess`. Scaling,
colour order and mean subtraction are not here: they are layers inside the graph.
"""

import numpy as np
from PIL import Image

from edge.errors import ModelError
from edge.manifest import InputSpec

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Resize filters by manifest name. Pillow's all but `nearest` widen with the scale, so shrinking
does not alias."""

CROPS = {"none": lambda image: image}
"""Crop rules by manifest name."""


def preprocess(image: Image.Image, spec: InputSpec) -> np.ndarray:
    """Crop and resize `image` (mode "L" or "RGB") as the manifest says.

    The aspect ratio is not kept: the crop is stretched to the input's height and width.

    Returns:
        uint8 array [height, width, channels], C-contiguous, values 0..255.

    Raises:
        ModelError: the manifest names a crop rule or filter that this version does not know.
    """
    try:
        crop, resample = CROPS[spec.crop], FILTERS[spec.resize]
    except KeyError as error:
        raise ModelError(
            f"the model asks for the unknown preprocessing rule {error}; install a newer mri-edge"
        ) from None
    image = crop(image)
    if spec.color == "grey" and image.mode != "L":
        image = image.convert("L")
    if image.size != (spec.width, spec.height):
        image = image.resize((spec.width, spec.height), resample)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        # Grey is resized once and copied to the channels: the same bytes as resizing RGB, which
        # treats every channel alike, for a third of the work.
        pixels = pixels[..., None]
        if spec.color == "rgb":
            pixels = pixels.repeat(3, axis=2)
    return np.ascontiguousarray(pixels)
