"""A head for the tests of what is put into scans and taken out of them."""

import numpy as np
import pytest
from PIL import Image

from train.phantom.make import make_phantom


@pytest.fixture(scope="session")
def head():
    """A phantom without a lesion, float32 [128, 128]; not to be written to."""
    picture = Image.fromarray(make_phantom(7, False).pixels)
    pixels = np.array(picture.resize((128, 128)), np.float32)
    pixels.flags.writeable = False
    return pixels


def changed(before, after):
    return np.abs(before - after) > 3
