"""From a file to a model's input, under the rules that say how it is decoded as well."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from edge.inference.classifier import Classifier
from edge.inference.prediction import Answer
from edge.model_file.manifest import InputSpec, RejectGate
from edge.scan.decode import read_scan
from edge.scan.ood_gate import apply_gate
from edge.scan.preprocess import preprocess_part
from edge.scan.read_input import read_input, read_pixels
from edge.scan.reduced import grey_and_look

OLD = InputSpec(64, 64, "grey", crop="head")
NEW = InputSpec(64, 64, "grey", crop="reduced head")


def scan(width=600, height=500, share=0.9, mode="L") -> Image.Image:
    """A bright head that fills a share of the longer side, with something darker in it."""
    image = Image.new(mode, (width, height))
    radius = share * max(width, height) / 2
    pen, x, y = ImageDraw.Draw(image), width / 2, height / 2
    grey = (lambda level: level) if mode == "L" else (lambda level: (level,) * 3)
    pen.ellipse((x - radius, y - 0.8 * radius, x + radius, y + 0.8 * radius), fill=grey(180))
    pen.ellipse((x, y, x + radius / 2, y + radius / 3), fill=grey(90))
    return image


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, **options)
    return file.getvalue()


@pytest.mark.parametrize("size", [(70, 60), (200, 260), (600, 500), (1500, 400)])
def test_both_rules_find_the_same_head_and_show_it_alike(size):
    image = scan(*size)
    old, new = (preprocess_part(image, spec) for spec in (OLD, NEW))
    assert (old.part, old.found, old.beside) == (new.part, new.found, new.beside)
    assert np.abs(old.pixels.astype(int) - new.pixels).mean() < 3


@pytest.mark.parametrize("spec", [OLD, NEW], ids=["old", "new"])
def test_a_large_jpeg_is_decoded_smaller_only_where_the_rule_says_so(spec):
    found = read_input(jpeg(scan()), spec).scan
    assert found.scale == (2 if spec is NEW else 1)
    assert found.stored[2:] == (600, 500)
    assert read_scan(jpeg(scan())).scale == 1


def test_what_is_decoded_smaller_shows_the_same():
    data = jpeg(scan(1200, 1000))
    smaller, whole = read_input(data, NEW), preprocess_part(read_scan(data).image, NEW)
    assert smaller.scan.scale == 4
    np.testing.assert_allclose(smaller.seen.part, whole.part, atol=0.02)
    assert np.abs(smaller.seen.pixels.astype(int) - whole.pixels).mean() < 4
    np.testing.assert_array_equal(read_pixels(data, NEW), smaller.seen.pixels)


@pytest.mark.parametrize("share", [0.9, 0.3])
def test_a_head_keeps_twice_the_pixels_of_the_input(share):
    found = read_input(jpeg(scan(600, 600, share)), NEW)
    left, _, right, _ = found.seen.part
    assert found.scan.scale == (2 if share == 0.9 else 1)
    assert (right - left) * found.scan.image.width >= 128


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 2}])
def test_damage_is_seen_in_what_is_decoded_smaller(options):
    data = jpeg(Image.effect_noise((600, 600), 90), **options)
    assert read_input(data, NEW).scan.scale == 2
    cut = data[: len(data) // 2] + data[len(data) // 2 + 1000 :]
    with pytest.raises(Exception, match="damaged"):
        read_input(cut, NEW)


def test_grey_saved_as_colour_is_one_of_its_channels():
    image = scan(mode="RGB")
    grey, look = grey_and_look(image)
    assert look.color == 0
    np.testing.assert_array_equal(np.asarray(grey), np.asarray(scan()))


@pytest.mark.parametrize("size", [(300, 300), (900, 900)])
def test_pictures_in_colour_are_refused(size):
    pixels = np.random.default_rng(0).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    data = jpeg(Image.fromarray(pixels).resize(size))
    found = read_input(data, NEW)
    gate = apply_gate(found.scan.image, found.seen, RejectGate(), found.scan.scale)
    assert "in colour" in gate.refused


def test_a_picture_decoded_smaller_is_as_large_as_its_file_says():
    data = jpeg(scan())
    found = read_input(data, NEW)
    for side, refused in ((499, False), (501, True)):
        gate = RejectGate(min_side=side)
        said = apply_gate(found.scan.image, found.seen, gate, found.scan.scale)
        assert ("too small" in (said.refused or "")) == refused


def test_colour_stays_for_a_model_that_takes_it():
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[20:180, 20:180] = 200, 150, 150
    found = preprocess_part(Image.fromarray(pixels), replace(NEW, color="rgb")).pixels
    assert found[32, 32].tolist() == [200, 150, 150]


def test_a_picture_is_shown_whole_beside_its_verdict(model):
    classifier = Classifier(model)
    spec = replace(classifier.manifest.input, crop="reduced head", height=64, width=64)
    classifier.manifest = replace(classifier.manifest, input=spec, reject=RejectGate(min_side=1))
    classifier.judge = lambda pixels, made_here: Answer(0.5, None, None)
    data = jpeg(scan())
    for whole, size in ((False, (300, 250)), (True, (600, 500))):
        image, seen, _ = classifier.examine(data, whole=whole)
        assert image.size == size
        # What the verdict is on, whichever is shown.
        np.testing.assert_array_equal(seen.pixels, read_pixels(data, spec))
