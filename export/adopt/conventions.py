"""Conventions of the pixels that networks take: how they are scaled, and in which colour order.

Which one a network was trained with does not stand in its file, unless it holds the scaling. The
published means and deviations are those of ImageNet (Simonyan and Zisserman 2014; torchvision).
"""

from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from export.adopt.convention_names import SCALINGS
from export.adopt.source import Source
from export.errors import ExportError
from train.networks.backbones import IMAGENET_MEAN_BGR, ReverseChannels

_TORCH_MEAN_RGB, _TORCH_DEVIATION_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_USUAL = {"imagenet-mean": "bgr"}
_COLOURED = 1.0
"""Mean difference of red and blue, 0..255, from which scans count as coloured: JPEG reaches 0.3."""


class Convention(NamedTuple):
    """What a network takes in place of uint8 pixels in RGB."""

    scaling: str
    """A key of `SCALINGS`."""
    color: str
    """"rgb", "bgr" or "grey"."""

    @property
    def words(self) -> str:
        """As its options are given."""
        return f"--scaling {self.scaling} --color {self.color}"

    def agrees(self, scaling: str | None, color: str | None) -> bool:
        """Whether it is what these options say; None: they leave it open."""
        return scaling in (None, self.scaling) and color in (None, self.color)

    @property
    def factors(self) -> tuple[list[float] | float, list[float] | float]:
        """Factor and offset of a pixel, 0..255, one or one a channel, in the network's order."""
        if self.scaling == "none":
            return 1.0, 0.0
        if self.scaling == "unit":
            return 1 / 255, 0.0
        if self.scaling == "symmetric":
            return 1 / 127.5, -1.0
        if self.scaling == "imagenet-mean":
            return 1.0, self._ordered([-mean for mean in reversed(IMAGENET_MEAN_BGR)])
        scale = [1 / (255 * deviation) for deviation in _TORCH_DEVIATION_RGB]
        pairs = zip(_TORCH_MEAN_RGB, _TORCH_DEVIATION_RGB, strict=True)
        return self._ordered(scale), self._ordered([-mean / deviation for mean, deviation in pairs])

    def _ordered(self, rgb: list[float]) -> list[float]:
        return rgb[::-1] if self.color == "bgr" else rgb

    def applied(self, pixels: np.ndarray) -> np.ndarray:
        """What the network takes, float32 [N, H, W, C], of uint8 pixels."""
        scale, offset = (np.asarray(one, np.float32) for one in self.factors)
        turned = pixels[..., ::-1] if self.color == "bgr" else pixels
        return (turned.astype(np.float32) * scale + offset).astype(np.float32)

    def layers(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        """The same as layers of the graph."""
        if self.color == "bgr":
            pixels = ReverseChannels(name="bgr")(pixels)
        return layers.Rescaling(*self.factors, name="scale")(pixels)


def candidates(
    channels: int, coloured: bool, color: str | None = None, only: str | None = None
) -> list[Convention]:
    """The conventions that come into question.

    What is given as an option leaves none out that scans can tell from it: a wrong one must show.

    Args:
        channels: of the network's input, 1 or 3.
        coloured: whether scans are, so that the order of colours matters.
        color: as given; it is taken as it is where scans cannot tell. None: the usual one is.
        only: the one scaling that is possible; None: any.
    """
    scalings = [only] if only else list(SCALINGS)
    if channels == 1:
        return [Convention(name, "grey") for name in scalings if not name.startswith("imagenet")]
    found = []
    for name in scalings:
        usual = color or _USUAL.get(name, "rgb")
        other = "rgb" if usual == "bgr" else "bgr"
        found += [Convention(name, one) for one in ([usual, other] if coloured else [usual])]
    return found


def to_try(
    source: Source, coloured: bool, scaling: str | None, color: str | None
) -> list[Convention]:
    """The conventions that come into question for a model, whatever is given.

    Raises:
        ExportError: the one that is given cannot be.
    """
    if source.whole_numbers and scaling not in (None, "none"):
        raise ExportError(
            f"--scaling {scaling}: {source.file} takes whole numbers, so it scales by itself; "
            "leave it out"
        )
    only = "none" if source.whole_numbers else None
    found = candidates(source.shape[2], coloured, color, only)
    if not any(one.agrees(scaling, color) for one in found):
        raise ExportError(
            f"--scaling {scaling}: {source.file} takes grey pictures, and ImageNet's mean is one "
            "of colours; leave it out, to have the others tried"
        )
    return found


def are_coloured(pixels: np.ndarray) -> bool:
    """Whether the order of colours can be told from scans, uint8 [N, H, W, C]."""
    if pixels.shape[-1] == 1:
        return False
    red, blue = pixels[..., 0].astype(np.int16), pixels[..., 2].astype(np.int16)
    return float(np.abs(red - blue).mean()) > _COLOURED
