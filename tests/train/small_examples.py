"""A dozen phantoms as an evidence map learns from them."""

import numpy as np

from train.data.boxes import Box
from train.data.samples import Samples
from train.phantom.make import make_phantom


def samples(boxed=True, sources=True):
    made = [make_phantom(seed, seed % 2 == 1, size=128) for seed in range(12)]
    boxes = np.empty(12, object)
    for i, one in enumerate(made):
        rows, cols = np.nonzero(one.lesion)
        known = boxed and len(rows)
        boxes[i] = (
            (Box(cols.min() / 128, rows.min() / 128, cols.max() / 128, rows.max() / 128),)
            if known
            else ()
        )
    return Samples(
        np.stack([one.pixels for one in made])[..., None],
        np.array([one.has_lesion for one in made], np.int64),
        np.arange(12),
        np.array(["a/x"] * 10 + ["b/x"] * 2) if sources else None,
        boxes,
    )
