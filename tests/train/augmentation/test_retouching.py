"""Lesions covered in scans, and what looks as much like retouching."""

import numpy as np

from tests.train.conftest import changed
from train.augmentation.retouching import harmless, mirrored, without_lesion


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
