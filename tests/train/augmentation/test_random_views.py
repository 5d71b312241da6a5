"""Views of a scan: what they may change, and what they must keep."""

import numpy as np
import pytest

from train.augmentation import random_views
from train.augmentation.random_views import _brain, _field_of_view, _reversed, framed, varied
from train.phantom.make import make_phantom

MADE = make_phantom(1, True, size=128)
SCAN, LESION = MADE.pixels.astype(np.float32), MADE.lesion.astype(np.float32)


def test_the_same_seed_gives_the_same_view():
    one, other = (varied(SCAN, LESION, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_the_mask_goes_where_the_lesion_goes():
    """A lone bright square for a scan: where it is in the view the mask must be, too."""
    square = np.zeros((128, 128), np.float32)
    square[40:64, 70:94] = 1
    scan = 20 + 200 * square
    hits = []
    for seed in range(40):
        view, mask = varied(scan, square, np.random.default_rng(seed))
        assert view.dtype == np.uint8
        assert view.shape == mask.shape == scan.shape
        inside, outside = view[mask > 0.9], view[mask < 0.1]
        hits.append(len(inside) == 0 or np.median(inside) > np.median(outside))
    assert np.mean(hits) > 0.8, "all but views with reversed tones or in frames"


@pytest.mark.parametrize("seed", range(12))
def test_a_frame_leaves_the_middle_as_it_was(seed):
    view = MADE.pixels
    result, shown = framed(view, np.random.default_rng(seed))
    assert result.dtype == np.uint8
    assert (result != view).any()
    np.testing.assert_array_equal(result[56:72, 56:72], view[56:72, 56:72])
    assert shown[56:72, 56:72].all()
    changed = result != view
    changed[:6] = changed[-6:] = changed[:, :6] = changed[:, -6:] = False  # where lines may be
    assert not (changed & shown).any()


@pytest.mark.parametrize("change", ["FRAMED", "CUT"])
def test_what_is_not_in_view_is_not_in_the_mask(monkeypatch, change):
    monkeypatch.setattr(random_views, "CUT", 0.0)
    everywhere, covered = np.ones((128, 128), np.float32), 0
    for seed in range(12):
        masks = []
        for share in (0.0, 1.0):
            monkeypatch.setattr(random_views, change, share)
            masks.append(varied(SCAN, everywhere, np.random.default_rng(seed))[1])
        assert masks[1].dtype == np.float32
        assert (masks[1] <= masks[0]).all()
        covered += (masks[1] < masks[0]).any()
    assert covered >= 4


def test_a_field_of_view_ends_at_a_line_before_which_most_of_the_picture_lies():
    shares = [_field_of_view((128, 96), np.random.default_rng(i)).mean() for i in range(40)]
    assert min(shares) > 0.5
    assert max(shares) < 1
    assert np.std(shares) > 0.05


def test_overexposed_views_show_more_white(monkeypatch):
    def brightness(share):
        monkeypatch.setattr(random_views, "OVEREXPOSED", share)
        return np.mean(
            [varied(SCAN, LESION, np.random.default_rng(seed))[0].mean() for seed in range(100)]
        )

    assert brightness(1.0) > 1.2 * brightness(0.0)


def test_reversed_tones_keep_black_and_turn_the_order_of_the_rest():
    levels = np.linspace(0, 1, 101, dtype=np.float32)
    result = _reversed(levels, np.random.default_rng(0))
    assert result[0] == 0
    bright = result[levels > 0.25]
    assert (np.diff(bright) <= 1e-6).all()


def test_what_is_stripped_is_scalp_and_skull():
    for seed in range(10):
        inside = _brain(SCAN, np.random.default_rng(seed))
        assert 0.2 < inside[SCAN > 30].mean() < 0.95
        cols = np.nonzero((SCAN > 30).any(axis=0))[0]
        for edge in (cols.min(), cols.max()):
            assert not inside[:, edge].any()
    for nothing in (np.zeros((128, 128), np.float32), SCAN * (np.arange(128) < 24)):
        assert _brain(nothing, np.random.default_rng(0)).all(), "next to nothing would be left"


def test_a_head_that_fills_the_view_is_not_stripped_of_a_corner():
    for seed in range(20):
        assert _brain(np.full((128, 128), 100.0, np.float32), np.random.default_rng(seed)).all()


def test_a_lesion_is_stripped_with_what_it_lies_in(monkeypatch):
    """Half of the head goes, and with it half of a lesion that fills it."""
    left = np.arange(128)[None, :] < 64
    monkeypatch.setattr(random_views, "_brain", lambda scan, rng: np.broadcast_to(left, scan.shape))
    head = (SCAN > 30).astype(np.float32)
    lost = []
    for seed in range(8):
        _, whole = varied(SCAN, head, np.random.default_rng(seed), stripped=0.0)
        _, rest = varied(SCAN, head, np.random.default_rng(seed), stripped=1.0)
        lost.append(1 - rest.sum() / whole.sum())
    assert np.mean(lost) == pytest.approx(0.5, abs=0.1)
