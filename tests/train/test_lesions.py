"""Lesions put into scans, covered in scans, and what looks as much like retouching."""

import numpy as np
import pytest

from train.lesions import harmless, mirrored, paint_lesion, transplant, without_lesion
from train.phantom import make_phantom


@pytest.fixture(scope="module")
def head():
    return _head(7)


def _head(seed, tumor=False):
    from PIL import Image

    picture = Image.fromarray(make_phantom(seed, tumor).pixels)
    return np.asarray(picture.resize((128, 128)), np.float32)


def changed(before, after):
    return np.abs(before - after) > 3


def test_a_painted_lesion_is_where_its_mask_says(head):
    made = [paint_lesion(head, np.random.default_rng(seed)) for seed in range(12)]
    made = [one for one in made if one is not None]
    assert len(made) >= 10
    for scan, mask in made:
        assert scan.dtype == mask.dtype == np.float32
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert scan.min() >= 0
        assert scan.max() <= 255
        far = mask < 0.01
        assert changed(head, scan)[mask > 0.5].any()
        assert changed(head, scan)[far].mean() < 0.1, "oedema may reach a little further"
    assert len({scan.tobytes() for scan, _ in made}) == len(made)


def test_no_room_in_an_empty_picture():
    assert paint_lesion(np.zeros((128, 128), np.float32), np.random.default_rng(0)) is None


def test_a_transplant_shows_the_donor(head):
    donor = np.full_like(head, 60)
    donor[40:60, 40:60] = 200
    found = [transplant(head, donor, (38, 38, 62, 62), np.random.default_rng(i)) for i in range(20)]
    found = [one for one in found if one is not None]
    assert found
    for scan, mask in found:
        assert changed(head, scan)[mask > 0.9].mean() > 0.5
        assert not changed(head, scan)[mask == 0][:20].any()


def test_too_small_a_box_is_no_donor(head):
    assert transplant(head, head, (10, 10, 13, 13), np.random.default_rng(0)) is None


def test_a_boxed_lesion_is_covered_by_the_other_side(head):
    spoilt = (head + head[:, ::-1]) / 2  # a phantom lies askew
    spoilt[50:62, 30:42] = 255
    clean = without_lesion(spoilt, [(29, 49, 43, 63)], np.random.default_rng(0))
    assert clean[50:62, 30:42].mean() < 160
    assert not changed(spoilt, clean)[:, 70:].any()


def test_a_lesion_on_the_midline_or_several_cannot_be_covered(head):
    rng = np.random.default_rng(0)
    assert without_lesion(head, [(50, 50, 80, 70)], rng) is None
    assert without_lesion(head, [(20, 20, 30, 30), (90, 20, 99, 30)], rng) is None


def test_harmless_changes_are_small_and_mirroring_is_its_own_inverse(head):
    for seed in range(5):
        assert np.abs(harmless(head, np.random.default_rng(seed)) - head).mean() < 12
    assert np.abs(mirrored(mirrored(head, 63.5), 63.5) - head).max() < 1e-3
