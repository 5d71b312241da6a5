"""What an evidence map is shown: drawn evenly, and coded by cell."""

import numpy as np

from tests.train.small_examples import samples
from train.augmentation.training_examples import Examples, codes
from train.networks.cell_labels import BAG, CLEAR, IGNORED, LESION, UNKNOWN

CELLS = (16, 16)


def test_half_show_a_lesion_and_folders_come_by_the_root_of_their_scans():
    pixels, known, origins = Examples(samples(), CELLS, 0, 300).batch(0, 0)
    assert pixels.shape == (300, 128, 128, 1)
    assert pixels.dtype == known.dtype == np.uint8
    shows = np.isin(known, (LESION, BAG, UNKNOWN)).any(axis=(1, 2))
    assert 0.42 < shows.mean() < 0.7
    plain = origins[origins >= 0]
    assert 0.2 < (plain >= 10).mean() < 0.42, "1 scan of b to 5 of a, in each class: 1 to 2.2"
    assert not (known == UNKNOWN).any()


def test_without_boxes_a_tumor_is_somewhere():
    _, known, origins = Examples(samples(boxed=False, sources=False), CELLS, 0, 60).batch(0, 0)
    truth = samples().truth
    for codes_of, origin in zip(known, origins, strict=True):
        if origin >= 0:
            assert (codes_of == (UNKNOWN if truth[origin] else CLEAR)).all()


def test_a_lesion_that_cannot_be_seen_is_none(monkeypatch):
    def painted(level):
        def paint(scan, rng):
            mask = np.zeros_like(scan)
            mask[40:60, 40:60] = 1
            return scan + level * mask, mask

        monkeypatch.setattr("train.augmentation.synthetic_lesions.paint_lesion", paint)
        monkeypatch.setattr(
            "train.augmentation.training_examples.SHARES", {"painted": 1.0, "transplanted": 0.0}
        )
        _, known, _ = Examples(samples(), CELLS, 0, 20).batch(0, 0)
        return (known == LESION).any(axis=(1, 2))

    assert painted(80.0).mean() > 0.8, "a few may lie outside the view"
    assert not painted(10.0).any()


def test_the_same_seed_gives_the_same_examples():
    one, other = (Examples(samples(), CELLS, 5, 20).batch(0, 0) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one[0], Examples(samples(), CELLS, 6, 20).batch(0, 0)[0])


def test_every_batch_is_its_own_whatever_was_drawn_before():
    used, fresh = (Examples(samples(), CELLS, 5, 20) for _ in range(2))
    first = used.batch(0, 0)[0]
    later = used.batch(3, 1)[0]
    np.testing.assert_array_equal(later, fresh.batch(3, 1)[0])
    for other in (first, used.batch(3, 0)[0], used.batch(1, 1)[0]):
        assert not np.array_equal(other, later)


def test_codes_of_a_mask_a_box_and_a_label():
    mask = np.zeros((128, 128), np.float32)
    mask[16:32, 16:28] = 1  # two rows of cells; one column whole, one to a half
    painted = codes(mask, "mask", CELLS)
    assert (painted[2:4, 2:4] == LESION).all()
    assert (painted == LESION).sum() == 4
    mask[16:32, 16:18] = 0
    assert (codes(mask, "box", CELLS)[2:4, 2:4] == BAG).all()
    assert (codes(mask, "label", CELLS) == UNKNOWN).all()
    assert (codes(mask * 0, "clear", CELLS) == CLEAR).all()


def test_a_lesion_smaller_than_a_cell_still_has_one():
    mask = np.zeros((128, 128), np.float32)
    mask[17:19, 17:20] = 1
    found = codes(mask, "mask", CELLS)
    assert found[2, 2] == LESION
    assert np.isin(found, (LESION, CLEAR, IGNORED)).all()
