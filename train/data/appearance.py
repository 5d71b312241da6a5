"""What a scan looks like, in a hash and a thumbnail: what tells near-duplicates."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

_SIDE = 32


_HASH_SIDE = 8


@dataclass(frozen=True)
class Appearance:
    """What tells copies: `hashes[i]` and `thumbnails[i]` belong to scan i."""

    hashes: np.ndarray
    """uint8 [N, 8]: 64 bits of difference hash each."""
    thumbnails: np.ndarray
    """uint8 [N, 1024]: 32x32 grey pixels."""


def appearance_of(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Hash, uint8 [8], and thumbnail, uint8 [1024], of a decoded scan of mode "L" or "RGB"."""
    import imagehash  # devices read folders of scans too, and do not have it

    grey = image.convert("L")
    hashed = imagehash.dhash(grey, _HASH_SIDE).hash
    small = grey.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.packbits(hashed.ravel()), np.asarray(small).ravel()
