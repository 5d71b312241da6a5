"""What the gate learns from: how many pictures of what, and whose they are."""

import numpy as np
import pytest

from edge.model_file.manifest import InputSpec
from train.data.samples import Samples
from train.gate.gate_examples import (
    BRIGHT,
    DARKENED,
    EVEN,
    ORIENTATIONS,
    REAL,
    _darkened,
    _drawn,
    _oriented,
    _reoriented,
    gate_examples,
    kind_origin,
    pictures,
)
from train.gate.not_brain import NotBrain

SPEC = InputSpec(64, 64, "grey", crop="head")


def described(stack):
    """The pixels themselves, a few of them."""
    assert stack.dtype == np.uint8
    assert stack.shape[1:] == (64, 64, 1)
    return stack[:, ::16, ::16, 0].reshape(len(stack), -1).astype(np.float32)


RANDOM = np.random.default_rng(7)
SCANS = Samples(
    RANDOM.integers(0, 200, (24, 64, 64, 1), np.uint8),
    np.zeros(24, np.int64),
    np.arange(24),
    np.array(["one/no"] * 20 + ["other/no"] * 4),
)
REAL_ONES = NotBrain(
    {
        "chest": (RANDOM.integers(0, 255, (300, 500), np.uint8), np.zeros((90, 90), np.uint8)),
        "knee": (RANDOM.integers(0, 255, (40, 33), np.uint8),),
    }
)


@pytest.mark.parametrize("without", [0, 3])
@pytest.mark.parametrize("real", [None, REAL_ONES])
def test_each_picture_is_counted(without, real):
    seen = []
    found = gate_examples(
        SCANS,
        0,
        SPEC,
        described,
        SCANS[np.arange(without)],
        real,
        views=60,
        tick=lambda: seen.append(1),
    )
    assert len(seen) == pictures(without > 0, real, views=60) == len(found.features)
    assert found.is_scan.sum() == 60


def test_each_row_tells_whose_it_is():
    found = gate_examples(SCANS, 0, SPEC, described, None, REAL_ONES, views=60)
    assert set(found.origin[found.is_scan]) == {"one/no", "other/no"}
    others = found.origin[~found.is_scan]
    each = round(REAL * 60 / 2)
    assert (others == kind_origin("chest")).sum() == each + 2 * ORIENTATIONS
    assert (others == kind_origin("knee")).sum() == each + ORIENTATIONS
    assert (others == "").sum() == 60
    assert np.isfinite(found.features).all()


def test_real_pictures_change_nothing_of_the_rest():
    alone = gate_examples(SCANS, 0, SPEC, described, views=60)
    found = gate_examples(SCANS, 0, SPEC, described, None, REAL_ONES, views=60)
    np.testing.assert_array_equal(found.features[: len(alone.features)], alone.features)


def test_scans_of_a_small_source_are_drawn_as_often_as_others_in_half_of_the_views():
    count = 100
    given = Samples(
        np.zeros((count, 4, 4, 1), np.uint8),
        np.zeros(count, np.int64),
        np.arange(count),
        np.array(["a/x"] * 90 + ["b/x"] * 10),
    )
    drawn = _drawn(given, 4000, np.random.default_rng(0))
    assert (drawn >= 90).mean() == pytest.approx(EVEN * 0.5 + (1 - EVEN) * 0.1, abs=0.03)
    assert len(set(drawn.tolist())) == count


def test_a_real_picture_is_learned_in_all_orientations():
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    shown = [_oriented(picture, i) for i in range(ORIENTATIONS)]
    seen = {(one.shape, one.tobytes()) for one in shown}
    assert len(seen) == ORIENTATIONS
    for same in (picture, picture[:, ::-1], picture[::-1], picture[::-1, ::-1]):
        assert (same.shape, same.tobytes()) in seen


def test_a_fifth_of_the_views_of_real_pictures_lack_what_is_bright():
    rng = np.random.default_rng(3)
    picture = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    found = [_darkened(picture, rng) for _ in range(500)]
    assert all(one.dtype == np.uint8 for one in found)
    dark = [one for one in found if one.max() < 255]
    assert len(dark) / len(found) == pytest.approx(DARKENED, abs=0.06)
    for one in dark:
        assert BRIGHT[0] <= one.max() <= BRIGHT[1]
        np.testing.assert_array_equal(one[one > 0], picture[(picture > 0) & (picture <= one.max())])


def test_half_of_the_scans_are_mirrored():
    rng = np.random.default_rng(3)
    scan = np.arange(9, dtype=np.uint8).reshape(3, 3, 1)
    found = [_reoriented(scan, rng) for _ in range(2000)]
    upright, mirrored = (
        np.mean([np.array_equal(one, same) for one in found]) for same in (scan, scan[:, ::-1])
    )
    assert upright == pytest.approx(mirrored, abs=0.05)
    assert 0.35 < upright < 0.45


def test_a_scan_that_is_no_square_keeps_its_shape():
    rng = np.random.default_rng(3)
    scan = np.zeros((3, 5, 1), np.uint8)
    assert {_reoriented(scan, rng).shape for _ in range(100)} == {scan.shape}
