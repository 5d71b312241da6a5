"""Pictures that are no MRI slice of a brain, generated: what the reject gate learns to refuse.

Two families. Made from nothing: noise, text, drawings, gradients, fractal "photographs", things
before a ground, bodies that are no head, slices of the head above the brain, the fan of an
ultrasound probe. Made from scans: what has all of a scan's texture and none of a head's layout
(tiles in another order, pieces enlarged, halves of different scans, several scans on one sheet,
swirls), and what has the layout and is no MRI (negatives, computed tomography).
"""

from collections.abc import Callable

import numpy as np

from train.augmentation.drawing import oval, ramp
from train.gate import corrupted_outliers, generated_outliers

Maker = Callable[[np.random.Generator, np.ndarray], np.ndarray]
KINDS: dict[str, Maker] = {
    "noise": generated_outliers.noise,
    "gradient": generated_outliers.gradient,
    "text": generated_outliers.text,
    "drawing": generated_outliers.drawing,
    "scene": generated_outliers.scene,
    "thing": generated_outliers.thing,
    "body": generated_outliers.body,
    "neck": generated_outliers.neck,
    "vertex": generated_outliers.vertex,
    "joint": generated_outliers.joint,
    "chest": generated_outliers.chest,
    "fan": generated_outliers.fan,
    "tiles": corrupted_outliers.tiles,
    "piece": corrupted_outliers.piece,
    "halves": corrupted_outliers.halves,
    "sheet": corrupted_outliers.sheet,
    "swirl": corrupted_outliers.swirl,
    "negative": corrupted_outliers.negative,
    "ct": corrupted_outliers.ct,
}


def outlier(kind: str, rng: np.random.Generator, scans: np.ndarray) -> np.ndarray:
    """One picture of a kind, uint8 [H, W].

    Args:
        kind: a key of `KINDS`.
        scans: uint8 [N, H, W], from which some kinds are made; their size is the picture's.
    """
    picture = KINDS[kind](rng, scans)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def vignette(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture seen through a rounded hole, black around it: an outline as a head has.

    uint8 [H, W] -> the same.
    """
    depth = oval(rng, picture.shape, (0.5, 1.0), aside=0.2, dents=0.08)
    return np.rint(picture * ramp(depth, rng.choice((0.02, 0.2)))).astype(np.uint8)
