"""The stream of slices and series."""

import gc
import weakref

import numpy as np
from PIL import Image

from edge import Classifier
from edge.series.classify import classify_found
from edge.series.grouping import group


class Picture:
    explanation = None


def test_pictures_of_slices_are_not_kept_until_the_series_ends(any_model, tmp_path):
    """52 heat maps of one series took 115 MB."""
    made = []

    def extra(*_):
        picture = Picture()
        made.append(weakref.ref(picture))
        return picture

    paths = [tmp_path / f"{at}.png" for at in range(8)]
    for path in paths:
        Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))).save(path)
    alive = []
    found = group((str(path), None) for path in paths)
    for one in classify_found(Classifier(any_model), found, extra=extra):
        del one
        gc.collect()
        alive.append(sum(ref() is not None for ref in made))
    assert len(made) == 8
    assert max(alive) <= 2
