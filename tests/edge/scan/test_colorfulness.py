"""Grey saved as colour is drawn in grey; a mark in colour is not lost for it."""

import numpy as np
from PIL import Image

from edge.scan.colorfulness import grey_and_color, without_grey_channels


def test_grey_saved_as_colour_becomes_one_channel():
    grey = np.random.default_rng(0).integers(0, 256, (300, 200), np.uint8)
    picture = without_grey_channels(Image.fromarray(grey).convert("RGB"))
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), grey)


def test_a_mark_between_the_places_looked_at_keeps_its_colour():
    picture = Image.new("RGB", (640, 640), (90, 90, 90))
    picture.putpixel((1, 1), (255, 0, 0))
    assert grey_and_color(picture) == (True, 0.0)
    assert without_grey_channels(picture) is picture


def test_other_modes_stay():
    for mode in ("L", "RGBA"):
        picture = Image.new(mode, (20, 20))
        assert without_grey_channels(picture) is picture
