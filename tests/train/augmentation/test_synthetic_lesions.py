"""Lesions put into scans, and how much they stand out."""

import numpy as np
import pytest

from tests.train.conftest import changed
from train.augmentation.synthetic_lesions import conspicuity, paint_lesion, transplant


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


def test_a_lesion_stands_out_by_contrast_and_by_the_root_of_its_area(head):
    def added(level, side):
        mask = np.zeros_like(head)
        mask[48 : 48 + side, 48 : 48 + side] = 1
        return conspicuity(head, head + level * mask, mask)

    bright = np.percentile(head[head > 60], 97)
    assert added(40, 16) == pytest.approx(40 / bright * 16 / 128, rel=0.1)
    assert added(80, 16) == pytest.approx(2 * added(40, 16), rel=1e-4)
    assert added(40, 32) == pytest.approx(2 * added(40, 16), rel=1e-4)


def test_texture_finer_than_the_squares_does_not_stand_out(head):
    mask = np.zeros_like(head)
    mask[48:64, 48:64] = 1
    checks = 40.0 * (-1) ** np.indices(head.shape).sum(axis=0)
    assert conspicuity(head, head + mask * checks, mask) < 1e-6
