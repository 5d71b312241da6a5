"""The loss and the pooling of an evidence map, and the network that has one."""

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from edge.model_file.manifest import InputSpec
from train.networks.cell_labels import BAG, CLEAR, IGNORED, LESION, UNKNOWN
from train.networks.compact import EVIDENCE, StandardBrightness, build_compact
from train.networks.cost import cost
from train.networks.evidence_map import StandingOut, StrongestCells, evidence_loss
from train.networks.registry import ARCHITECTURES, LOGITS


def loss(known, logits):
    return float(np.asarray(evidence_loss(np.float32(known)[None], logits[None, ..., None]))[0])


def logits(value=-4.0):
    return np.full((8, 8), value, np.float32)


def test_a_clear_scan_wants_every_cell_low():
    known = np.full((8, 8), CLEAR)
    assert loss(known, logits(-9)) < 1e-3
    alarmed = np.linspace(-10, -9, 64, dtype=np.float32).reshape(8, 8)  # no ties
    alarmed[0, 0] = 5
    assert loss(known, alarmed) > 0.5


def test_a_mask_counts_cell_by_cell_and_ignored_cells_do_not():
    known = np.full((8, 8), CLEAR)
    known[2:4, 2:4], known[4, 2:4] = LESION, IGNORED
    right = logits(-9)
    right[2:4, 2:4] = 9
    assert loss(known, right) < 1e-3
    same = right.copy()
    same[4, 2:4] = 9
    assert loss(known, same) == loss(known, right)
    right[2, 2] = -9
    assert loss(known, right) > 2


def test_of_a_box_the_four_strongest_cells_suffice():
    known = np.full((8, 8), CLEAR)
    known[1:5, 1:5] = BAG
    found = logits(-9)
    found[2:4, 2:4] = 9
    assert loss(known, found) < 1e-3
    elsewhere = np.roll(found, 4, axis=1)
    assert loss(known, elsewhere) > 5
    known[1:5, 1:5], known[2, 2] = CLEAR, BAG
    assert loss(known, np.where(known == BAG, 9, -9).astype(np.float32)) < 1e-3, "fewer than four"


def test_of_a_bare_label_the_weakest_cells_are_clear():
    known = np.full((8, 8), UNKNOWN)
    found = logits(-9)
    found[5:7, 1:3] = 9
    assert loss(known, found) < 1e-3
    everywhere = np.linspace(9, 10, 64, dtype=np.float32).reshape(8, 8)
    assert loss(known, everywhere) > 5, "a tumor is not everywhere"


def test_the_verdict_is_the_mean_of_the_strongest():
    evidence = np.arange(64, dtype=np.float32).reshape(1, 8, 8, 1)
    assert float(np.asarray(StrongestCells(4)(evidence))[0, 0]) == np.mean([60, 61, 62, 63])


def test_what_a_whole_scan_has_in_common_is_no_evidence():
    evidence = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype(np.float32)
    layer = StandingOut()
    found = np.asarray(layer(evidence))
    np.testing.assert_allclose(found, np.asarray(layer(evidence + 3)), atol=1e-5)
    np.testing.assert_allclose(found.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    layer.shift.assign([2.0])
    np.testing.assert_allclose(np.asarray(layer(evidence)), found + 2, atol=1e-5)
    assert not layer.trainable_variables


def test_brightness_does_not_depend_on_scale_or_on_the_black_around():
    scan = np.random.default_rng(0).uniform(0.2, 0.8, (1, 32, 32, 1)).astype(np.float32)
    layer = StandardBrightness()
    padded = np.pad(scan, ((0, 0), (16, 16), (16, 16), (0, 0)))
    plain, dim, small = (np.asarray(layer(x)) for x in (scan, scan * 0.6, padded))
    np.testing.assert_allclose(plain, dim, rtol=0.03)
    np.testing.assert_allclose(plain, small[:, 16:48, 16:48], rtol=0.03)
    assert not np.asarray(layer(np.zeros((1, 8, 8, 1), np.float32))).any()


def test_the_network_keeps_its_budget():
    spec = ARCHITECTURES["compact"].input
    model = build_compact(spec)
    found = cost(model)
    assert found.multiply_adds <= 60e6
    assert found.trained_parameters + found.frozen_parameters < 210_000
    assert model.get_layer(EVIDENCE).output.shape == (None, 16, 16, 1)
    assert model.get_layer(LOGITS).output.shape == (None, 1)


def test_it_is_saved_and_loaded(tmp_path):
    model = build_compact(InputSpec(32, 32, "grey"), width=0.1)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 1), np.uint8)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_array_equal(np.asarray(model(pixels)), np.asarray(again(pixels)))
